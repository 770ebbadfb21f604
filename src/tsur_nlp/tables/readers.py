"""Tables in: csv, xlsx, jsonl, parquet, read row by row. A row that can't be read is handed on with its problem."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tsur_nlp.errors import TableError
from tsur_nlp.tables.csv_files import open_csv
from tsur_nlp.tables.jsonl_files import open_jsonl
from tsur_nlp.tables.parquet_files import open_parquet
from tsur_nlp.tables.table import BY_ITSELF, Reading, Row, Table
from tsur_nlp.tables.xlsx_files import open_xlsx

__all__ = ["FORMATS", "Reading", "Row", "Table", "open_table"]

READERS = {".csv": open_csv, ".xlsx": open_xlsx, ".jsonl": open_jsonl, ".parquet": open_parquet}
FORMATS = tuple(READERS)


@contextmanager
def open_table(file: Path, how: Reading = BY_ITSELF) -> Iterator[Table]:
    """A table, by the ending of its name. Raises TableError with what to do about it."""
    suffix = file.suffix.lower()
    if suffix not in FORMATS:
        raise TableError(f"{file.name}: не знаю такой таблицы; сохраните её как {' или '.join(FORMATS)}")
    try:
        if file.stat().st_size == 0:
            raise TableError(f"{file.name}: файл пуст; нужна таблица с заголовком")
        with READERS[suffix](file, how) as table:
            yield table
    except FileNotFoundError:
        raise TableError(f"{file}: файла нет; проверьте путь") from None
    except IsADirectoryError:
        raise TableError(f"{file}: это папка, а нужен файл таблицы") from None
    except PermissionError:
        raise TableError(f"{file}: нет прав на чтение; проверьте доступ к файлу") from None
