"""A sheet of Excel that people work in: heads, widths, colours, drop-downs; rows are poured into it one by one.

xlsxwriter draws the book with its head and the styles of its cells, and takes about 7 µs a cell of a row. So it draws
everything but the rows, and they are written into its sheet here, in the words of the format (ECMA-376, part 1, 18.3):
a quarter of the time, and no memory.
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import ceil, inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from tsur_nlp.errors import TableError
from tsur_nlp.tables.cells import Cell, as_text

XLSX_ROWS, XLSX_CHARS = 1_048_576, 32_767
"""What one sheet and one cell of Excel hold (its published specification)."""
XLSX_YEARS = 1900
"""Excel counts days from this year, and takes it for a leap year: dates up to its end are written as text."""
EXCEL_ZERO = datetime(1899, 12, 30)
DAY, MOMENT, TIME, DURATION = "dd.mm.yyyy", "dd.mm.yyyy hh:mm", "hh:mm:ss", "[h]:mm:ss"
HEADS = {"input": "#DDE7F0", "decision": "#DFF0DD", "correction": "#FFF2CC"}
LINE, MOST_LINES = 15, 6
"""Height of a line in points, and lines of a text that are seen at once: the whole of a long one is in the cell."""
OFTEN = 150
"""Texts shorter than this are mostly titles, and come again and again."""
TOGETHER = 64
"""Rows that are compressed at once."""
FAST = 4
"""Level of compression: files are a seventh larger than with the usual 6, and packed three times faster."""
LISTS = "Списки"
SHEET = "xl/worksheets/sheet1.xml"
ODD = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
"""What a text can't hold as it is: marks of XML, and characters it does not have."""
ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
STYLE = re.compile(r'<c r="[A-Z]+\d+"(?: s="(\d+)")?')

Look = tuple[str, bool]
"""A number format and whether long texts are wrapped."""


@dataclass(frozen=True)
class Column:
    """How a column looks. `width`: in characters. `format`: of its numbers and dates, as Excel writes formats.

    `choices`: the list of a Sheet its cells are chosen from; `colours`: of cells with these words; `scale`: numbers
    from 0 to 1 go from red to green; `part`: whose column it is, told by the colour of its head.
    """

    title: str
    width: float = 14
    wrap: bool = False
    format: str = ""
    choices: str = ""
    colours: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    scale: bool = False
    part: Literal["input", "decision", "correction"] = "input"


@dataclass(frozen=True)
class Sheet:
    """The sheet of rows. `frozen`: columns that stay in sight; `lists`: what is chosen from, by name.

    `further` is given the book of xlsxwriter when all rows are written, for more sheets.
    """

    columns: Sequence[Column]
    title: str = "Разбор"
    frozen: int = 0
    lists: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    further: Callable[[Any], None] = lambda book: None


