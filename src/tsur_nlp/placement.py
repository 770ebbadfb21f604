"""Where an appeal is about: what the host says, made narrower by the text; else the text; else the capital."""

from collections.abc import Sequence
from dataclasses import dataclass

from tsur_nlp.appeal import Appeal
from tsur_nlp.places import Gazetteer, Mention
from tsur_nlp.region import Region


@dataclass(frozen=True, slots=True)
class Place:
    """A territory's code, how it was found (in Russian), and whether it is known or only assumed."""

    territory: str
    reason: str
    known: bool


class Locator:
    """Finds the place of an appeal within a region."""

    def __init__(self, region: Region):
        self._region = region
        territories = region.territories.values()
        self._gazetteer = Gazetteer((territory.code, alias) for territory in territories for alias in territory.aliases)

    def place(self, appeal: Appeal, cleaned: str, words: Sequence[str]) -> Place:
        """The place of an appeal, whose text is given cleaned and cut into normalised words."""
        given = self._region.territory_named(appeal.territory) if appeal.territory else None
        mentions = list(self._gazetteer.find(cleaned, words))
        if given is not None:
            inside = [mention for mention in mentions if self._is_inside(mention.territory, given.code)]
            if inside:
                return self._mentioned(inside[0])
            return self._placed(given.code, "указано вместе с сообщением")
        if mentions:
            # The smallest place wins over one around it: «Нижний Новгород, Сормовский район».
            return self._mentioned(max(mentions, key=lambda mention: self._depth(mention.territory)))
        unknown = f"; территории «{appeal.territory}» нет в таблице региона" if appeal.territory else ""
        return self._placed(self._region.capital, f"не названо, взят областной центр{unknown}", known=False)

    def _is_inside(self, territory: str, around: str) -> bool:
        return territory != around and around in self._region.around(territory)

    def _depth(self, territory: str) -> int:
        return sum(1 for _ in self._region.around(territory))

    def _mentioned(self, mention: Mention) -> Place:
        return self._placed(mention.territory, f"в тексте: «{mention.word}»")

    def _placed(self, territory: str, how: str, known: bool = True) -> Place:
        return Place(territory, f"Место: {self._region.territories[territory].title} ({how})", known)
