"""What was read of a table, in one line: sheet, head, columns, how many rows have a date and a known place."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from tsur_nlp.tables.cells import as_moment
from tsur_nlp.tables.column_mapping import WHAT, Columns, find_column, find_columns
from tsur_nlp.tables.readers import open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading, Row, Table

BY_THEIR_NAMES: Mapping[str, str | None] = MappingProxyType({})
FULL_CELL = 32_767
"""Characters that a cell of Excel holds; a text of just so many was cut when it was put there."""
SHOWN = ("text", "territory", "account", "channel", "created", "time")


class Inspection:
    """Counts rows as they pass. `at`: columns by role, None for those the table lacks.

    `is_place`: whether the region knows a territory of this name, if there is a region.
    """

    def __init__(
        self,
        file: Path,
        table: Table,
        at: Mapping[str, int | None],
        is_place: Callable[[str], bool] | None = None,
    ):
        self.file, self.table, self.at = file, table, dict(at)
        self.rows = self.rejected = self.empty = self.cut = self.dated = self.placed = 0
        self._is_place = lru_cache(maxsize=10_000)(is_place) if is_place else None

    def add(self, row: Row) -> None:
        """Count one more row."""
        self.rows += 1
        if row.problem:
            self.rejected += 1
            return
        if (at := self.at.get("text")) is not None:
            length = len(row.text(at))
            self.empty += length == 0
            self.cut += length >= FULL_CELL and self.file.suffix.lower() == ".xlsx"
        self.dated += self._has_date(row)
        if self._is_place is not None:
            place = row.text(self.at.get("territory"))
            self.placed += bool(place) and self._is_place(place)

    def _has_date(self, row: Row) -> bool:
        at = self.at.get("created")
        try:
            return at is not None and as_moment(row.cells[at]) is not None
        except (ValueError, OverflowError):
            return False

    def counts(self) -> list[str]:
        """How many rows there are, and of what kinds, in Russian."""
        counts = [f"строк {self.rows}"]
        if self.at.get("created") is not None:
            counts.append(f"с датой {self.dated}")
        if self._is_place is not None and self.at.get("territory") is not None:
            counts.append(f"с известной территорией {self.placed}")
        counts += [f"без текста {self.empty}"] if self.empty else []
        counts += [f"обрезано Excel на {FULL_CELL} знаках {self.cut}"] if self.cut else []
        counts += [f"отложено {self.rejected}"] if self.rejected else []
        return counts

    def line(self) -> str:
        """What is to be said, in Russian."""
        columns = self.table.columns
        taken = [f"{WHAT[role]} — «{columns[at]}»" for role, at in self.at.items() if at is not None]
        lacking = [WHAT[role] for role, at in self.at.items() if at is None]
        parts = [*self.table.about, f"столбцы: {', '.join(taken) or 'не узнаны'}"]
        parts += [f"нет столбцов: {', '.join(lacking)}"] if lacking else []
        return f"Прочитано {self.file.name}: {'; '.join([*parts, ', '.join(self.counts())])}"


def roles_of(columns: Columns) -> dict[str, int | None]:
    """The columns a message is made of, by role; a column of times is named only where there is one."""
    found = {role: getattr(columns, role) for role in SHOWN}
    return found if found["time"] is not None else {role: found[role] for role in SHOWN[:-1]}


def inspect(
    file: Path,
    how: Reading = BY_ITSELF,
    is_place: Callable[[str], bool] | None = None,
    given: Mapping[str, str | None] | None = BY_THEIR_NAMES,
    others: Mapping[str, str | None] | None = None,
) -> Inspection:
    """A table read through and counted.

    `given`: names of columns of a message by role, None for a table of no messages; `others`: more roles to look for.

    Raises TableError.
    """
    with open_table(file, how) as table:
        at = {} if given is None else roles_of(find_columns(table.columns, table.sample, **given))
        at |= {role: find_column(table.columns, role, name) for role, name in (others or {}).items()}
        found = Inspection(file, table, at, is_place)
        for row in table.rows:
            found.add(row)
    return found
