"""Matters that neither the region nor its municipalities decide and no topic of the catalogue holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference, unique
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.morphology import lemma


@dataclass(frozen=True, slots=True)
class OutsideMatter:
    """`words`: lemmas that tell of it; `role`: who supervises it; `advice`: what to answer, in Russian."""

    title: str
    words: frozenset[str]
    role: str
    advice: str


@cache
def outside_matters() -> tuple[OutsideMatter, ...]:
    """The rows of `data/outside.csv`."""
    matters: dict[str, OutsideMatter] = {}
    columns = ("code", "title", "words", "role", "advice")
    for record in read_reference(files("tsur_nlp") / "data" / "outside.csv", columns, CatalogError):
        code = unique(record, "code", record.required("code"), matters)
        role = record.known("role", record.required("role"), load_catalog().roles, "roles.csv")
        words = frozenset(record.words("words"))
        matters[code] = OutsideMatter(record.required("title"), words, role, record.required("advice"))
    return tuple(matters.values())


def outside_matter(words: Sequence[str]) -> OutsideMatter | None:
    """The matter a text speaks of by one of its words; meant for texts whose topic is unsure."""
    lemmas = {lemma(word) for word in words}
    return next((matter for matter in outside_matters() if matter.words & lemmas), None)
