"""The territory that a host hands in, as its exports write it: «Борский г.о.», «Нижегородская обл., г. Бор», OKTMO.

Names are compared by their case forms, never by likeness: «Бурский» is not «Борский».
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tsur_nlp.region.abroad import cities, foreign_districts, home, subjects
from tsur_nlp.region.inflection import ADJECTIVES, MASCULINE, PLURAL, Form, forms, is_adjective, splits
from tsur_nlp.region.kinds_of_place import DISTRICT_WORDS, HOST_WORDS, SETTLEMENT_WORDS, SHORTENED, STREET_WORDS
from tsur_nlp.region.place_tables import Settlement
from tsur_nlp.text.labels import label_key
from tsur_nlp.text.tokens import WORD

if TYPE_CHECKING:
    from tsur_nlp.region.territory import Territory

PARTS = re.compile(r"[,;/()]|\s[–—-]\s")
OKTMO = re.compile(r"\A(?:\d{8}|\d{11})\Z")
LONGEST = 300
"""Characters read of a territory."""


@dataclass(frozen=True, slots=True)
class HostPlace:
    """What a host's words mean: codes of territories, several if they may be any of them.

    `elsewhere`: the region of the country, if the place is outside; `unknown`: words that are in no table.
    """

    codes: tuple[str, ...] = ()
    elsewhere: str = ""
    unknown: str = ""


class _Entry(NamedTuple):
    forms: tuple[tuple[Form, ...], ...]
    code: str
    district: bool


class HostPlaces:
    """Names of places by the words that are left without «городской округ» and its like."""

    def __init__(
        self, title: str, root: str, territories: Iterable["Territory"], settlements: Iterable[Settlement] = ()
    ):
        self._root = root
        self._kept: dict[str, HostPlace] = {}
        self._exact: dict[str, list[str]] = {}
        self._parents: dict[str, str] = {}
        self._by_oktmo: dict[str, str] = {}
        self._core: dict[str, list[_Entry]] = {}
        self._region = core_words(title)
        self._home = home(title)
        self._villages: dict[str, list[str]] = {}
        for place in settlements:
            self._villages.setdefault(" ".join(core_words(place.name)), []).append(place.territory)
            if place.oktmo:
                self._by_oktmo[place.oktmo] = place.territory
        for territory in territories:
            self._parents[territory.code] = territory.parent
            for number in territory.oktmo:
                self._by_oktmo[number] = territory.code
            for name in dict.fromkeys((territory.code, territory.title, *territory.aliases)):
                self._add(name, territory.code)

    def _add(self, name: str, code: str) -> None:
        self._exact.setdefault(label_key(name), []).append(code)
        core = core_words(name)
        if len(core) > 1 and code != self._root and core[-len(self._region) :] == _genitive_of(core, self._region):
            core = core[: -len(self._region)]
        if not core:
            return
        entry = _Entry(tuple(_host_forms(word) for word in core), code, _says_district(name))
        for form in entry.forms[0]:
            self._core.setdefault(form.stem, []).append(entry)

    def find(self, name: str) -> HostPlace:
        """What a host means by a name."""
        key = label_key(name)[:LONGEST]
        found = self._kept.get(key)
        if found is None:
            found = self._find(key)
            if len(self._kept) < 10_000:
                self._kept[key] = found
        return found

    def _find(self, key: str) -> HostPlace:
        if OKTMO.match(digits := key.replace(" ", "")):
            key = digits
            code = self._by_oktmo.get(key) or (self._by_oktmo.get(key[:8]) if len(key) > 8 else None)
            return HostPlace((code,)) if code else HostPlace(unknown=key)
        if codes := self._narrowed([*self._exact.get(key, ()), *self._by_core(core_words(key), _says_district(key))]):
            return HostPlace(codes)
        parts = [part.strip() for part in PARTS.split(key) if part.strip()]
        codes, elsewhere, unknown = (), "", ""
        for part in parts:
            words = core_words(part)
            if not words or any(word in STREET_WORDS for word in WORD.findall(part)):
                continue
            district = _says_district(part)
            own = self._by_core(words, district) or self._without_region(words, district)
            if not own and _says_village(part):
                own = [code for code in self._villages.get(" ".join(words), ()) if self._lies_in(code, codes)]
            if own:
                codes = self._together(codes, self._narrowed(own, codes))
            elif title := _elsewhere(part, words, self._home):
                elsewhere = elsewhere or title
            else:
                unknown = unknown or part
        if elsewhere:
            return HostPlace(elsewhere=elsewhere)
        if codes and not (unknown and codes == (self._root,)):
            return HostPlace(codes)
        return HostPlace(unknown=unknown or key)

    def _by_core(self, words: Sequence[str], district: bool) -> list[str]:
        """Codes of the territories whose name is made of just these words, in any case.

        `district`: «район» or «округ» is said, so that a settlement of the same name is meant less.
        """
        if not words:
            return []
        found = [
            entry for stem, _ in splits(words[0]) for entry in self._core.get(stem, ()) if _fits(entry.forms, words)
        ]
        return [entry.code for entry in found if entry.district or not district] or [entry.code for entry in found]

    def _without_region(self, words: Sequence[str], district: bool) -> list[str]:
        """«Богородский округ Нижегородской области»: the same without the name of the region."""
        size = len(self._region)
        fits = len(words) > size and _same(self._region, words[-size:])
        return self._by_core(words[:-size], district) if fits else []

    def _together(self, codes: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
        """What two parts of an address mean: the smaller place, or both if neither lies in the other."""
        if same := tuple(code for code in codes if code in own):
            return same
        if not codes or all(self._lies_in(code, codes) for code in own):
            return own
        if all(self._lies_in(code, own) for code in codes):
            return codes
        return self._narrowed([*codes, *own])

    def _narrowed(self, codes: Sequence[str], within: Sequence[str] = ()) -> tuple[str, ...]:
        """Codes once each, those inside `within` if any are, and no place around another of them."""
        unique = list(dict.fromkeys(codes))
        inside = [code for code in unique if any(around in within for around in self._around(code))]
        unique = inside or unique
        return tuple(
            code for code in unique if not any(code in self._around(other) for other in unique if other != code)
        )

    def _lies_in(self, code: str, codes: Sequence[str]) -> bool:
        """Whether a territory is one of some or lies within one; within none given it may lie anywhere."""
        return not codes or code in codes or any(around in codes for around in self._around(code))

    def _around(self, code: str) -> Iterator[str]:
        while code := self._parents.get(code, ""):
            yield code


def core_words(name: str) -> tuple[str, ...]:
    """The words of a name without those that say what kind of place it is: «Борский г.о.» → «борский»."""
    words = [SHORTENED.get(word, word) for word in WORD.findall(label_key(name))]
    core = tuple(word for word in words if word not in HOST_WORDS and len(word) > 1)
    if core and len(words) > len(core):
        return core
    # «Н. Новгород» keeps its letter.
    return tuple(word for word in words if word not in HOST_WORDS) or core


def _genitive_of(core: Sequence[str], region: Sequence[str]) -> Sequence[str]:
    """The last words of a name if they are the region's in another case, else what no name ends with."""
    last = core[-len(region) :]
    return last if _same(region, last) else ()


