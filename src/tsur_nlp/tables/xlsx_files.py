"""Tables in workbooks of Excel: the visible sheet with texts, its head, its rows."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tsur_nlp.errors import TableError
from tsur_nlp.tables.cells import Cell, as_text
from tsur_nlp.tables.column_mapping import find_column, text_column
from tsur_nlp.tables.heads import DEEPEST, Head, find_head
from tsur_nlp.tables.table import Reading, Row, Table, aside, table_of
from tsur_nlp.tables.xlsx_parts import Parts
from tsur_nlp.text.labels import label_key

Numbered = tuple[int, list[Cell]]
"""Where a row stands in the sheet, from 1, and its cells."""
LISTED = 10


@contextmanager
def open_xlsx(file: Path, how: Reading) -> Iterator[Table]:
    """A table in a workbook. Raises TableError."""
    with _told(file):
        from python_calamine import CalamineWorkbook

        parts = Parts(file)
        book = CalamineWorkbook.from_path(str(file))
        names, hidden = _worksheets(book)
        where = parts.sheets()
        chosen: _Sheet | None = None
        for name in _asked(file, how.sheet, book.sheet_names) if how.sheet else names:
            found = _Sheet(file, parts, book, name, where.get(name, ""))
            if found.rows and (chosen is None or found.has_any(how)):
                chosen = found
            if chosen is not None and chosen.has_any(how):
                break
        if chosen is None:
            raise TableError(f"{file.name}: на видимых листах нет строки заголовка{_hidden(hidden)}")
        table = chosen.table(how.header, _left_out(book.sheet_names, chosen.name, names, hidden))
    yield table


class _Sheet:
    """One sheet, whose first rows have been read."""

    def __init__(self, file: Path, parts: Parts, book: Any, name: str, part: str):
        self.name = name
        self._file, self._parts, self._part = file, parts, part
        self._valueless = parts.look_through(name, part)
        self._sheet = book.get_sheet_by_name(name)
        self._left = (self._sheet.start or (0, 0))[1]
        self._coming = ((n, cells) for n, cells in enumerate(self._sheet.iter_rows(), 1) if _something(cells))
        self.rows: list[Numbered] = list(islice(self._coming, DEEPEST + 2))

    def head(self, header: int | None) -> Head:
        if header is not None and self.rows and header > self.rows[-1][0]:
            self.rows += [row for row in self._coming if row[0] <= header + 2]
        return find_head(self._file.name, [cells for _, cells in self.rows], [line for line, _ in self.rows], header)

    def has_any(self, how: Reading) -> bool:
        """Whether it has a column of the roles that are looked for."""
        try:
            names = self.head(how.header).names
        except TableError:
            return False
        return any(
            (text_column(names) if role == "text" else find_column(names, role)) is not None for role in how.roles
        )

    def table(self, header: int | None, left_out: list[str]) -> Table:
        head = self.head(header)
        about = [f"лист «{self.name}»", *head.about([line for line, _ in self.rows]), *left_out, *self._doubts()]
        about += self._merged(head)
        count = sum(1 for _ in self.rows[head.after :]) + max(self._sheet.total_height - len(self.rows), 0)
        last_of_head = self.rows[head.after - 1][0] if head.after else 0
        formats = self._parts.formats(self._part, last_of_head, self._left, len(head.names))
        return table_of(head.names, self._rows(head), count=count, about=about, formats=formats)

    def _doubts(self) -> Iterator[str]:
        if self._valueless.formulas:
            yield (
                f"формул без посчитанного значения: {len(self._valueless.formulas)}; "
                "откройте книгу в Excel и сохраните, чтобы они посчитались"
            )
        if self._valueless.mistakes:
            yield f"ячеек с ошибкой вместо значения (#Н/Д и подобных): {len(self._valueless.mistakes)}"

    def _merged(self, head: Head) -> Iterator[str]:
        """A cell merged over several rows has its value in the first of them alone."""
        begins = self.rows[head.after][0] - 1 if head.after < len(self.rows) else 0
        over = [first for first, last in self._sheet.merged_cell_ranges or () if begins <= first[0] < last[0]]
        if over:
            yield (
                f"объединённых по строкам ячеек: {len(over)}, первая в строке {over[0][0] + 1}; значение прочитано "
                "только у верхней строки — разъедините их и заполните каждую"
            )

    def _rows(self, head: Head) -> Iterator[Row]:
        """Rows under a head; one whose text was to be computed and was not is put aside, and not taken for empty."""
        text_at, width = text_column(head.names), len(head.names)
        for number, (line, cells) in enumerate(chain(self.rows[head.after :], self._coming), 1):
            problem = _misfit(cells, width)
            if not problem and (missing := self._missing(line, text_at, width)):
                problem = missing
            if problem:
                raw = "; ".join(map(as_text, cells))
                yield aside(number, line, problem, raw)
            else:
                taken = [_whole(cell) for cell in cells[:width]]
                yield Row(number, (*taken, *[""] * (width - len(taken))), line=line)

    def _missing(self, line: int, text_at: int | None, width: int) -> str:
        """Why the text of a row is not there, though something stands in its cell; "" if it is."""
        for cells, problem in ((self._valueless.formulas, WITHOUT_VALUE), (self._valueless.mistakes, MISTAKEN)):
            if cells and any(
                (line - 1, self._left + at) in cells for at in (range(width) if text_at is None else [text_at])
            ):
                return problem
        return ""


WITHOUT_VALUE = "формула без посчитанного значения"
MISTAKEN = "в ячейке ошибка вместо значения"


def _worksheets(book: Any) -> tuple[list[str], list[str]]:
    """Names of the sheets with cells that are seen, and of those that are hidden."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    seen = [one.name for one in sheets if one.visible == SheetVisibleEnum.Visible]
    return seen, [one.name for one in sheets if one.visible != SheetVisibleEnum.Visible]


