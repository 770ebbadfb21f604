"""Where each appeal is about."""

from collections.abc import Sequence

from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.region.locator import Locator


class PlaceComponent(Component):
    """Names of places are looked for only in texts with a word that begins one."""

    name = "place"
    requires = ("texts", "words")
    assigns = ("places",)
    always = True

    def __init__(self, locator: Locator):
        self._locator = locator

    def triggered_by(self, word: str, lemma: str) -> bool:
        return self._locator.begins(word)

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        named = block.met_by("place")
        for row in rows:
            place = self._locator.place(block.appeals[row], block.texts[row], block.words[row] if named[row] else ())
            block.places[row] = place
            block.reasons[row].append(place.reason)
