"""Tables in csv."""

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from tsur_nlp.errors import TableError
from tsur_nlp.tables.column_mapping import text_column
from tsur_nlp.tables.csv_lines import Record, Records, delimiter_of
from tsur_nlp.tables.encodings import Encoding, encoding_named, encoding_of
from tsur_nlp.tables.heads import DEEPEST, find_head
from tsur_nlp.tables.table import MAX_CELL, Reading, Table, table_of
from tsur_nlp.tables.torn import rows_of


def records_of(
    stream: BinaryIO, name: str, encoding: str | None = None, expected: Collection[str] = ()
) -> tuple[Records, Encoding, str]:
    """Records of a stream, its encoding and its separator. `expected`: columns that its head must have.

    Raises TableError for what is not text.
    """
    found = encoding_named(encoding) if encoding else encoding_of(stream, name)
    stream.seek(0)
    text = io.TextIOWrapper(stream, found.name, found.errors, newline="")
    delimiter, passed_over = delimiter_of(text, expected)
    text.seek(0)
    for _ in range(passed_over):
        text.readline(MAX_CELL)
    return Records(text, delimiter, found.damaged or bool(encoding) or found.guessed), found, delimiter


@contextmanager
def open_csv(file: Path, how: Reading) -> Iterator[Table]:
    """A table in csv. Raises TableError."""
    with file.open("rb") as stream:
        records, encoding, delimiter = records_of(stream, file.name, how.encoding)
        coming = iter(records)
        first = _first(file.name, coming, how.header)
        lines = [record.line for record in first]
        if how.header == 0 and delimiter == "," and len({len(record.cells) for record in first}) > 1:
            # Nothing says how many columns there are: a list of messages, some of which have commas.
            first, coming = list(map(_whole, first)), map(_whole, coming)
        head = find_head(file.name, [record.cells for record in first], lines, how.header)
        if any(record.problem for record in first[head.first : head.after]):
            raise TableError(f"{file.name}: строка заголовка не читается; нужен csv с запятой или «;»")
        records.width = width = len(head.names)
        below: Iterator[Record] = chain(first[head.after :], coming)
        if width == 1 and delimiter == ",":
            below = map(_whole, below)
        rows = rows_of(below, width, text_column(head.names), encoding.shown)
        about = [f"кодировка {encoding.name} (по буквам)"] if encoding.guessed else []
        about += ["в файле есть испорченные байты"] if encoding.damaged else []
        yield table_of(head.names, rows, delimiter, about=[*about, *head.about(lines)])


def _whole(record: Record) -> Record:
    """A record of a list of messages in one column: nobody quotes its commas, and they part nothing."""
    if any(record.cells[1:]) and '"' not in record.raw:
        return record._replace(cells=[",".join(record.cells)])
    return record


def _first(name: str, records: Iterator[Record], header: int | None) -> list[Record]:
    """The records among which the head stands. Raises TableError if there are none."""
    first = list(islice(records, max(DEEPEST, header or 0) + 2))
    if not first:
        raise TableError(f"{name}: нет строки заголовка; первой строкой должны идти названия столбцов")
    return first