class XlsxWriter:
    """Strings are written as strings: a cell that begins with «=» never becomes a formula.

    `cut`: cells so far that were longer than Excel holds.
    """

    def __init__(self, file: Path, sheet: Sheet):
        self._sheet = sheet
        self._looks: list[Look] = sorted({look for column in sheet.columns for look in _looks(column)})
        begin, _, styles = self._drawn(1, io.BytesIO())
        self._begin = begin
        index = dict(zip(self._looks, styles, strict=True))
        self._styles = styles
        self._columns = [
            (
                f'<c r="{_letters(n)}',
                f'" s="{index["", one.wrap]}" t="inlineStr"><is>',
                index[_plain(one), False],
                {kind: index[_format(one, usual), False] for kind, usual in MOMENTS.items()},
                one.width if one.wrap else inf,
            )
            for n, one in enumerate(sheet.columns)
        ]
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST)
        # Whether the sheet comes to be longer than 2 GB is not known yet.
        self._stream = self._archive.open(SHEET, "w", force_zip64=True)
        self._stream.write(begin)
        self._waiting: list[str] = []
        self._row, self.cut = 1, 0

    def write(self, cells: Sequence[Cell]) -> None:
        """One more row. Raises TableError if the sheet is full."""
        if self._row == XLSX_ROWS:
            raise TableError(f"лист Excel вмещает {XLSX_ROWS} строк, а их больше; выберите csv")
        self._row += 1
        row, parts, lines = self._row, [], 1
        for (begin, styled, number, moments, width), cell in zip(self._columns, cells, strict=True):
            if cell is None or cell == "":
                continue
            kind = type(cell)
            if kind is not str:
                if kind is bool:
                    parts.append(f'{begin}{row}" s="{number}" t="b"><v>{cell:d}</v></c>')
                    continue
                if (kind is int or kind is float) and abs(cell) < 1e15:
                    parts.append(f'{begin}{row}" s="{number}"><v>{cell!r}</v></c>')
                    continue
                if (days := _days(cell)) is not None:
                    parts.append(f'{begin}{row}" s="{moments[_kind(cell)]}"><v>{days!r}</v></c>')
                    continue
            text = cell if kind is str else as_text(cell)
            if not text:
                continue
            length = len(text)
            if length > width:
                lines = max(lines, ceil(length / width))
            xml = _repeated(text) if length < OFTEN else self._xml(text)
            parts.append(f"{begin}{row}{styled}{xml}</is></c>")
        height = f' ht="{LINE * min(lines, MOST_LINES)}" customHeight="1"' if lines > 1 else ""
        self._waiting.append(f'<row r="{row}"{height}>{"".join(parts)}</row>')
        if len(self._waiting) == TOGETHER:
            self._flush()

    def _flush(self) -> None:
        self._stream.write("".join(self._waiting).encode())
        self._waiting.clear()

    def _xml(self, text: str) -> str:
        """Excel refuses cells longer than its limit, and characters that XML does not have."""
        if len(text) > XLSX_CHARS:
            text = text[: XLSX_CHARS - 1] + "…"
            self.cut += 1
        return _xml(text)

    def close(self) -> None:
        """Write what stands around the rows."""
        drawn = io.BytesIO()
        begin, end, styles = self._drawn(self._row, drawn, self._sheet.further)
        if begin != self._begin or styles != self._styles:
            raise AssertionError("further sheets must not change how the first one is drawn")
        self._flush()
        self._stream.write(end)
        self._stream.close()
        with zipfile.ZipFile(drawn) as others:
            for part in others.infolist():
                if part.filename != SHEET:
                    self._archive.writestr(_member(part.filename), others.read(part))
        self._archive.close()

    def _drawn(
        self, rows: int, into: io.BytesIO, further: Callable[[Any], None] | None = None
    ) -> tuple[bytes, bytes, list[str]]:
        """The book without its rows, drawn into a stream: its sheet up to the rows, after them, numbers of looks."""
        import xlsxwriter

        book = xlsxwriter.Workbook(into, {"in_memory": True})
        sheet = book.add_worksheet(self._sheet.title)
        for n, column in enumerate(self._sheet.columns):
            head = {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "bg_color": HEADS[column.part]}
            sheet.set_column(n, n, column.width)
            sheet.write_string(0, n, column.title, book.add_format(head))
        # The row that shows the number of each look is taken out again.
        for n, (number_format, wrap) in enumerate(self._looks):
            shown = {"valign": "top", "text_wrap": wrap} | ({"num_format": number_format} if number_format else {})
            sheet.write_blank(1, n, None, book.add_format(shown))
        sheet.set_row(0, 2 * LINE + 2)
        sheet.freeze_panes(1, self._sheet.frozen)
        sheet.autofilter(0, 0, max(rows - 1, 1), len(self._sheet.columns) - 1)
        if further is not None:
            self._rules(book, sheet, max(rows - 1, 1))
            further(book)
            self._lists(book)
        book.close()
        with zipfile.ZipFile(into) as archive:
            xml = re.sub(rb"<dimension [^>]*/>", b"", archive.read(SHEET))
        begin, _, rest = xml.partition(b'<row r="2"')
        template, _, end = rest.partition(b"</row>")
        return begin, end, [style or "0" for style in STYLE.findall(template.decode())]

    def _rules(self, book: Any, sheet: Any, last: int) -> None:
        """Colours and drop-downs, which hold for whole columns."""
        for n, column in enumerate(self._sheet.columns):
            if column.scale:
                colours = {"min_color": "#F4B6B0", "mid_color": "#FFF1B8", "max_color": "#B7DFB0"}
                ends = {"min_type": "num", "mid_type": "num", "max_type": "num", "min_value": 0, "mid_value": 0.5}
                sheet.conditional_format(1, n, last, n, {"type": "3_color_scale", "max_value": 1, **ends, **colours})
            for word, colour in column.colours.items():
                rule = {"type": "cell", "criteria": "==", "value": f'"{word}"'}
                sheet.conditional_format(1, n, last, n, rule | {"format": book.add_format({"bg_color": colour})})
            if choices := self._sheet.lists.get(column.choices):
                at = _letters(list(self._sheet.lists).index(column.choices))
                sheet.data_validation(1, n, last, n, {
                    "validate": "list", "source": f"='{LISTS}'!${at}$2:${at}${len(choices) + 1}",
                    "error_type": "warning", "error_title": column.title,
                    "error_message": "Такого в списке нет. Выберите из списка или сотрите.",
                })  # fmt: skip

    def _lists(self, book: Any) -> None:
        if not self._sheet.lists:
            return
        sheet = book.add_worksheet(LISTS)
        for n, (title, choices) in enumerate(self._sheet.lists.items()):
            sheet.write_string(0, n, title)
            for row, choice in enumerate(choices, 1):
                sheet.write_string(row, n, choice)
        sheet.hide()


