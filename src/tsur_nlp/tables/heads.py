"""Where the head of a table stands: under titles, over two rows, or nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from tsur_nlp.errors import TableError
from tsur_nlp.tables.cells import Cell, as_text
from tsur_nlp.tables.column_mapping import KNOWN, TEXT_NAMES, is_content, text_column
from tsur_nlp.tables.table import MAX_COLUMNS
from tsur_nlp.text.labels import label_key

DEEPEST = 20
"""Rows of titles that may stand above a head."""


@dataclass(frozen=True, slots=True)
class Head:
    """Names of columns and where they stand: `first` and `after` are positions among the rows looked at.

    `numbered`: a row that only counts the columns stood below and was passed over.
    """

    names: tuple[str, ...]
    first: int
    after: int
    numbered: bool = False

    def about(self, lines: Sequence[int]) -> list[str]:
        """Remarks on it; `lines`: where the rows stand in the file."""
        if self.after == 0:
            return ["без заголовка: столбцы названы по номерам"]
        said = []
        if self.first:
            said.append(f"заголовок в строке {lines[self.first]}, выше пропущено строк с содержимым: {self.first}")
        if self.after - self.first - self.numbered == 2:
            said.append("заголовок в две строки")
        if self.numbered:
            said.append("строка с номерами столбцов пропущена")
        return said


def find_head(file: str, rows: Sequence[Sequence[Cell]], lines: Sequence[int], header: int | None) -> Head:
    """The head among the first rows of a table, or where the user says it stands.

    Raises TableError if there is none, or it has too many columns.
    """
    if header == 0:
        width = max(map(_width, rows), default=0)
        return Head(named(file, [f"Столбец {i}" for i in range(1, width + 1)]), 0, 0)
    if header is not None and header not in lines:
        raise TableError(f"{file}: строки {header} среди первых нет или она пуста; проверьте --header")
    first = lines.index(header) if header is not None else _first(rows)
    if first >= len(rows) or not _width(rows[first]):
        raise TableError(f"{file}: нет строки заголовка; первой строкой должны идти названия столбцов")
    names = [as_text(cell).strip() for cell in rows[first][: _width(rows[first])]]
    after = first + 1
    if after < len(rows) and _is_second_half(names, rows[after]):
        names, after = _joined(names, [as_text(cell).strip() for cell in rows[after][: _width(rows[after])]]), after + 1
    numbered = after < len(rows) and _counts_columns(rows[after])
    return Head(named(file, names), first, after + numbered, numbered)


def named(file: str, names: Sequence[Cell]) -> tuple[str, ...]:
    """Column names: stripped, named if blank, told apart if repeated. Raises TableError for too many."""
    if len(names) > MAX_COLUMNS:
        raise TableError(f"{file}: столбцов {len(names)}, а бывает не больше {MAX_COLUMNS}; проверьте разделитель")
    if not any(as_text(name).strip() for name in names):
        raise TableError(f"{file}: нет строки заголовка; первой строкой должны идти названия столбцов")
    header: dict[str, None] = {}
    for i, name in enumerate(names, 1):
        title = " ".join(as_text(name).split()) or f"Столбец {i}"
        while title in header:
            title = f"{title} ({i})"
        header[title] = None
    return tuple(header)


def _width(row: Sequence[Cell]) -> int:
    """Cells up to the last that is filled."""
    return next((i for i in range(len(row), 0, -1) if row[i - 1] not in ("", None)), 0)


def _filled(row: Sequence[Cell]) -> int:
    return sum(cell not in ("", None) for cell in row)


def _first(rows: Sequence[Sequence[Cell]]) -> int:
    """The row that names most known columns, if all above it are titles; else the first that has something.

    A title fills few cells; so a row of data that happens to hold a known name never becomes a head.
    """
    filled = [_filled(row) for row in rows[:DEEPEST]]
    above = next((i for i, count in enumerate(filled) if count), 0)
    best, most = above, _known(rows[above]) if rows else 0
    for i, count in enumerate(filled):
        if i <= above or not count:
            continue
        titles = [found for found in filled[:i] if found]
        if max(titles) > max(1, count // 2) or (count == 1 and text_column(_texts(rows[i])) is None):
            continue
        if (points := _known(rows[i])) > most:
            best, most = i, points
    if most == 0 and filled and filled[best] == 1 and max(filled) > 2:
        # No known names at all: the first row as wide as the table, under a title of one cell.
        return next(i for i, count in enumerate(filled) if count > 2)
    return best


def _texts(row: Sequence[Cell]) -> list[str]:
    return [as_text(cell) for cell in row]


def _known(row: Sequence[Cell]) -> int:
    """Known names in a row; a text counts twice more."""
    names = {label_key(cell) for cell in row if isinstance(cell, str)}
    return len(names & KNOWN) + 2 * bool(names.intersection(TEXT_NAMES))


def _is_second_half(names: Sequence[str], row: Sequence[Cell]) -> bool:
    """Whether a row goes on naming columns: it fills blanks of the row above with names, some of them known."""
    below = _texts(row[: _width(row)])
    if any(isinstance(cell, int | float | date | time | timedelta) for cell in row) or is_content(below):
        return False
    blanks = [i for i in range(max(len(names), len(below))) if i >= len(names) or not names[i]]
    fills = any(i < len(below) and below[i].strip() for i in blanks)
    whole = all(i < len(below) and below[i].strip() for i in blanks)
    known = any(label_key(name) in KNOWN for name in below)
    spans = any(names[i] and (i >= len(below) or not below[i].strip()) for i in range(len(names)))
    return fills and whole and known and (spans or len(blanks) > 1)


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Names of columns from the two rows of a head: the lower one, with the group above it if it is not unique."""
    width = max(len(upper), len(lower))
    below = [*lower, *[""] * (width - len(lower))]
    groups: list[str] = []
    for i in range(width):
        groups.append(upper[i] if i < len(upper) and upper[i] else (groups[-1] if groups else ""))
    return [
        groups[i] if not name else f"{groups[i]}: {name}" if below.count(name) > 1 else name
        for i, name in enumerate(below)
    ]


def _counts_columns(row: Sequence[Cell]) -> bool:
    """1, 2, 3 … under the names, as official forms have it."""
    counted = [as_text(cell).strip() for cell in row[: _width(row)]]
    return len(counted) > 2 and counted == [str(i) for i in range(1, len(counted) + 1)]
