"""Tables in: csv, xlsx, jsonl, parquet, read row by row. A row that can't be read is handed on with its problem."""

import codecs
import csv
import json
import zipfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tsur_nlp.errors import TableError
from tsur_nlp.tables.cells import Cell, as_text

MAX_CELL = 10_000_000
"""Characters in one cell of csv or in one line of jsonl."""
MAX_UNPACKED = 2 * 2**30
"""Bytes a workbook may unpack to: an honest one of 10⁶ rows stays below, a zip bomb does not."""

FORMATS = (".csv", ".xlsx", ".jsonl", ".parquet")
BINARY_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"%PDF", b"\x1f\x8b")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table. `number` counts rows from 1, without the header.

    `problem` says why the row can't be used; then `raw` is what stood there.
    """

    number: int
    cells: tuple[Cell, ...]
    problem: str = ""
    raw: str = ""

    def text(self, position: int | None) -> str:
        """A cell as people write it, without blanks around it; "" for a column that the table does not have."""
        return "" if position is None else as_text(self.cells[position]).strip()


@dataclass(frozen=True, slots=True)
class Table:
    """A table being read: its header, and its rows, once. `count`: how many, where the format knows."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
    delimiter: str = ","
    count: int | None = None


@contextmanager
def open_table(file: Path) -> Iterator[Table]:
    """A table, by the ending of its name. Raises TableError with what to do about it."""
    suffix = file.suffix.lower()
    if suffix not in FORMATS:
        raise TableError(f"{file.name}: не знаю такой таблицы; годятся {', '.join(FORMATS)}")
    try:
        if file.stat().st_size == 0:
            raise TableError(f"{file.name}: файл пуст; нужна таблица с заголовком")
        readers = {".csv": _open_csv, ".xlsx": _open_xlsx, ".jsonl": _open_jsonl, ".parquet": _open_parquet}
        with readers[suffix](file) as table:
            yield table
    except FileNotFoundError:
        raise TableError(f"{file}: файла нет; проверьте путь") from None
    except IsADirectoryError:
        raise TableError(f"{file}: это папка, а нужен файл таблицы") from None
    except PermissionError:
        raise TableError(f"{file}: нет прав на чтение; проверьте доступ к файлу") from None


def _header(file: Path, names: Sequence[Cell]) -> tuple[str, ...]:
    """Column names: stripped, named if blank, told apart if repeated."""
    header: list[str] = []
    for i, name in enumerate(names, 1):
        title = as_text(name).strip() or f"Столбец {i}"
        header.append(title if title not in header else f"{title} ({i})")
    if not any(as_text(name).strip() for name in names):
        raise TableError(f"{file.name}: нет строки заголовка; первой строкой должны идти названия столбцов")
    return tuple(header)


def _row(number: int, cells: Sequence[Cell], width: int) -> Row:
    """Short rows are filled up, as spreadsheets leave trailing blanks out; long ones are a mistake."""
    if any(cell not in ("", None) for cell in cells[width:]):
        raw = json.dumps([as_text(cell) for cell in cells], ensure_ascii=False)
        return Row(number, (), f"ячеек {len(cells)}, а столбцов {width}; заключён ли текст в кавычки?", raw)
    return Row(number, (*cells[:width], *[""] * (width - len(cells))))


# ------------------------------------------------------------------------------
#   csv
# ------------------------------------------------------------------------------