def _xml(text: str) -> str:
    # What looks like an escape is odd too, and so are blanks at the ends. One set is looked for faster than branches.
    if not (ODD.search(text) or "_x" in text or text[0].isspace() or text[-1].isspace()):
        return f"<t>{text}</t>"
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<t xml:space="preserve">{text}</t>'


_repeated = lru_cache(maxsize=20_000)(_xml)


MOMENTS = {"moment": MOMENT, "day": DAY, "time": TIME, "duration": DURATION}


def _kind(cell: Cell) -> str:
    match cell:
        case datetime():
            return "moment"
        case date():
            return "day"
        case time():
            return "time"
        case _:
            return "duration"


def _days(cell: Cell) -> float | None:
    """What Excel keeps of a date, a time or a duration: days; None for what it can't keep."""
    match cell:
        case datetime() if cell.year > XLSX_YEARS:
            return (cell.replace(tzinfo=None) - EXCEL_ZERO) / timedelta(days=1)
        case datetime():
            return None
        case date() if cell.year > XLSX_YEARS:
            return float((cell - EXCEL_ZERO.date()).days)
        case time():
            return (datetime.combine(EXCEL_ZERO, cell.replace(tzinfo=None)) - EXCEL_ZERO) / timedelta(days=1)
        case timedelta() if cell >= timedelta():
            return cell / timedelta(days=1)
        case _:
            return None


DATED = re.compile(r'(?<![\\"])[dmyhsдмгчс]', re.IGNORECASE)


def _is_of_dates(column: Column) -> bool:
    return DATED.search(re.sub(r'"[^"]*"|\[[^\]]*\]', "", column.format)) is not None


def _format(column: Column, usual: str) -> str:
    """The format of dates in a column: its own, if that is one of dates."""
    return column.format if _is_of_dates(column) else usual


def _plain(column: Column) -> str:
    """The format of numbers in a column: its own, if that is none of dates."""
    return "" if _is_of_dates(column) else column.format


def _looks(column: Column) -> set[Look]:
    return {("", column.wrap), (_plain(column), False), *((_format(column, one), False) for one in MOMENTS.values())}


def _letters(column: int) -> str:
    """0 is «A», 26 is «AA»."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _member(name: str) -> zipfile.ZipInfo:
    """A part without the moment it was made, so that one run gives the same bytes as another."""
    part = zipfile.ZipInfo(name)
    part.compress_type = zipfile.ZIP_DEFLATED
    return part
