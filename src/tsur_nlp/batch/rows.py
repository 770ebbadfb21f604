"""A decision as cells of a row."""

from collections.abc import Sequence

from tsur_nlp.batch.job import RESULT_COLUMNS, Result
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.fields import COLUMNS, cells


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


ERROR = COLUMNS.index("error")


def result_cells(decision: Decision, remark: str = "") -> Result:
    """A decision as a result."""
    record = decision.record()
    found = cells(record)
    return (
        *found[:ERROR], remark, *found[ERROR + 1 :],
        record.topics[0].code != "", record.authorities[0].code != "", round(record.unknown_words, 4),
    )  # fmt: skip
