"""Reference tables: the small CSV files in which the library keeps what it knows and people edit.

Every mistake is reported with its file, line and column, and with what was expected there.
"""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import NoReturn, TypeVar, cast

from tsur_nlp.errors import TableError, TsurError
from tsur_nlp.tables.csv_files import records_of
from tsur_nlp.tables.csv_lines import Record as CsvRecord
from tsur_nlp.text.labels import nearest

Code = TypeVar("Code", bound=str)
MAX_FIELD = 20_000
"""Characters in one cell. The longest shipped one has about 400."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a reference table that knows where it stands."""

    file: str
    line: int
    cells: Mapping[str, str]
    error: type[TsurError]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def words(self, column: str) -> tuple[str, ...]:
        """A cell of blank-separated codes."""
        return tuple(self.cells[column].split())

    def phrases(self, column: str) -> tuple[str, ...]:
        """A cell of phrases separated by semicolons."""
        return tuple(part.strip() for part in self.cells[column].split(";") if part.strip())

    def fail(self, column: str, message: str) -> NoReturn:
        """Raise the table's error, with file, line and column."""
        raise self.error(f"{self.file}, строка {self.line}, столбец «{column}»: {message}")

    def required(self, column: str) -> str:
        """A cell that must not be empty."""
        if not self.cells[column]:
            self.fail(column, "пусто, а значение обязательно")
        return self.cells[column]

    def known(self, column: str, code: str, codes: Collection[Code], where: str) -> Code:
        """A code that must be one of `codes`; the mistake names the nearest."""
        if code not in codes:
            near = nearest(code, codes)
            hint = f"; ближайший — «{near}»" if near else ""
            self.fail(column, f"неизвестный код «{code}»; ожидался один из перечисленных в {where}{hint}")
        return cast(Code, code)


def read_reference(file: Traversable, columns: Collection[str], error: type[TsurError]) -> Iterator[Record]:
    """Rows of a table that has at least these columns, cells stripped; as any editor and Excel save it.

    Raises `error` for a missing file, a missing or repeated column, a row that does not fit its head or is not csv.
    """
    try:
        records, _, _ = records_of(io.BytesIO(file.read_bytes()), file.name, expected=columns)
    except OSError as reason:
        raise error(f"{file}: файл таблицы не читается ({type(reason).__name__}); проверьте путь и права") from None
    except TableError as reason:
        raise error(str(reason)) from None
    rows = iter(records)
    head = next(rows, None)
    header = [] if head is None else [name.strip() for name in head.cells]
    if head is not None and head.problem:
        raise error(f"{file.name}, строка {head.line}: заголовок не читается ({head.problem})")
    if missing := [column for column in columns if column not in header]:
        raise error(f"{file.name}, строка 1: нет столбца «{missing[0]}»; есть: {', '.join(header) or 'ничего'}")
    if twice := next((name for name in header if name and header.count(name) > 1), None):
        raise error(f"{file.name}, строка 1: столбец «{twice}» назван дважды")
    for row in rows:
        if row.problem or any(map(str.strip, row.cells)):
            yield _record(file.name, row, header, error)


def _record(file: str, row: CsvRecord, header: Sequence[str], error: type[TsurError]) -> Record:
    """A row with its columns. Raises `error` for one that can't be a row of the table."""
    cells = [*map(str.strip, row.cells), *[""] * (len(header) - len(row.cells))]
    # Excel saves blank columns to the right of a table too.
    named = {name: cell for name, cell in zip(header, cells, strict=False) if name}
    record = Record(file, row.line, named, error)
    if row.problem:
        record.fail(header[min(row.column, len(header) - 1)], row.problem)
    if row.loose and any('"' in cell for cell in cells) and len(row.cells) != len(header):
        record.fail(header[-1], "кавычки внутри ячейки не удвоены; заключите ячейку в кавычки, а внутренние удвойте")
    if any(cells[len(header) :]) or (
        "" in header and any(cell for name, cell in zip(header, cells, strict=False) if not name)
    ):
        record.fail(header[-1], f"в строке {len(cells)} ячеек, а в заголовке {len(header)}; нет ли лишней запятой?")
    if max(map(len, cells), default=0) > MAX_FIELD and (
        long := next((column for column, cell in named.items() if len(cell) > MAX_FIELD), None)
    ):
        record.fail(long, f"больше {MAX_FIELD} знаков")
    return record


def unique(record: Record, column: str, code: str, seen: Mapping[str, object]) -> str:
    """The code, if it stands in the table for the first time."""
    if code in seen:
        record.fail(column, f"код «{code}» уже есть выше")
    return code
