"""Where an appeal is about.

What the host says, made narrower by the text; else what the text says; else the place of the body on whose
account it was left; else the capital, which is only assumed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.region.gazetteer import Gazetteer, Mention
from tsur_nlp.region.region import Region


@dataclass(frozen=True, slots=True)
class Place:
    """A territory's code and title, how it was found, and whether it is known or only assumed.

    `doubt`: why a person should look at it, None if nothing speaks against it.
    """

    territory: str
    title: str
    reason: Reason
    known: bool
    doubt: Reason | None = None


class Locator:
    """Finds the place of an appeal within a region."""

    def __init__(self, region: Region):
        self._region = region
        self._gazetteer = Gazetteer(
            (((one.code,), alias) for one in region.territories.values() for alias in one.aliases),
            ((street.territories, street.name) for street in region.streets),
        )

    def begins(self, word: str) -> bool:
        """Whether a name of a place may begin with a word."""
        return self._gazetteer.begins(word)

    def place(self, appeal: Appeal, cleaned: str, words: Sequence[str]) -> Place:
        """The place of an appeal, whose text is given cleaned and cut into normalised words."""
        mentions = list(self._gazetteer.find(cleaned, words))
        named = [mention for mention in mentions if not mention.street]
        streets = [mention for mention in mentions if mention.street]
        given = self._region.territory_named(appeal.territory) if appeal.territory else None
        if given is not None:
            return self._given(given.code, named, streets)
        if named:
            return self._named(named, streets)
        unknown = f"; территории «{appeal.territory}» нет в таблице региона" if appeal.territory else ""
        if streets and (place := self._on_street(streets, self._region.root)):
            return place
        owner = self._region.owner_of(appeal.account) if appeal.account else None
        if owner is not None and owner.territory != self._region.root:
            return self._placed(owner.territory, f"по странице, где оставлено: {owner.short_title}")
        return self._placed(self._region.capital, f"не названо, взят областной центр{unknown}", known=False)

    def at(self, territory: str, institution: str) -> Place:
        """The place of an institution that a text names without naming the place."""
        return self._placed(territory, f"по учреждению: {institution}")

    def _given(self, given: str, named: Sequence[Mention], streets: Sequence[Mention]) -> Place:
        """The place the host names, or a smaller one inside it that the text names."""
        for mention in named:
            inside = [code for code in mention.territories if code != given and self._region.inside(code, given)]
            if len(inside) == 1:
                return self._mentioned(inside[0], mention)
        alien = [mention for mention in named if not self._agrees(mention.territories, given)]
        if alien:
            doubt = Reason("place_foreign_to_host", (alien[0].words, self._titles(alien[0].territories)))
            return self._placed(given, "указано вместе с сообщением", doubt=doubt)
        return self._on_street(streets, given) or self._placed(given, "указано вместе с сообщением")

    def _named(self, named: Sequence[Mention], streets: Sequence[Mention]) -> Place:
        """The place the text names: the smallest of those that agree, or a street within it."""
        depth = max(map(self._depth, (mention.territories[0] for mention in named)))
        first = next(mention for mention in named if self._depth(mention.territories[0]) == depth)
        if len(first.territories) > 1:
            return self._open(first, first.territories)
        code = first.territories[0]
        alien = next((mention for mention in named if not self._agrees(mention.territories, code)), None)
        if alien is not None:
            doubt = Reason("place_two", (first.words, alien.words))
            return self._placed(code, f"в тексте: «{first.words}»", doubt=doubt)
        return self._on_street(streets, code) or self._mentioned(code, first)

    def _on_street(self, streets: Sequence[Mention], within: str) -> Place | None:
        """The place of the first street known within a territory; the place around, if the street runs through many."""
        for mention in streets:
            inside = [code for code in mention.territories if self._region.inside(code, within)]
            if len(inside) == 1:
                return self._mentioned(inside[0], mention)
            if inside:
                return self._open(mention, inside)
        return None

    def _open(self, mention: Mention, codes: Sequence[str]) -> Place:
        """A name of several territories: the place around them all, for a person to make narrower."""
        around = next(
            code for code in self._region.around(codes[0]) if all(self._region.inside(one, code) for one in codes)
        )
        doubt = Reason("place_many", (mention.words, self._titles(codes)))
        return self._placed(around, f"в тексте: «{mention.words}»", doubt=doubt)

    def _agrees(self, codes: Iterable[str], other: str) -> bool:
        return any(self._region.near(code, other) for code in codes)

    def _depth(self, territory: str) -> int:
        return sum(1 for _ in self._region.around(territory))

    def _titles(self, codes: Iterable[str]) -> str:
        return ", ".join(self._region.territories[code].title for code in codes)

    def _mentioned(self, territory: str, mention: Mention) -> Place:
        return self._placed(territory, f"в тексте: «{mention.words}»")

    def _placed(self, territory: str, how: str, known: bool = True, doubt: Reason | None = None) -> Place:
        title = self._region.territories[territory].title
        return Place(territory, title, Reason("place", (title, how)), known, doubt)
