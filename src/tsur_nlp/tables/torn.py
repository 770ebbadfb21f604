"""Records held to the head of their table: one that does not fit is put aside with what stood there.

A line break in a cell without quotes tears a row in pieces that have too few cells; exporters also leave trailing
blanks out, as Excel does by blocks of rows. Pieces are recognised by what they make up together.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from tsur_nlp.tables.csv_lines import Record
from tsur_nlp.tables.table import Row, aside

LETTER = re.compile(r"[^\W\d_]")
DIGITS = re.compile(r"[\d\s./-]{1,40}")


def rows_of(
    records: Iterable[Record], width: int, text_at: int | None, shown: Callable[[str], str] = str
) -> Iterator[Row]:
    """Rows of a table of so many columns. `text_at`: the column of texts, if known; `shown`: raw text as it is told."""
    size, torn = 0, False
    before: Record | None = None
    coming = iter(records)
    record = next(coming, None)
    number = 0
    while record is not None:
        number += 1
        following = next(coming, None)
        whole = len(record.cells) == width and not record.loose and not record.problem
        if whole and not torn and following is not None and len(following.cells) == width:
            # So are nearly all rows; none of the doubts below concerns them.
            yield Row(number, tuple(record.cells), line=record.line)
            before, record, size = record, following, width
            continue
        continues = before is not None and _continues(before, record, size, width, text_at, torn)
        size = size + len(record.cells) - 1 if continues else len(record.cells)
        torn = following is not None and _continues(record, following, size, width, text_at, continues)
        torn = torn or continues
        if problem := record.problem or _misfit(record, width, text_at, torn):
            yield aside(number, record.line, problem, shown(record.raw.rstrip("\r\n")))
        else:
            cells = record.cells
            yield Row(number, (*cells[:width], *[""] * (width - len(cells))), line=record.line)
        before, record = record, following


def _misfit(record: Record, width: int, text_at: int | None, torn: bool) -> str:
    """Why a record is not a row, "" if it is one."""
    cells = record.cells
    if any(cells[width:]):
        return f"ячеек {len(cells)}, а столбцов {width}; заключён ли текст в кавычки?"
    if torn:
        return "строка разорвана: перенос внутри ячейки без кавычек"
    if record.loose and (len(cells) != width or sum(cell.count('"') % 2 for cell in cells) > 1):
        return "кавычки внутри ячейки не удвоены, и столбцы не разобрать"
    if text_at is not None and len(cells) <= text_at:
        return f"ячеек {len(cells)}, а столбцов {width}: до текста строка не доходит"
    return ""


def _continues(before: Record, record: Record, size: int, width: int, text_at: int | None, torn: bool) -> bool:
    """Whether a record is a piece of the one before it, which with its own pieces has `size` cells.

    `torn`: whether it has pieces already.
    """
    if width == 1 or before.problem or record.problem or not record.cells:
        return False
    first, cells = record.cells[0].strip(), len(record.cells)
    if cells == 1 and text_at and LETTER.search(first) and (size < width or text_at == width - 1):
        # After a whole row it is the end of its last cell; if that is not text, it may as well be a footer.
        return True
    if size >= width or size + cells - 1 > width:
        return False
    if torn and cells < width:
        return True
    if size + cells - 1 != width:
        return False
    started = DIGITS.fullmatch(before.cells[0].strip()) is not None
    return first[:1].islower() or (cells < width and (size != cells or (started and not DIGITS.fullmatch(first))))
