"""A decision as cells of a row."""

from collections.abc import Iterator, Sequence

from tsur_nlp.batch.job import BESIDE, RESULT_COLUMNS, Result
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.fields import COLUMNS, cells
from tsur_nlp.decision.record import Choice
from tsur_nlp.tables.cells import Cell, as_text


def renamed(columns: Sequence[str], results: Sequence[str] = RESULT_COLUMNS, as_: str = "input_{}") -> dict[str, str]:
    """New names for input columns that are called like a result: `topic` becomes `input_topic`."""
    taken = set(columns)
    names: dict[str, str] = {}
    for name in columns:
        if name in results:
            fresh = as_.format(name)
            while fresh in taken or fresh in results:
                fresh = as_.format(fresh)
            names[name] = fresh
            taken.add(fresh)
    return names


ERROR = COLUMNS.index("error")
GIST = COLUMNS.index("gist")


def result_cells(decision: Decision, remark: str = "") -> Result:
    """A decision as a result."""
    record = decision.record()
    topics, bodies = record.topics, record.authorities
    found: list[Cell] = list(cells(record))
    found[ERROR] = remark
    found += topics[0].code != "", bodies[0].code != "", round(record.unknown_words, 4), _shares(topics, bodies)
    return found


def split_cells(decision: Decision, text: str, remark: str = "") -> Result:
    """A decision as a result, followed by its parts."""
    told = [*result_cells(decision, remark)]
    for part in decision.parts:
        start, stop = part.span or (0, len(text))
        told += [text[start:stop], *result_cells(part, remark)]
    return told


def with_masks(result: Result) -> Result:
    """A result whose quoted words of the author are masked: the gists, and the texts of parts."""
    from tsur_nlp.privacy import mask

    masked = list(result)
    width = len(RESULT_COLUMNS) + BESIDE
    masked[GIST] = mask(as_text(result[GIST]))
    for at in range(width, len(result), width + 1):
        for quoted in (at, at + 1 + GIST):
            masked[quoted] = mask(as_text(result[quoted]))
    return masked


def questions_of(result: Result, text: Cell) -> Iterator[tuple[Cell, Result]]:
    """Text and result of each question of a split message; the message itself, if it is a single one."""
    width = len(RESULT_COLUMNS) + BESIDE
    if len(result) == width:
        yield text, result
    for at in range(width, len(result), width + 1):
        yield result[at], result[at + 1 : at + 1 + width]


def _shares(topics: Sequence[Choice], bodies: Sequence[Choice]) -> list[float]:
    """How sure the second and the third topic are, and the second and the third body; 0 for none."""
    shares = [0.0] * 4
    for at, choices in ((0, topics), (2, bodies)):
        for n, choice in enumerate(choices[1:3], at):
            shares[n] = round(choice.confidence, 4)
    return shares
