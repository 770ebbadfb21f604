"""Tables in parquet."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tsur_nlp.errors import MissingExtraError, TableError
from tsur_nlp.tables.cells import Cell
from tsur_nlp.tables.heads import named
from tsur_nlp.tables.table import Reading, Row, Table, table_of

BATCH = 2048


@contextmanager
def open_parquet(file: Path, how: Reading) -> Iterator[Table]:
    """A table in parquet. Raises TableError."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtraError("parquet", "pyarrow", "parquet") from None
    with file.open("rb") as stream:
        try:
            source = parquet.ParquetFile(stream)
            columns = named(file.name, source.schema_arrow.names)
        except (OSError, ValueError):
            raise TableError(f"{file.name}: файл parquet повреждён; выгрузите его заново") from None
        yield table_of(columns, _rows(file, source, len(columns)), count=source.metadata.num_rows)


def _rows(file: Path, source: Any, width: int) -> Iterator[Row]:
    number = 0
    try:
        for batch in source.iter_batches(batch_size=BATCH):
            for cells in zip(*(_cells(batch.column(i)) for i in range(width)), strict=True):
                number += 1
                yield Row(number, cells, line=number)
    except (OSError, ValueError):
        raise TableError(f"{file.name}: файл parquet повреждён после строки {number}; выгрузите его заново") from None


def _cells(column: Any) -> list[Cell]:
    """Values of a column. Python's own moments know no billionths of a second, and so these are dropped."""
    import pyarrow as arrow

    kind = column.type
    if arrow.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(arrow.timestamp("us", kind.tz), safe=False)
    elif arrow.types.is_duration(kind) and kind.unit == "ns":
        column = column.cast(arrow.duration("us"), safe=False)
    elif arrow.types.is_time64(kind) and kind.unit == "ns":
        column = column.cast(arrow.time64("us"), safe=False)
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        return list(map(_shown, column))


def _shown(value: Any) -> Cell:
    """Values Python cannot hold: a moment outside the years 1 to 9999 as its number, bytes that are not text marked."""
    try:
        return value.as_py()
    except UnicodeDecodeError:
        return bytes(value.as_buffer()).decode("utf-8", "replace")
    except (ValueError, OverflowError):
        return str(value.value)