def encoding_of(file: Path) -> str:
    """utf-16 by its mark, utf-8 by its bytes, otherwise cp1251: what Excel and portals write in Russia.

    Raises TableError for a file that is not text.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        while block := stream.read(2**20):
            if stream.tell() == len(block):
                if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    return "utf-16"
                if block.startswith(BINARY_MARKS):
                    raise TableError(f"{file.name}: это не текст, а двоичный файл; проверьте окончание имени")
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return "cp1251"
    return "utf-8-sig"


def delimiter_of(header: str) -> str:
    """The commonest of comma, semicolon and tab outside quotes in the header line."""
    outside = "".join(header.split('"')[::2])
    return max(",;\t", key=outside.count)


@contextmanager
def _open_csv(file: Path) -> Iterator[Table]:
    with file.open(encoding=encoding_of(file), errors="replace", newline="") as stream:
        first = stream.readline(MAX_CELL)
        while first.count('"') % 2 and len(first) < MAX_CELL and (more := stream.readline(MAX_CELL)):
            first += more
        delimiter = delimiter_of(first)
        stream.seek(0)
        csv.field_size_limit(MAX_CELL)
        records = _records(stream, delimiter)
        names = next(records, [])
        if isinstance(names, str):
            raise TableError(f"{file.name}: строка заголовка не читается; нужен csv с запятой или «;»")
        columns = _header(file, names)
        yield Table(columns, _csv_rows(records, len(columns)), delimiter)


def _csv_rows(records: Iterator[list[str] | str], width: int) -> Iterator[Row]:
    for number, cells in enumerate(records, 1):
        if isinstance(cells, str):
            yield Row(number, (), f"кавычка не закрыта или ячейка больше {MAX_CELL} знаков", cells.rstrip("\r\n"))
        else:
            yield _row(number, cells, width)


def _records(stream: Iterator[str], delimiter: str) -> Iterator[list[str] | str]:
    """Cells of each record that has some; or, as it stands, a line whose quote is not closed.

    Such a quote swallows lines up to the next quote or the end. A record of several lines is therefore held to the
    letter of RFC 4180; if it fails, only its first line is given up, and the others are read again.
    """
    again: deque[str] = deque()
    taken: list[str] = []
    # Told by its identity: what no line of the file can be.
    end = "end of file"

    def lines() -> Iterator[str]:
        line = ""
        while line is not end:
            line = again.popleft() if again else next(stream, end)
            taken.append(line)
            yield line

    while True:
        try:
            for cells in csv.reader(lines(), delimiter=delimiter):
                if taken[-1] is end:
                    if len(taken) == 1:
                        return
                    break
                if len(taken) > 1:
                    next(csv.reader(taken, delimiter=delimiter, strict=True))
                if cells:
                    yield cells
                taken.clear()
        except csv.Error:
            pass
        yield taken[0]
        again.extendleft(reversed(taken[1:]))
        taken.clear()


# ------------------------------------------------------------------------------
#   xlsx
# ------------------------------------------------------------------------------


@contextmanager
def _open_xlsx(file: Path) -> Iterator[Table]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        _check_archive(file)
        sheet = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0)
        cells = sheet.iter_rows()
        columns = _header(file, _trimmed(next(iter(cells), [])))
    except PasswordError:
        raise TableError(f"{file.name}: книга закрыта паролем; снимите пароль в Excel и сохраните снова") from None
    except (CalamineError, zipfile.BadZipFile, IndexError):
        raise TableError(
            f"{file.name}: книга Excel повреждена или это не xlsx; откройте и сохраните её снова"
        ) from None
    yield Table(columns, _xlsx_rows(cells, len(columns)), count=max(sheet.total_height - 1, 0))


def _trimmed(cells: list[Cell]) -> list[Cell]:
    while cells and cells[-1] in ("", None):
        cells = cells[:-1]
    return cells


def _check_archive(file: Path) -> None:
    with file.open("rb") as stream:
        if stream.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            # An encrypted workbook is not a zip but an OLE container; so is the old .xls.
            raise TableError(
                f"{file.name}: книга закрыта паролем или в старом формате xls; "
                "снимите пароль в Excel и сохраните как xlsx"
            )
    with zipfile.ZipFile(file) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            raise TableError(
                f"{file.name}: книга распаковывается больше чем в {MAX_UNPACKED // 2**30} ГБ; разделите её"
            )


def _xlsx_rows(sheet: Iterator[list[Cell]], width: int) -> Iterator[Row]:
    for number, cells in enumerate(sheet, 1):
        yield _row(number, [_whole(cell) for cell in cells], width)


def _whole(cell: Cell) -> Cell:
    """Excel keeps every number as a float; 12.0 was typed as 12."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15 else cell


# ------------------------------------------------------------------------------
#   jsonl
# ------------------------------------------------------------------------------


@contextmanager
def _open_jsonl(file: Path) -> Iterator[Table]:
    if (encoding := encoding_of(file)) == "cp1251":
        raise TableError(f"{file.name}: jsonl должен быть в кодировке UTF-8; сохраните его заново")
    # A file cut short may end inside a character: the last row suffers, not the others.
    with file.open(encoding=encoding, errors="replace") as stream:
        columns: dict[str, None] = {}
        for line in iter(lambda: stream.readline(MAX_CELL), ""):
            columns |= dict.fromkeys(_record(line) or ())
        if not columns:
            raise TableError(f"{file.name}: нет ни одной записи; в каждой строке нужен объект {{…}}")
        stream.seek(0)
        yield Table(tuple(columns), _jsonl_rows(stream, tuple(columns)))


def _jsonl_rows(stream: Any, columns: tuple[str, ...]) -> Iterator[Row]:
    number = 0
    for line in iter(lambda: stream.readline(MAX_CELL), ""):
        if not line.strip():
            continue
        number += 1
        record = _record(line)
        if record is None:
            yield Row(number, (), "строка не является объектом JSON", line.rstrip("\n"))
        else:
            yield Row(number, tuple(record.get(name) for name in columns))


def _record(line: str) -> dict[str, Cell] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


# ------------------------------------------------------------------------------
#   parquet
# ------------------------------------------------------------------------------


def _open_parquet(file: Path) -> AbstractContextManager[Table]:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise TableError(f"{file.name}: для parquet нужен pyarrow: pip install 'tsur-nlp[parquet]'") from None
    try:
        source = parquet.ParquetFile(file)
    except (OSError, ValueError) as reason:
        if isinstance(reason, FileNotFoundError):
            raise
        raise TableError(f"{file.name}: файл parquet повреждён; выгрузите его заново") from None
    columns = tuple(source.schema_arrow.names)
    return nullcontext(Table(columns, _parquet_rows(source, columns), count=source.metadata.num_rows))


def _parquet_rows(source: Any, columns: tuple[str, ...]) -> Iterator[Row]:
    number = 0
    for batch in source.iter_batches(batch_size=2048):
        for cells in zip(*(batch.column(i).to_pylist() for i in range(len(columns))), strict=True):
            number += 1
            yield Row(number, cells)
