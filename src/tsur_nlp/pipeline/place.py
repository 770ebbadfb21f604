"""Where each appeal is about."""

from collections.abc import Sequence

from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.region.locator import Locator


class PlaceComponent(Component):
    """Names of places are looked for only in texts with a word that tells of one.

    A place outside the region is outside its competence, and nothing about it goes out by itself.
    """

    name = "place"
    requires = ("texts", "words")
    assigns = ("places", "settings", "outcomes")
    always = True

    def __init__(self, locator: Locator):
        self._locator = locator

    def triggered_by(self, word: str, lemma: str) -> bool:
        return self._locator.begins(word)

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        named = block.met_by("place")
        assumed = self._locator.assumed
        for row in rows:
            appeal = block.appeals[row]
            if not named[row] and not appeal.territory and not appeal.account and appeal.lat is None:
                block.places[row] = assumed
                block.reasons[row].append(assumed.reason)
                continue
            place = self._locator.place(appeal, block.texts[row], block.words[row] if named[row] else ())
            block.places[row] = place
            block.reasons[row].append(place.reason)
            if place.road:
                block.settings[row] |= {f"{place.road}_road"}
            if place.foreign is not None:
                block.outcomes[row] = "outside_competence"
                block.doubts[row].append(place.foreign)
            elif place.unplaced is not None:
                block.doubts[row].append(place.unplaced)
