"""A table being read: how it is read, its rows, what was taken of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from tsur_nlp.tables.cells import Cell, as_text

MAX_CELL = 10_000_000
"""Characters in one cell of csv or in one line of jsonl."""
MAX_COLUMNS = 16_384
"""What a sheet of Excel holds; a table with more has another separator than was thought."""
SAMPLE = 200
"""Rows looked at beforehand, to tell which column holds what."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read, where that can't be left to its own look.

    `sheet`: name or number of a sheet; `header`: the row of the head as Excel counts them, from 1, and 0 for a
    table without a head; `encoding`: of csv and jsonl, as Python names it; `roles`: columns, any of which
    distinguishes the sheet from others of its workbook.
    """

    sheet: str | None = None
    header: int | None = None
    encoding: str | None = None
    roles: tuple[str, ...] = ("text",)


BY_ITSELF = Reading()


class Row(NamedTuple):
    """A row of a table. `number` counts rows from 1, without the head; `line`: where it begins in the file.

    `problem` says why the row can't be used; then `raw` is what stood there.
    """

    number: int
    cells: tuple[Cell, ...]
    problem: str = ""
    raw: str = ""
    line: int = 0

    def text(self, position: int | None) -> str:
        """See `text_at`."""
        return text_at(self.cells, position)


def text_at(cells: Sequence[Cell], position: int | None) -> str:
    """A cell of a row as people write it, without blanks around it; "" for a column that the table does not have."""
    return "" if position is None else as_text(cells[position]).strip()


@dataclass(frozen=True, slots=True)
class Table:
    """A table being read: its head, and its rows, once.

    `count`: how many, where the format knows. `sample`: the first rows, which come among `rows` too. `about`: what
    was taken and what was left out, in Russian, a phrase each. `formats`: how a workbook shows numbers and dates, by
    column, "" where it does nothing of its own; empty for other tables.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row]
    delimiter: str = ","
    count: int | None = None
    sample: tuple[Row, ...] = ()
    about: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


def table_of(
    columns: Sequence[str],
    rows: Iterable[Row],
    delimiter: str = ",",
    count: int | None = None,
    about: Iterable[str] = (),
    formats: Sequence[str] = (),
) -> Table:
    """A table whose first rows have been looked at."""
    coming = iter(rows)
    sample = tuple(islice(coming, SAMPLE))
    return Table(tuple(columns), chain(sample, coming), delimiter, count, sample, tuple(about), tuple(formats))


def aside(number: int, line: int, problem: str, raw: str) -> Row:
    """A row that can't be used; the reason says where it stands in the file."""
    return Row(number, (), f"{problem} (строка {line})", raw, line)