def _asked(file: Path, sheet: str, names: list[str]) -> list[str]:
    """The sheet that the user names, or numbers from 1. Raises TableError if there is none."""
    found = next((name for name in names if label_key(name) == label_key(sheet)), None)
    if found is None and sheet.isdecimal() and 0 < int(sheet) <= len(names):
        found = names[int(sheet) - 1]
    if found is None:
        shown = ", ".join(f"«{name}»" for name in names[:LISTED])
        raise TableError(f"{file.name}: листа «{sheet}» нет; есть: {shown}")
    return [found]


def _left_out(every: list[str], chosen: str, seen: list[str], hidden: list[str]) -> list[str]:
    others = [name for name in every if name != chosen and name in seen]
    said = [f"не читались листы: {', '.join(f'«{name}»' for name in others[:LISTED])} (--sheet)"] if others else []
    unread = [name for name in hidden if name != chosen]
    return said + ([f"скрытых листов: {len(unread)}"] if unread else [])


def _hidden(hidden: list[str]) -> str:
    return f"; скрытых листов {len(hidden)}, назовите нужный: --sheet" if hidden else "; проверьте книгу"


def _something(cells: list[Cell]) -> bool:
    return any(cell not in ("", None) for cell in cells)


def _misfit(cells: list[Cell], width: int) -> str:
    if _something(cells[width:]):
        return f"ячеек {len(cells)}, а столбцов {width}: правее заголовка что-то стоит"
    return ""


def _whole(cell: Cell) -> Cell:
    """Excel keeps every number as a float; 12.0 was typed as 12."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15 else cell


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Mistakes in a workbook, however its reader meets them, are one line."""
    from python_calamine import CalamineError, PasswordError

    broken = TableError(f"{file.name}: книга Excel повреждена или это не xlsx; откройте и сохраните её снова")
    try:
        yield
    except PasswordError:
        raise TableError(f"{file.name}: книга закрыта паролем; снимите пароль в Excel и сохраните снова") from None
    except (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, LookupError):
        raise broken from None
    except BaseException as reason:
        # A panic of the reader's Rust is not an Exception.
        if type(reason).__name__ == "PanicException":
            raise broken from None
        raise
