"""Labels of other sources as topics and roles of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable

from tsur_nlp.catalog.csv_records import Record, read_reference
from tsur_nlp.catalog.topics import DATA, Catalog, load_catalog
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.labels import label_key


@cache
def topic_crosswalk(source: str) -> Mapping[str, tuple[str, ...]]:
    """Label key → the catalogue topics it may mean, of one source («kursk», «ryazan», «perm»).

    More than one topic: the source's label is wider, and the text decides. None: the label says nothing.
    """
    return read_topic_crosswalk(DATA / "crosswalks" / f"{source}_topics.csv")


def read_topic_crosswalk(file: Traversable) -> dict[str, tuple[str, ...]]:
    """A table «label, topics»: codes of topics.csv or whole groups as `health.*`, the likeliest first.

    Raises CatalogError if a label stands twice or a topic is unknown.
    """
    catalog = load_catalog()
    crosswalk: dict[str, tuple[str, ...]] = {}
    for record in read_reference(file, ("label", "topics"), CatalogError):
        crosswalk[_new_label(record, crosswalk)] = tuple(_meant(record, catalog))
    return crosswalk


def _new_label(record: Record, crosswalk: Mapping[str, object]) -> str:
    """The key of a row's label. Two rows of one label would leave it to chance which of them counts."""
    label = record.required("label")
    key = label_key(label)
    if key in crosswalk:
        record.fail("label", f"метка «{label}» уже есть выше; оставьте одну строку")
    return key


def _meant(record: Record, catalog: Catalog) -> list[str]:
    meant: list[str] = []
    for pattern in record.words("topics"):
        codes = catalog.topics_of(pattern)
        if not codes:
            record.fail("topics", f"неизвестная тема «{pattern}»; ожидался код из topics.csv или группа вида health.*")
        meant += codes
    return meant


@dataclass(frozen=True, slots=True)
class KnownAuthority:
    """What a source's authority label stands for: its roles and where it works («» for the whole region)."""

    roles: tuple[str, ...]
    territory: str


@cache
def authority_crosswalk(source: str) -> Mapping[str, KnownAuthority]:
    """Label key → roles × territory, of one source."""
    roles = load_catalog().roles
    crosswalk: dict[str, KnownAuthority] = {}
    file = DATA / "crosswalks" / f"{source}_authorities.csv"
    for record in read_reference(file, ("label", "roles", "territory"), CatalogError):
        for role in record.words("roles"):
            record.known("roles", role, roles, "roles.csv")
        crosswalk[_new_label(record, crosswalk)] = KnownAuthority(record.words("roles"), record["territory"])
    return crosswalk


SOURCES = ("kursk", "ryazan", "perm")


def topics_meant_by(label: str) -> tuple[str, ...]:
    """Catalogue topics a label of a user's table may mean: by its title in the catalogue or in a crosswalk."""
    key = label_key(label)
    if code := _codes_by_title().get(key):
        return (code,)
    return next((meant for source in SOURCES if (meant := topic_crosswalk(source).get(key))), ())


@cache
def _codes_by_title() -> Mapping[str, str]:
    return {label_key(topic.title): code for code, topic in load_catalog().topics.items()}
