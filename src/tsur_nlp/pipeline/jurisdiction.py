"""Matters that neither the region nor its municipalities decide and no topic of the catalogue holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference, unique
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.errors import CatalogError
from tsur_nlp.pipeline.authority import with_first
from tsur_nlp.pipeline.block import Block, Candidates
from tsur_nlp.pipeline.component import Component
from tsur_nlp.region.region import Region

FEW_WORDS = 12
"""Who writes so few and names a bank or a shop writes of it."""


@dataclass(frozen=True, slots=True)
class OutsideMatter:
    """`words`: lemmas, or one form alone («пенсию», not «на пенсии»), that tell of it where the topic is unsure;
    `always`: those of them that do in a short text whatever the topic; `role`: who supervises it; `advice`: what to
    answer, in Russian."""

    title: str
    words: frozenset[str]
    always: frozenset[str]
    role: str
    advice: str


@cache
def outside_matters() -> tuple[OutsideMatter, ...]:
    """The rows of `data/outside.csv`."""
    matters: dict[str, OutsideMatter] = {}
    columns = ("code", "title", "words", "always", "role", "advice")
    for record in read_reference(files("tsur_nlp") / "data" / "outside.csv", columns, CatalogError):
        code = unique(record, "code", record.required("code"), matters)
        role = record.known("role", record.required("role"), load_catalog().roles, "roles.csv")
        words = frozenset(record.words("words"))
        always = frozenset(record.words("always"))
        if strange := sorted(always - words):
            record.fail("always", f"слова «{strange[0]}» нет в столбце words: здесь повторяют слова оттуда")
        matters[code] = OutsideMatter(record.required("title"), words, always, role, record.required("advice"))
    return tuple(matters.values())


class JurisdictionComponent(Component):
    """Says where the region does not decide: a bank, a shop, a federal body.

    A bank or a shop is looked for only where the topic is unsure, and in a longer text the body too: every other text
    has a «магазин» in it. Who writes a few words and names the road police writes of it, however sure the topic.
    Nothing goes out by itself for such a word.
    """

    name = "jurisdiction"
    requires = ("topics", "topic_shares", "places", "bodies")
    assigns = ("bodies", "outcomes", "doubts")
    always = True

    def __init__(self, region: Region, threshold: Callable[[], float], body_threshold: Callable[[Block, int], float]):
        """`threshold`: the least confidence of a sure topic; `body_threshold`: of a sure body in a row."""
        self._region = region
        self._threshold = threshold
        self._body_threshold = body_threshold
        self._matters: dict[str, OutsideMatter] = {}
        # Words met that tell of a matter whatever the topic.
        self._always: set[str] = set()

    def triggered_by(self, word: str, lemma: str) -> bool:
        matter = next((matter for matter in outside_matters() if not matter.words.isdisjoint((word, lemma))), None)
        if matter is not None:
            self._matters[word] = matter
            if not matter.always.isdisjoint((word, lemma)):
                self._always.add(word)
        return matter is not None

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        named = block.met_by("jurisdiction")
        for row in rows:
            bodies = block.bodies[row]
            if not bodies:
                continue
            if named[row] and not block.hinted[row] and self._is_outside(block, row, bodies[0][1]):
                self._outside(block, row, bodies)
            if block.outcomes[row] == "decided" and bodies[0][0].level == "federal":
                block.outcomes[row] = "outside_competence"
                block.reasons[row].append(Reason("outside_federal", (bodies[0][0].title,)))

    def _is_outside(self, block: Block, row: int, sure: float) -> bool:
        """Whether a text that has a word of an outside matter is about it. `sure`: how sure its body is."""
        short = block.lengths[row] <= FEW_WORDS
        if block.topic_shares[row, 0] < self._threshold():
            return bool(short or sure < self._body_threshold(block, row))
        return bool(short and not self._always.isdisjoint(block.words[row]))

    def _outside(self, block: Block, row: int, bodies: Candidates) -> None:
        """Put the supervisor of the matter that a text speaks of first: the first in the order of the table."""
        spoken = [self._matters[word] for word in block.words[row] if word in self._matters]
        matter = next(matter for matter in outside_matters() if matter in spoken)
        place = block.places[row]
        supervisor = self._region.resolve(matter.role, place.territory) if place else None
        if supervisor is not None:
            block.bodies[row] = with_first(supervisor, bodies[0][1], bodies)
            block.outcomes[row] = "outside_competence"
            block.doubts[row].append(Reason("outside_matter", (matter.title.lower(), matter.advice)))
