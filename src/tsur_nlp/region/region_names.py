"""The names a gazetteer of a region looks for: its places, streets and villages, and what lies outside it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tsur_nlp.region.abroad import cities, foreign_districts, home, subjects
from tsur_nlp.region.inflection import ADJECTIVES, forms
from tsur_nlp.region.kinds_of_place import DISTRICT_WORDS
from tsur_nlp.region.names import (
    DistrictName,
    DistrictWord,
    Name,
    PlaceName,
    RoadWord,
    StreetName,
    district_forms,
    place_forms,
    street_forms,
    street_parts,
    words_of,
)
from tsur_nlp.region.roads import Roads

if TYPE_CHECKING:
    from tsur_nlp.region.region import Region


def names_of(region: "Region") -> Iterator[Name]:
    """Every name of a region, and those of other regions that are not also its own."""
    places, districts = _own(region)
    _settle(region, places)
    own = {name.words: name for name in places.values()}
    if title := home(region.title):
        _abroad(title, places, own)
        _foreign_districts(title, districts)
    yield from places.values()
    yield from districts.values()
    yield from _streets(region)
    for word in Roads(region.title, region.roads).words():
        yield RoadWord((word,), (forms(word),))
    for word in DISTRICT_WORDS:
        if DISTRICT_WORDS[word] != "мо":
            yield DistrictWord((word,), (forms(word, fixed=True),))


def _own(region: "Region") -> tuple[dict[tuple[str, ...], PlaceName], dict[str, DistrictName]]:
    places: dict[tuple[str, ...], PlaceName] = {}
    districts: dict[str, DistrictName] = {}
    for territory in region.territories.values():
        for alias in territory.aliases:
            words = words_of(alias)
            if not words:
                continue
            kind = DISTRICT_WORDS.get(words[-1])
            if kind and len(words) == 2 and words[0][-2:] in ADJECTIVES:
                stem = words[0][:-2]
                district = districts.setdefault(stem, DistrictName((words[0],), district_forms(stem)))
                district.own.append((kind, territory.code))
                if territory.kind != "city_district":
                    district.own += [(other, territory.code) for other in ("район", "округ", "мо") if other != kind]
                district.own = list(dict.fromkeys(district.own))
                continue
            place = _place(places, words)
            place.codes = tuple(dict.fromkeys((*place.codes, territory.code)))
    return places, districts


def _place(places: dict[tuple[str, ...], PlaceName], words: tuple[str, ...], fixed: bool = False) -> PlaceName:
    found = places.get(words)
    if found is None:
        found = places[words] = PlaceName(words, place_forms(words, fixed))
    return found


def _settle(region: "Region", places: dict[tuple[str, ...], PlaceName]) -> None:
    """Add villages; one that the table of territories also knows by name is the same place."""
    for settlement in region.settlements:
        words = words_of(settlement.name)
        if not words or max(map(len, words)) < 3:
            continue
        place = _place(places, words)
        same = next((code for code in place.codes if region.inside(code, settlement.territory)), settlement.territory)
        if (settlement.kind, same) not in place.settlements:
            place.settlements.append((settlement.kind, same))


def _abroad(title: str, places: dict[tuple[str, ...], PlaceName], own: dict[tuple[str, ...], PlaceName]) -> None:
    for city in cities():
        if city.subject != title:
            place = _place(places, words_of(city.name), fixed=city.support == "fixed")
            place.cities.append((city.subject, city.support))
    for subject in subjects().values():
        if subject.title == title:
            continue
        for name in (subject.title, *subject.names):
            words = words_of(name)
            if words not in own:
                place = _place(places, words)
                place.cities.clear()
                place.subject = subject.title


def _foreign_districts(title: str, districts: dict[str, DistrictName]) -> None:
    for stem, titles in foreign_districts().items():
        if title not in titles and stem not in districts:
            districts[stem] = DistrictName((stem + "ий",), district_forms(stem), titles=titles)


def _streets(region: "Region") -> Iterator[StreetName]:
    streets: dict[tuple[str, ...], StreetName] = {}
    for street in region.streets:
        kind, words = street_parts(street.name)
        if not words:
            continue
        found = streets.setdefault(words, StreetName(words, street_forms(words)))
        found.variants.append((kind, street.territories))
    yield from streets.values()
