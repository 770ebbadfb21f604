"""A decision as cells of a row."""

from collections.abc import Sequence

from tsur_nlp.batch.job import RESULT_COLUMNS, Result
from tsur_nlp.decision.decision import Decision


def renamed(columns: Sequence[str]) -> dict[str, str]:
    """New names for input columns that are called like a result: `topic` becomes `input_topic`."""
    taken = set(columns)
    names: dict[str, str] = {}
    for name in columns:
        if name in RESULT_COLUMNS:
            fresh = f"input_{name}"
            while fresh in taken:
                fresh = f"input_{fresh}"
            names[name] = fresh
            taken.add(fresh)
    return names


def result_cells(decision: Decision, remark: str = "") -> Result:
    """A decision as a result."""
    topics = [choice.title for choice in decision.topics[:3]]
    authorities = [choice.title for choice in decision.authorities[:3]]
    topics += [""] * (3 - len(topics))
    authorities += [""] * (3 - len(authorities))
    return (
        topics[0], decision.topic.group, round(decision.topic.confidence, 4), *topics[1:],
        authorities[0], round(decision.authority.confidence, 4), *authorities[1:],
        decision.action, "; ".join(decision.reasons),
        decision.deadline.isoformat(timespec="minutes") if decision.deadline else "", remark,
        decision.territory, decision.topic.code != "", decision.authority.code != "", round(decision.unknown_words, 4),
    )  # fmt: skip
