"""Where each appeal is about."""

from collections.abc import Sequence

from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.region.locator import Locator


class PlaceComponent(Component):
    """Names of places are looked for only in texts with a word that tells of one.

    A place outside the region is outside its competence, and nothing about it is sent automatically.
    A part of a message that names no place is where the message is.
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
        told = block.told_by("place")
        assumed = self._locator.assumed
        for row in rows:
            appeal, around = block.appeals[row], block.around[row] if block.is_parts else None
            if around is not None and row not in told:
                place = around
            elif row not in told and not appeal.territory and not appeal.account and appeal.lat is None:
                place = assumed
            else:
                place = self._locator.place(appeal, block.texts[row], block.words[row], told.get(row, ()))
                if around is not None and not place.known and place.foreign is None and place.unplaced is None:
                    place = around
            block.places[row] = place
            block.reasons[row].append(place.reason)
            if place.road:
                block.settings[row] |= {f"{place.road}_road"}
            if place.foreign is not None:
                block.outcomes[row] = "outside_competence"
                block.doubts[row].append(place.foreign)
            elif place.unplaced is not None:
                block.doubts[row].append(place.unplaced)
