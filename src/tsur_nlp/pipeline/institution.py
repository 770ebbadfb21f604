"""Institutions named in a text: they tell the place, and may answer themselves."""

from collections.abc import Sequence

from tsur_nlp.decision.reasons import Reason
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.region.institutions import Named
from tsur_nlp.region.locator import Locator, Place
from tsur_nlp.region.region import Authority, Region


class InstitutionComponent(Component):
    """Finds the one known institution of a text. Its place is the message's, if nothing else tells it."""

    name = "institution"
    requires = ("texts", "words", "places")
    assigns = ("institutions", "settings")
    always = False

    def __init__(self, region: Region, locator: Locator):
        self._region = region
        self._locator = locator

    def triggered_by(self, word: str, lemma: str) -> bool:
        return self._region.institutions.tells(word)

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        told = block.told_by("institution")
        for row in rows:
            place = block.places[row]
            if place is None or place.foreign is not None:
                continue
            named = list(self._region.institutions.find(block.texts[row], block.words[row], told[row]))
            if not named:
                continue
            institution, why, by_number = self._known(named, place)
            if institution is not None:
                block.institutions[row] = institution
                block.settings[row] |= {"institution"}
                if institution.confirmed and not place.known:
                    place = self._locator.at(institution.territory, institution.short_title, by_number)
                    block.reasons[row].remove(block.places[row].reason)  # type: ignore[union-attr]
                    block.places[row] = place
                    block.reasons[row].append(place.reason)
            if why is not None:
                block.reasons[row].append(why)

    def _known(self, named: Sequence[Named], place: Place) -> tuple[Authority | None, Reason | None, bool]:
        """The one institution a text names at its place, what to say of it, and whether only a number tells it."""
        region = self._region
        said: Reason | None = None
        for mention in named:
            known = [region.authorities[code] for code in region.institutions.codes(mention)]
            near = [body for body in known if not place.known or region.near(body.territory, place.territory)]
            if len(near) == 1:
                return near[0], Reason("institution", (near[0].title, mention.words)), bool(mention.number)
            if len(near) > 1:
                said = said or Reason("institution_doubt", (mention.words, str(len(near))))
            elif mention.number:
                said = said or Reason("institution_unknown", (mention.words,))
        return None, said, False
