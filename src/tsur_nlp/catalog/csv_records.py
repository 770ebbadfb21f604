"""Reference tables: the small CSV files in which the library keeps what it knows and people edit.

Every mistake is reported with its file, line and column, and with what was expected there.
"""

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import NoReturn

from tsur_nlp.errors import TsurError

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
        raise self.error(f"{self.file}, строка {self.line}, столбец «{column}»: {message}")

    def required(self, column: str) -> str:
        if not self.cells[column]:
            self.fail(column, "пусто, а значение обязательно")
        return self.cells[column]

    def known(self, column: str, code: str, codes: Collection[str], where: str) -> str:
        if code not in codes:
            self.fail(column, f"неизвестный код «{code}»; ожидался один из перечисленных в {where}")
        return code


def read_reference(file: Traversable, columns: Collection[str], error: type[TsurError]) -> Iterator[Record]:
    """Rows of a comma-separated UTF-8 table that has at least these columns, cells stripped.

    Raises `error` for a missing file, a missing column, or a row with too many cells.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as reason:
        raise error(
            f"{file}: файл таблицы не читается ({type(reason).__name__}); нужен CSV в кодировке UTF-8"
        ) from None
    rows = csv.reader(text.splitlines(keepends=True))
    header = next(rows, [])
    if missing := [column for column in columns if column not in header]:
        raise error(f"{file.name}, строка 1: нет столбца «{missing[0]}»; есть: {', '.join(header) or 'ничего'}")
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        record = Record(
            file.name,
            rows.line_num,
            dict(zip(header, map(str.strip, row), strict=False)) | dict.fromkeys(header[len(row) :], ""),
            error,
        )
        if len(row) > len(header):
            record.fail(header[-1], f"в строке {len(row)} ячеек, а в заголовке {len(header)}; нет ли лишней запятой?")
        if long := next((column for column, cell in record.cells.items() if len(cell) > MAX_FIELD), None):
            record.fail(long, f"больше {MAX_FIELD} знаков")
        yield record


def unique(record: Record, column: str, code: str, seen: Mapping[str, object]) -> str:
    """The code, if it stands in the table for the first time."""
    if code in seen:
        record.fail(column, f"код «{code}» уже есть выше")
    return code
