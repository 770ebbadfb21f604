"""Where an appeal is about.

What the host says, made narrower by coordinates and the text; else what the text says; else the place of the body
on whose account it was left; else the capital, which is only assumed. A place outside the region is never passed
over, nor is a territory of the host that nobody knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.region.gazetteer import Gazetteer, Mention
from tsur_nlp.region.kinds_of_place import DISTRICT_WORDS, IN, NEAR, SETTLEMENT_WORDS, STREET_WORDS
from tsur_nlp.region.outlines import Outlines
from tsur_nlp.region.reading import Reading
from tsur_nlp.region.region import Region
from tsur_nlp.region.region_names import names_of
from tsur_nlp.region.roads import RoadMention, Roads

BETWEEN = SETTLEMENT_WORDS.keys() | DISTRICT_WORDS.keys() | STREET_WORDS.keys() | NEAR | IN | {"на"}
"""Words that may stand between two parts of one address."""
ANOTHER_ROAD = "дорога другого региона"


@dataclass(frozen=True, slots=True)
class Place:
    """A territory's code and title, how it was found, and whether it is known or only assumed.

    `doubt`: why a person should look at it, None if nothing speaks against it; `foreign`: why it lies outside the
    region; `unplaced`: why it may lie there, so that no body should get it automatically; `road`: federal or regional,
    if the text names such a road.
    """

    territory: str
    title: str
    reason: Reason
    known: bool
    doubt: Reason | None = None
    foreign: Reason | None = None
    unplaced: Reason | None = None
    road: str = ""


class Locator:
    """Finds the place of an appeal within a region."""

    def __init__(self, region: Region):
        self._region = region
        self._gazetteer = Gazetteer(names_of(region))
        self._roads = Roads(region.title, region.roads)
        self._around = {code: frozenset(region.around(code)) for code in region.territories}
        self.assumed = self._placed(region.capital, "не названо, взят областной центр", known=False)

    @cached_property
    def _outlines(self) -> Outlines | None:
        return Outlines(self._region.outlines, self._region.territories) if self._region.outlines else None

    def begins(self, word: str) -> bool:
        """Whether a name of a place or a road may be recognised by a word."""
        return self._gazetteer.begins(word)

    def place(self, appeal: Appeal, cleaned: str, words: Sequence[str], told: Sequence[int] | None = None) -> Place:
        """The place of an appeal, whose text is given cleaned and cut into normalised words.

        `told`: places of the words that tell of names (`begins`), if somebody has looked them up.
        """
        reading = Reading(cleaned, words)
        mentions, may_be_road = self._gazetteer.find(reading, told)
        road = self._roads.find(reading) if may_be_road else None
        if not mentions and road is None and not appeal.territory and not appeal.account and appeal.lat is None:
            return self.assumed
        place = self._found(appeal, mentions, words, road)
        return replace(place, road=road.kind) if road is not None and not road.elsewhere else place

    def at(self, territory: str, institution: str, by_number: bool) -> Place:
        """The place of an institution that a text names without naming the place.

        A number alone (`by_number`) leaves a doubt: every town has a school № 1, and tables hold not all.
        """
        doubt = Reason("place_by_number", (institution,)) if by_number else None
        return self._placed(territory, f"по учреждению: {institution}", doubt=doubt)

    def _found(
        self, appeal: Appeal, mentions: Sequence[Mention], words: Sequence[str], road: RoadMention | None
    ) -> Place:
        named: list[Mention] = []
        streets: list[Mention] = []
        abroad: list[Mention] = []
        for mention in mentions:
            if mention.street:
                streets.append(mention)
            elif mention.elsewhere:
                abroad.append(mention)
            elif mention.territories:
                named.append(mention)
        host = self._region.host_places.find(appeal.territory) if appeal.territory else None
        if host is not None and host.elsewhere:
            return self._foreign(str(appeal.territory), host.elsewhere)
        if abroad and (bound := self._bound(abroad, [*named, *streets], words)):
            return self._foreign(bound.words, bound.elsewhere)
        if host is not None and host.unknown:
            reason = Reason("place_host_unknown", (str(appeal.territory)[:100],))
            return replace(self.assumed, unplaced=reason)
        strong = [mention for mention in named if not mention.weak]
        if abroad and not strong:
            return self._foreign(abroad[0].words, abroad[0].elsewhere)
        if road is not None and road.elsewhere and not named and host is None:
            return self._foreign(road.words, ANOTHER_ROAD)
        place = self._inside(appeal, named, streets, host.codes if host else (), road)
        unknown = [mention for mention in mentions if mention.unknown]
        if abroad:
            reason = Reason("place_also_abroad", (abroad[0].words, abroad[0].elsewhere))
            return replace(place, unplaced=reason)
        if unknown and not (host and host.codes):
            return replace(place, unplaced=Reason("place_district_unknown", (unknown[0].words,)))
        if road is not None and road.elsewhere:
            return replace(place, unplaced=Reason("place_also_abroad", (road.words, ANOTHER_ROAD)))
        return place

    def _inside(
        self,
        appeal: Appeal,
        named: Sequence[Mention],
        streets: Sequence[Mention],
        codes: Sequence[str],
        road: RoadMention | None,
    ) -> Place:
        """A place of the region."""
        if len(codes) > 1:
            within = [code for code in codes if any(self._agrees(mention.territories, code) for mention in named)]
            if len(within) != 1:
                return self._open(f"указано вместе с сообщением: «{appeal.territory}»", str(appeal.territory), codes)
            codes = within
        given = codes[0] if codes and codes[0] != self._region.root else ""
        if appeal.lat is not None and appeal.lon is not None:
            return self._on_map(appeal.lat, appeal.lon, given, named, streets)
        if given:
            return self._given(given, "указано вместе с сообщением", named, streets)
        if named:
            return self._named(named, streets)
        owner = self._region.owner_of(appeal.account) if appeal.account else None
        page = owner.territory if owner is not None else self._region.root
        # Towns have streets of the same names: one left on a town's page is in that town.
        town = next((code for code in self._region.around(page) if self._depth(code) == 2), self._region.root)
        if streets and (place := self._on_street(streets, town)):
            return place
        if road is not None:
            return self._placed(self._region.root, f"по дороге: {road.words}")
        if owner is not None and page != self._region.root:
            return self._placed(page, f"по странице, где оставлено: {owner.short_title}")
        return self.assumed

    def _foreign(self, said: str, where: str) -> Place:
        reason = Reason("place_foreign", (said[:100], where))
        root = self._region.territories[self._region.root]
        return Place(root.code, where, reason, True, foreign=reason)

    def _bound(self, abroad: Sequence[Mention], own: Sequence[Mention], words: Sequence[str]) -> Mention | None:
        """A place outside that stands beside one of ours, so that ours is in it: «Московский район Рязани»."""
        for far in abroad:
            for near in own:
                between = words[near.end : far.start] if near.end <= far.start else words[far.end : near.start]
                if len(between) <= 2 and all(word in BETWEEN for word in between):
                    return far
        return None

    def _on_map(
        self, lat: float, lon: float, given: str, named: Sequence[Mention], streets: Sequence[Mention]
    ) -> Place:
        """The place of a point, which the host's territory and the text may make narrower."""
        sane = -90 <= lat <= 90 and -180 <= lon <= 180
        code = self._outlines.at(lat, lon) if self._outlines is not None and sane else None
        if code is not None and (not given or self._agrees((code,), given)):
            inner = code if not given or given in self._around[code] else given
            return self._given(inner, "по координатам", named, streets)
        if self._outlines is None and sane:
            why = Reason("place_no_outlines")
        else:
            why = Reason("place_off_map", (f"{lat:.4f}, {lon:.4f}",))
        if given:
            return replace(self._given(given, "указано вместе с сообщением", named, streets), doubt=why)
        place = self._named(named, streets) if named else self._on_street(streets, self._region.root) or self.assumed
        return replace(place, doubt=why) if self._outlines is None else replace(place, doubt=why, unplaced=why)

    def _given(self, given: str, how: str, named: Sequence[Mention], streets: Sequence[Mention]) -> Place:
        """The place the host names, or a smaller one inside it that the text names."""
        for mention in named:
            inside = [code for code in mention.territories if code != given and given in self._around[code]]
            if len(inside) == 1 and not any(code == given for code in mention.territories):
                return self._mentioned(inside[0], mention)
        alien = [mention for mention in named if not mention.weak and not self._agrees(mention.territories, given)]
        if alien:
            doubt = Reason("place_foreign_to_host", (alien[0].words, self._titles(alien[0].territories)))
            return self._placed(given, how, doubt=doubt)
        return self._on_street(streets, given) or self._placed(given, how)

    def _named(self, named: Sequence[Mention], streets: Sequence[Mention]) -> Place:
        """The place the text names: the smallest of those that agree, or a street within it."""
        sure = [mention for mention in named if len(mention.territories) == 1 and not mention.weak]
        # Weak names that nothing supports are better than none.
        spoken = [mention for mention in named if sure or not mention.weak] or named
        named = [self._narrowed(mention, sure) for mention in spoken]
        depth = max(map(self._depth, (mention.territories[0] for mention in named)))
        first = next(mention for mention in named if self._depth(mention.territories[0]) == depth)
        if len(first.territories) > 1:
            return self._open(f"в тексте: «{first.words}»", first.words, first.territories)
        code = first.territories[0]
        alien = next((mention for mention in named if not self._agrees(mention.territories, code)), None)
        if alien is not None:
            doubt = Reason("place_two", (first.words, alien.words))
            return self._placed(code, f"в тексте: «{first.words}»", doubt=doubt)
        return self._on_street(streets, code) or self._mentioned(code, first)

    def _narrowed(self, mention: Mention, sure: Sequence[Mention]) -> Mention:
        """A name of several places as the one that agrees with what else is named for sure."""
        if len(mention.territories) == 1:
            return mention
        agreeing = tuple(
            code for code in mention.territories if any(self._agrees((code,), other.territories[0]) for other in sure)
        )
        return replace(mention, territories=agreeing) if agreeing else mention

    def _on_street(self, streets: Sequence[Mention], within: str) -> Place | None:
        """The place of the first street known within a territory; the place around, if the street runs through many."""
        known = [
            (mention, [code for code in mention.territories if within in self._around[code]]) for mention in streets
        ]
        first = next(((mention, inside) for mention, inside in known if inside), None)
        if first is None:
            return None
        # The corner of a long street with a short one is in the district of the short one.
        for mention, inside in known:
            if len(inside) == 1 and inside[0] in first[1]:
                return self._mentioned(inside[0], mention)
        return self._open(f"в тексте: «{first[0].words}»", first[0].words, first[1])

    def _open(self, how: str, said: str, codes: Sequence[str]) -> Place:
        """A name of several territories: the place around them all, for a person to make narrower."""
        around = next(
            code for code in self._region.around(codes[0]) if all(code in self._around[other] for other in codes)
        )
        return self._placed(around, how, doubt=Reason("place_many", (said, self._titles(codes))))

    def _agrees(self, codes: Iterable[str], other: str) -> bool:
        around = self._around
        return any(code in around[other] or other in around[code] for code in codes)

    def _depth(self, territory: str) -> int:
        return len(self._around[territory])

    def _titles(self, codes: Iterable[str]) -> str:
        return ", ".join(self._region.territories[code].title for code in codes)

    def _mentioned(self, territory: str, mention: Mention) -> Place:
        return self._placed(territory, f"в тексте: «{mention.words}»")

    def _placed(self, territory: str, how: str, known: bool = True, doubt: Reason | None = None) -> Place:
        title = self._region.territories[territory].title
        return Place(territory, title, Reason("place", (title, how)), known, doubt)
