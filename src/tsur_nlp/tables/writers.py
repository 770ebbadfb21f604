"""Tables out: written beside the target under another name, and renamed when whole."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from tsur_nlp.errors import MissingExtraError, TableError
from tsur_nlp.tables.atomic import whole_or_nothing
from tsur_nlp.tables.cells import Cell, as_text
from tsur_nlp.tables.readers import FORMATS, Row
from tsur_nlp.tables.workbook import OFTEN, Column, Sheet, XlsxWriter

TOGETHER = 64
"""Rows of csv that are written at once."""


class Writer(Protocol):
    """Takes rows in the order of its columns. `cut`: cells so far that were longer than the format holds."""

    cut: int

    def write(self, cells: Sequence[Cell]) -> None:
        """Write a row: a cell for each column."""

    def close(self) -> None:
        """Finish the file."""


@contextmanager
def write_table(
    target: Path, columns: Sequence[str], delimiter: str = ",", sheet: Sheet | None = None
) -> Iterator[Writer]:
    """A table by the ending of its name. On any error nothing is left under the target's name.

    `sheet`: how its columns look in a workbook, and what else is in it.

    Raises TableError if the place can't be written, is full, or the format does not hold the rows.
    """
    with whole_or_nothing(target) as unfinished:
        match target.suffix.lower():
            case ".csv":
                writer: Writer = CsvWriter(unfinished, columns, delimiter)
            case ".xlsx":
                writer = XlsxWriter(unfinished, sheet or Sheet([Column(name) for name in columns]))
            case ".jsonl":
                writer = JsonlWriter(unfinished, columns)
            case ".parquet":
                writer = ParquetWriter(unfinished, columns)
            case _:
                raise TableError(f"{target.name}: не знаю такой таблицы; годятся {', '.join(FORMATS)}")
        yield writer
        writer.close()


@contextmanager
def quarantine(file: Path) -> Iterator[Callable[[Row, str], None]]:
    """Takes rows that can't be used, with the reason; the file is made with the first of them."""
    with ExitStack() as stack:
        writer: Writer | None = None

        def put(row: Row, reason: str) -> None:
            nonlocal writer
            if writer is None:
                writer = stack.enter_context(write_table(file, ("row", "reason", "content")))
            writer.write((row.number, reason, row.raw or "; ".join(map(as_text, row.cells))))

        yield put


class CsvWriter:
    """RFC 4180 in UTF-8 with a mark, as Excel expects it; a bare return, which ends a row for Excel, is quoted too.

    The writer of Python asks of each character whether it needs quotes, and takes three times as long.
    """

    cut = 0

    def __init__(self, file: Path, columns: Sequence[str], delimiter: str = ","):
        self._stream = file.open("w", encoding="utf-8-sig", newline="", errors="replace")
        self._delimiter = delimiter
        # Titles, codes and shares come again and again.
        self._title = lru_cache(maxsize=20_000)(self._quoted)
        self._number = lru_cache(maxsize=20_000)(self._told)
        self._waiting: list[str] = []
        self.write(columns)

    def write(self, cells: Sequence[Cell]) -> None:
        told: list[str] = []
        for cell in cells:
            kind = type(cell)
            if kind is str:
                told.append(self._title(cell) if len(cell) < OFTEN else self._quoted(cell))
            else:
                told.append(self._number(cell) if kind is float else self._told(cell))
        # An empty line is no row.
        self._waiting.append(self._delimiter.join(told) if told != [""] else '""')
        if len(self._waiting) == TOGETHER:
            self._flush()

    def _told(self, cell: Cell) -> str:
        return self._quoted(as_text(cell))

    def _quoted(self, text: str) -> str:
        if self._delimiter in text or '"' in text or "\n" in text or "\r" in text:
            doubled = text.replace('"', '""')
            return f'"{doubled}"'
        return text

    def _flush(self) -> None:
        self._stream.write("".join([f"{line}\n" for line in self._waiting]))
        self._waiting.clear()

    def close(self) -> None:
        self._flush()
        self._stream.close()


class JsonlWriter:
    """A JSON object a line, keys in the order of the columns."""

    cut = 0

    def __init__(self, file: Path, columns: Sequence[str]):
        self._columns = columns
        self._stream = file.open("w", encoding="utf-8", errors="replace", newline="\n")

    def write(self, cells: Sequence[Cell]) -> None:
        record = dict(zip(self._columns, cells, strict=True))
        self._stream.write(json.dumps(record, ensure_ascii=False, default=_plain) + "\n")

    def close(self) -> None:
        self._stream.close()


def _plain(cell: Cell) -> str:
    return cell.isoformat() if isinstance(cell, date | time) else as_text(cell)


class ParquetWriter:
    """Columns of texts, written some thousands of rows at a time."""

    cut = 0

    def __init__(self, file: Path, columns: Sequence[str]):
        try:
            import pyarrow
            import pyarrow.parquet as parquet
        except ImportError:
            raise MissingExtraError("parquet", "pyarrow", "parquet") from None
        self._columns = columns
        self._schema = pyarrow.schema([(name, pyarrow.string()) for name in columns])
        self._arrow = pyarrow
        self._file = parquet.ParquetWriter(file, self._schema)
        self._rows: list[list[str]] = []

    def write(self, cells: Sequence[Cell]) -> None:
        self._rows.append([as_text(cell) for cell in cells])
        if len(self._rows) == 2048:
            self._flush()

    def _flush(self) -> None:
        by_column = list(zip(*self._rows, strict=True)) or [()] * len(self._columns)
        arrays = [self._arrow.array(column, self._arrow.string()) for column in by_column]
        self._file.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []

    def close(self) -> None:
        if self._rows:
            self._flush()
        self._file.close()
