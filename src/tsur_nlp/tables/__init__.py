"""Tables in and out: files, cells, columns."""

from tsur_nlp.tables.readers import Row, Table, open_table
from tsur_nlp.tables.writers import write_table

__all__ = ["Row", "Table", "open_table", "write_table"]
