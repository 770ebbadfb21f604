"""Tables in jsonl: an object a line, its keys are the columns."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from tsur_nlp.errors import TableError
from tsur_nlp.tables.cells import Cell
from tsur_nlp.tables.csv_lines import lines_of
from tsur_nlp.tables.encodings import DAMAGE, Encoding, encoding_named, encoding_of
from tsur_nlp.tables.table import MAX_CELL, Reading, Row, Table, aside, table_of

MAX_KEYS = 1000
"""Different keys of all records together; each is a column of every row."""


@contextmanager
def open_jsonl(file: Path, how: Reading) -> Iterator[Table]:
    """A table in jsonl. Raises TableError."""
    with file.open("rb") as stream:
        encoding = encoding_named(how.encoding) if how.encoding else encoding_of(stream, file.name)
    if encoding.guessed:
        raise TableError(
            f"{file.name}: jsonl должен быть в UTF-8, а это похоже на {encoding.name}; "
            f"сохраните его заново или прочтите с --encoding {encoding.name}"
        )
    with file.open(encoding=encoding.name, errors=encoding.errors, newline="\n") as text:
        columns, crowded = _columns(text)
        if not columns:
            raise TableError(f"{file.name}: нет ни одной записи; в каждой строке нужен объект {{…}}")
        text.seek(0)
        about = ["в файле есть испорченные байты"] if encoding.damaged else []
        about += [f"разных ключей больше {MAX_KEYS}: записи с лишними отложены"] if crowded else []
        yield table_of(columns, _rows(text, columns, encoding), about=about)


def _columns(text: TextIO) -> tuple[tuple[str, ...], bool]:
    """Keys of all records in the order they come, and whether some were too many."""
    columns: dict[str, None] = {}
    crowded = False
    for line in lines_of(text):
        fresh = [key for key in _record(line.text) or () if key not in columns] if line.whole else []
        if len(columns) + len(fresh) > MAX_KEYS:
            crowded = True
        else:
            columns |= dict.fromkeys(fresh)
    return tuple(columns), crowded


def _rows(text: TextIO, columns: tuple[str, ...], encoding: Encoding) -> Iterator[Row]:
    """A row a line that is not blank; its number is the line's."""
    known = frozenset(columns)
    for line in lines_of(text):
        if line.whole and not line.text.strip():
            continue
        record = None
        if not line.whole:
            problem = f"строка длиннее {MAX_CELL} знаков"
        elif not line.text.isascii() and DAMAGE.search(line.text):
            problem = "байты не в кодировке файла"
        elif (record := _record(line.text)) is None:
            problem = "не объект JSON или ключ в нём повторяется"
        else:
            problem = "" if record.keys() <= known else f"разных ключей в файле больше {MAX_KEYS}"
        if problem or record is None:
            yield aside(line.number, line.number, problem, encoding.shown(line.text.rstrip("\n")))
        else:
            yield Row(line.number, tuple(record.get(name) for name in columns), line=line.number)


def _record(line: str) -> dict[str, Cell] | None:
    try:
        record = json.loads(line.removeprefix("\ufeff"), object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object each of whose keys stands once; of two, one value would be lost. Raises ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found
