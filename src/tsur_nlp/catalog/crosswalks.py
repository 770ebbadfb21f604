"""Labels of other sources as topics and roles of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tsur_nlp.catalog.csv_records import Record, read_reference
from tsur_nlp.catalog.topics import DATA, Catalog, load_catalog
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.labels import label_key


@cache
def topic_crosswalk(source: str) -> Mapping[str, tuple[str, ...]]:
    """Label key → the catalogue topics it may mean, of one source («kursk», «ryazan»).

    More than one topic: the source's label is wider, and the text decides. None: the label says nothing.
    """
    catalog = load_catalog()
    crosswalk: dict[str, tuple[str, ...]] = {}
    for record in read_reference(DATA / "crosswalks" / f"{source}_topics.csv", ("label", "topics"), CatalogError):
        crosswalk[label_key(record.required("label"))] = tuple(_meant(record, catalog))
    return crosswalk


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
        crosswalk[label_key(record.required("label"))] = KnownAuthority(record.words("roles"), record["territory"])
    return crosswalk


SOURCES = ("kursk", "ryazan")


def topics_meant_by(label: str) -> tuple[str, ...]:
    """Catalogue topics a label of a user's table may mean: by its title in the catalogue or in a crosswalk."""
    key = label_key(label)
    if code := _codes_by_title().get(key):
        return (code,)
    return next((meant for source in SOURCES if (meant := topic_crosswalk(source).get(key))), ())


@cache
def _codes_by_title() -> Mapping[str, str]:
    return {label_key(topic.title): code for code, topic in load_catalog().topics.items()}
