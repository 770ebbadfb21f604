"""What lies outside the region: other regions of Russia, their cities and districts, neighbouring countries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import CatalogError
from tsur_nlp.region.inflection import is_adjective
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.labels import label_key

Support = Literal["", "case", "name", "district", "fixed"]
"""What a city's name needs to be taken for one: see data/SOURCES.md."""
DATA = files("tsur_nlp") / "data"
SUFFIXES = ("ск", "инск", "енск")
"""How a district is called after its city: Самара – Самарский, Балашиха – Балашихинский, Тосно – Тосненский."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A region of Russia or a neighbouring country. `names`: other names; `districts`: adjectives of its districts."""

    title: str
    names: tuple[str, ...]
    districts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class City:
    """A city outside a region: its name, the subject of the federation, and what a text must say beside it."""

    name: str
    subject: str
    support: Support


@cache
def subjects() -> Mapping[str, Subject]:
    """The rows of `data/russia_regions.csv` by title."""
    found: dict[str, Subject] = {}
    for record in read_reference(DATA / "russia_regions.csv", ("title", "names", "districts"), CatalogError):
        title = record.required("title")
        found[title] = Subject(title, record.phrases("names"), record.phrases("districts"))
    return found


@cache
def home(title: str) -> str:
    """The subject that a region of this title is, "" if none is called so: nothing is abroad then."""
    key = label_key(title)
    named = (one for one in subjects().values() if key in map(label_key, (one.title, *one.names)))
    return next((one.title for one in named), "")


@cache
def cities() -> tuple[City, ...]:
    """The rows of `data/russia_cities.csv`. Raises CatalogError for a region that is not in russia_regions.csv."""
    found: list[City] = []
    for record in read_reference(DATA / "russia_cities.csv", ("name", "region", "support"), CatalogError):
        region = record.known("region", record.required("region"), subjects(), "russia_regions.csv")
        record.known("support", record["support"], get_args(Support), "списке: case, name, district, fixed или пусто")
        found.append(City(record.required("name"), region, record["support"]))  # type: ignore[arg-type]
    return tuple(found)


def district_stems(city: City) -> Iterator[str]:
    """Beginnings of the adjectives by which the district of a city may be called, without their endings."""
    name = normalize(city.name)
    if city.support or " " in name or is_adjective(name):
        return
    if name.endswith("ск"):
        yield name
    elif name.endswith("ец"):
        yield name + "к"
    else:
        stem = name.rstrip("аеиоуыьюяй")
        yield from (stem + suffix for suffix in SUFFIXES if len(stem) > 2)


@cache
def foreign_districts() -> Mapping[str, frozenset[str]]:
    """Stem of an adjective → titles of the regions that have such a district."""
    found: dict[str, set[str]] = {}
    for city in cities():
        for stem in district_stems(city):
            found.setdefault(stem, set()).add(city.subject)
    for subject in subjects().values():
        for district in subject.districts:
            found.setdefault(normalize(district)[:-2], set()).add(subject.title)
    return {stem: frozenset(titles) for stem, titles in found.items()}
