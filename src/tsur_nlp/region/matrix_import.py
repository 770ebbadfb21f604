"""Takes a changed workbook of the matrix back into competence.csv.

Only cells that say something else than the table did are written: all other rows keep their notes and sources.
"""

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import RegionError
from tsur_nlp.region.cells import in_force
from tsur_nlp.region.competence_table import read_competence
from tsur_nlp.region.matrix_cells import MatrixCells, Place
from tsur_nlp.region.matrix_sheet import HEAD, SHEET, rows_of
from tsur_nlp.region.region import Region
from tsur_nlp.tables.readers import open_table
from tsur_nlp.tables.table import Reading

COLUMNS = (
    "topics",
    "roles",
    "authority",
    "share",
    "territory",
    "kind",
    "channel",
    "condition",
    "note",
    "source",
    "confirmed",
)
NOTE = "Изменено в книге матрицы"

Key = tuple[str, str, str, str, str]
Answers = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """`text`: the new competence.csv; `changed`, `emptied`: cells that say something else, and those now empty."""

    text: str
    changed: int
    emptied: int


def take_matrix(region: Region, folder: Traversable, file: Path) -> Taken:
    """The table of a region with the changes of a workbook.

    Raises RegionError that names the sheet and the cell; TableError for a file that is no such workbook.
    """
    changes = dict(_changes(region, file))
    rows = list(_kept(folder, changes))
    header = list(dict.fromkeys((*COLUMNS, *(column for row in rows for column in row))))
    for (key, *place), answers in changes.items():
        for name, share in answers:
            rows.append(_row(region, key, (place[0], place[1], place[2], place[3]), name, share, len(answers) > 1))
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    _check(region, out.getvalue())
    emptied = sum(not answers for answers in changes.values())
    return Taken(out.getvalue(), len(changes) - emptied, emptied)


def _changes(region: Region, file: Path) -> Iterator[tuple[Key, Answers]]:
    """Keys whose cells say something else than the rules of the region do."""
    cells = MatrixCells(region)
    rules = {(one.topic, one.territory, one.kind, one.channel, one.condition): one for one in region.competence}
    keys = {code: key for _, _, code, key in rows_of(region)}
    with open_table(file, Reading(sheet=SHEET, header=1)) as table:
        if table.columns[: len(HEAD)] != HEAD:
            raise RegionError(
                f"{file.name}, лист «{SHEET}»: первые столбцы — {', '.join(HEAD)}; возьмите книгу из выгрузки"
            )
        places = []
        for column, title in enumerate(table.columns[len(HEAD) :], len(HEAD)):
            with _named(file, 1, column):
                places.append(cells.place(title))
        for row in table.rows:
            if row.problem:
                raise RegionError(f"{file.name}, лист «{SHEET}»: {row.problem}")
            code = row.text(2)
            if code not in keys:
                with _named(file, row.line, 2):
                    raise RegionError(f"нет темы с кодом «{code[:80]}»; столбец «Код» менять нельзя")
            for column, place in enumerate(places, len(HEAD)):
                key = keys[code], *place
                text, rule = row.text(column), rules.get(key)
                if _plain(text) == (_plain(cells.answers(rule)) if rule else ""):
                    continue
                with _named(file, row.line, column):
                    yield key, cells.parse(text)


@contextmanager
def _named(file: Path, line: int, column: int) -> Iterator[None]:
    """Adds to a mistake the cell where it stands."""
    try:
        yield
    except RegionError as error:
        raise RegionError(f"{file.name}, лист «{SHEET}», ячейка {_letters(column)}{line}: {error}") from None


def _letters(column: int) -> str:
    """0 → A, 26 → AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _plain(text: str) -> str:
    return " ".join(text.split())


def _kept(folder: Traversable, changes: dict[Key, Answers]) -> Iterator[dict[str, str]]:
    """Rows of the table without the topics that a change answers; rows not in force stay as they are."""
    table = folder / "competence.csv"
    if not table.is_file():
        return
    for record in read_reference(table, ("topics", "roles"), RegionError):
        row = dict(record.cells)
        if in_force(record):
            place = tuple(row.get(column, "") for column in ("territory", "kind", "channel", "condition"))
            left = [word for word in record.words("topics") if (word.removesuffix(".*"), *place) not in changes]
            if not left:
                continue
            row["topics"] = " ".join(left)
        yield row


def _row(region: Region, key: str, place: Place, name: str, share: float, shared: bool) -> dict[str, str]:
    role = name in region.catalog.roles
    return {
        "topics": key if key in region.catalog.topics else f"{key}.*",
        "roles": name if role else "", "authority": "" if role else name,
        "share": f"{share:.4f}".rstrip("0").rstrip(".").replace(".", ",") if shared else "",
        "territory": place[0], "kind": place[1], "channel": place[2], "condition": place[3],
        "note": NOTE, "source": "", "confirmed": "no",
    }  # fmt: skip


def _check(region: Region, text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "competence.csv").write_text(text, encoding="utf-8")
        read_competence(folder, region.territories, region.authorities, region.catalog)