def _same(name: Sequence[str], words: Sequence[str]) -> bool:
    """Whether words are a name in some case."""
    return len(name) == len(words) and _fits([forms(own) for own in name], words)


def _fits(of_words: Sequence[Sequence[Form]], words: Sequence[str]) -> bool:
    return len(of_words) == len(words) and all(
        any(form.fits(word) for form in of_word) for of_word, word in zip(of_words, words, strict=True)
    )


def _says_district(name: str) -> bool:
    return any(DISTRICT_WORDS.get(word, "мо") != "мо" for word in WORD.findall(label_key(name)))


def _host_forms(word: str) -> tuple[Form, ...]:
    """Forms of a word of a name; «районный» adjectives in any of their numbers."""
    if word[-2:] in ADJECTIVES and len(word) > 4:
        return (*forms(word), Form(word[:-2], MASCULINE | PLURAL))
    return forms(word)


def _elsewhere(part: str, words: Sequence[str], own: str) -> str:
    """The region outside of a part of an address, "" if it is of none known. `own`: the title of the region itself."""
    if not own:
        return ""
    joined = " ".join(words)
    others = [subject for subject in subjects().values() if subject.title != own]
    for subject in others:
        if any(_same(core_words(name), words) for name in (subject.title, *subject.names)):
            return subject.title
    district = _says_district(part)
    named = any(SETTLEMENT_WORDS.get(word) == "city" for word in WORD.findall(part))
    titles = {
        city.subject
        for city in cities()
        if " ".join(core_words(city.name)) == joined and (named or not (district or is_adjective(joined)))
    }
    if len(words) == 1 and words[0][-2:] in ADJECTIVES:
        titles |= foreign_districts().get(words[0][:-2], frozenset())
    if titles:
        return "" if own in titles else min(titles)
    for subject in others:
        tail = core_words(subject.title)
        if len(words) > len(tail) and _same(tail, words[-len(tail) :]):
            return subject.title
    return ""


def _says_village(name: str) -> bool:
    return any(SETTLEMENT_WORDS.get(word, "city") not in ("city", "quarter") for word in WORD.findall(name))
