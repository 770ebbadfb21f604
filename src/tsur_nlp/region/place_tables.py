"""Tables of a pack that only tell where things are: settlements, roads, outlines. Each may be left out.

settlements.csv   name, kind (г, с, д, п, рп …), territory; and if wanted oktmo
roads.csv         name (numbers or names with «;»), kind (federal, regional)
outlines.geojson  polygons with the property `territory`
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import RegionError
from tsur_nlp.region.kinds_of_place import ROW_KINDS

OTHER_KINDS = frozenset(("починок", "выселок", "кордон", "х", "ст", "аул", "пгт", "дп", "м", "рзд"))
LARGEST_OUTLINES = 64 * 1024 * 1024
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A place too small to have bodies of its own, and the territory it belongs to."""

    name: str
    kind: str
    territory: str
    oktmo: str


@dataclass(frozen=True, slots=True)
class Road:
    """A road the region knows by name or number. `kind`: federal or regional."""

    names: tuple[str, ...]
    kind: str


def read_settlements(folder: Traversable, territories: Mapping[str, object]) -> tuple[Settlement, ...]:
    """Raises RegionError for an unknown kind or territory."""
    file = folder / "settlements.csv"
    if not file.is_file():
        return ()
    settlements: list[Settlement] = []
    kinds = ROW_KINDS.keys() | OTHER_KINDS
    known = "списке: " + ", ".join(sorted(kinds))
    for record in read_reference(file, ("name", "kind", "territory"), RegionError):
        record.known("kind", record.required("kind"), kinds, known)
        record.known("territory", record.required("territory"), territories, "territories.csv")
        oktmo = record.cells.get("oktmo", "")
        if oktmo and not oktmo.isdecimal():
            record.fail("oktmo", f"нужны цифры кода ОКТМО, а стоит «{oktmo}»")
        settlements.append(Settlement(record.required("name"), record["kind"], record["territory"], oktmo))
    return tuple(settlements)


def read_roads(folder: Traversable) -> tuple[Road, ...]:
    """Raises RegionError for an unknown kind."""
    file = folder / "roads.csv"
    if not file.is_file():
        return ()
    roads: list[Road] = []
    for record in read_reference(file, ("name", "kind"), RegionError):
        record.required("name")
        record.known("kind", record.required("kind"), ("federal", "regional"), "списке: federal, regional")
        roads.append(Road(record.phrases("name"), record["kind"]))
    return tuple(roads)


def read_outlines(folder: Traversable) -> bytes | None:
    """The bytes of outlines.geojson, read into shapes only when a message has coordinates."""
    file = folder / "outlines.geojson"
    if not file.is_file():
        return None
    content = file.read_bytes()
    if len(content) > LARGEST_OUTLINES:
        raise RegionError(f"{file.name}: больше {LARGEST_OUTLINES >> 20} МБ; упростите очертания")
    return content
