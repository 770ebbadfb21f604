"""The topic catalogue, the roles that answer, and the crosswalks from other label sets to them.

Titles of groups and topics are those of the «Инцидент Менеджмент» classifier (26 groups, 359 topics);
descriptions, key phrases, roles and crosswalks are the project's own. All of it lives in `data/*.csv`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, get_args

from tsur_nlp.catalog.csv_records import read_reference, unique
from tsur_nlp.errors import CatalogError

DATA = files("tsur_nlp") / "data"

Level = Literal["federal", "regional", "municipal", "institution"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of body that answers: `roads.municipal`, `housing.inspection`.

    `fallback`: who answers where there is none.
    """

    code: str
    title: str
    level: Level
    fallback: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the catalogue. `roles`: who answers for it, the usual one first."""

    code: str
    group: str
    group_title: str
    title: str
    description: str
    phrases: tuple[str, ...]
    confused_with: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstitutionKind:
    """A kind of institution people name by number or name. `words`: what they call it; `role`: its field."""

    code: str
    title: str
    words: tuple[str, ...]
    role: str


def role_shares(roles: Sequence[str]) -> Iterator[tuple[str, float]]:
    """How a topic is shared among its roles: the first, the usual one, weighs twice as much as each other."""
    for i, role in enumerate(roles):
        yield role, (2 if i == 0 else 1) / (len(roles) + 1)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Topics, roles and kinds of institutions by code, in the order of their tables."""

    topics: Mapping[str, Topic]
    roles: Mapping[str, Role]
    institution_kinds: Mapping[str, InstitutionKind]

    def topics_of(self, pattern: str) -> tuple[str, ...]:
        """Codes that a crosswalk's cell means: one code, or a whole group as `health.*`."""
        if pattern.endswith(".*"):
            return tuple(code for code, topic in self.topics.items() if topic.group == pattern[:-2])
        return (pattern,) if pattern in self.topics else ()


@cache
def load_catalog() -> Catalog:
    """The shipped catalogue. Raises CatalogError with the place of a mistake."""
    return read_catalog(DATA)


def read_catalog(folder: Traversable) -> Catalog:
    """A catalogue from `groups.csv`, `roles.csv`, `topics.csv` and `institution_kinds.csv` of a folder."""
    groups: dict[str, str] = {}
    for record in read_reference(folder / "groups.csv", ("code", "title"), CatalogError):
        groups[unique(record, "code", record.required("code"), groups)] = record.required("title")

    roles: dict[str, Role] = {}
    records = list(read_reference(folder / "roles.csv", ("code", "title", "level", "fallback"), CatalogError))
    codes = {record["code"] for record in records}
    for record in records:
        code = unique(record, "code", record.required("code"), roles)
        level = record.known("level", record.required("level"), LEVELS, "списке уровней: " + ", ".join(LEVELS))
        if record["fallback"]:
            record.known("fallback", record["fallback"], codes, "roles.csv")
        roles[code] = Role(code, record.required("title"), level, record["fallback"])

    kinds: dict[str, InstitutionKind] = {}
    for record in read_reference(folder / "institution_kinds.csv", ("code", "title", "words", "role"), CatalogError):
        code = unique(record, "code", record.required("code"), kinds)
        record.required("words")
        role = record.known("role", record.required("role"), roles, "roles.csv")
        kinds[code] = InstitutionKind(code, record.required("title"), record.phrases("words"), role)

    return Catalog(_read_topics(folder, groups, roles), roles, kinds)


def _read_topics(folder: Traversable, groups: Mapping[str, str], roles: Mapping[str, Role]) -> dict[str, Topic]:
    columns = ("code", "group", "title", "description", "phrases", "not_to_be_confused_with", "roles")
    records = list(read_reference(folder / "topics.csv", columns, CatalogError))
    codes = {record["code"] for record in records}
    topics: dict[str, Topic] = {}
    for record in records:
        group = record.known("group", record.required("group"), groups, "groups.csv")
        code = unique(record, "code", record.required("code"), topics)
        for other in record.words("not_to_be_confused_with"):
            record.known("not_to_be_confused_with", other, codes, "topics.csv")
        if not record.words("roles"):
            record.fail("roles", "нет ни одной роли: непонятно, кто отвечает на тему")
        for role in record.words("roles"):
            record.known("roles", role, roles, "roles.csv")
        topics[code] = Topic(
            code,
            group,
            groups[group],
            record.required("title"),
            record.required("description"),
            record.phrases("phrases"),
            record.words("not_to_be_confused_with"),
            record.words("roles"),
        )
    return topics
