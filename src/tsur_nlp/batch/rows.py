"""A decision as cells of a row."""

from collections.abc import Iterator, Sequence

from tsur_nlp.batch.job import FOR_JOURNAL, RESULT_COLUMNS, SPLIT_COLUMNS, Result
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.fields import COLUMNS, cells
from tsur_nlp.tables.cells import Cell


def renamed(columns: Sequence[str], split: bool = False) -> dict[str, str]:
    """New names for input columns that are called like a result: `topic` becomes `input_topic`."""
    added = SPLIT_COLUMNS if split else ()
    taken = set(columns)
    names: dict[str, str] = {}
    for name in columns:
        if name in RESULT_COLUMNS or name in added:
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


def split_cells(decision: Decision, text: str, remark: str = "") -> Result:
    """A decision as a result, followed by its parts."""
    told: list[Cell] = list(result_cells(decision, remark))
    for part in decision.parts:
        start, stop = part.span or (0, len(text))
        told += [text[start:stop], *result_cells(part, remark)[: len(RESULT_COLUMNS)]]
    return tuple(told)


def questions_of(result: Result, text: Cell) -> Iterator[tuple[Cell, Result]]:
    """Text and cells of each question of a split message; the message itself, if it is a single one."""
    width = len(RESULT_COLUMNS)
    if len(result) == width + FOR_JOURNAL:
        yield text, result[:width]
    for at in range(width + FOR_JOURNAL, len(result), width + 1):
        yield result[at], result[at + 1 : at + 1 + width]
