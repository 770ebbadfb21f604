"""Places and streets named in a text, in whatever form: «в Сормове», «Автозаводского района», «на Бекетова, 13».

A name that is also a word or a surname needs support from the text: a kind of place («г.», «село»), a preposition
with its case, a capital letter. What lies outside the region is told only where it is said to be the place itself:
«в Рязани», «г. Рязань», not «автобус до Рязани».
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tsur_nlp.region.abroad_rules import located_abroad
from tsur_nlp.region.inflection import MASCULINE, PLURAL, is_adjective
from tsur_nlp.region.kinds_of_place import (
    AFTER_NAME,
    BEFORE_STREET,
    BETWEEN,
    BRIDGES,
    DISTRICT_WORDS,
    DOTTED,
    IN,
    INTO,
    LETTERS_OF_DISTRICT,
    MEANT,
    NO_DISTRICT,
    RIVERS,
    ROW_KINDS,
    SETTLEMENT_WORDS,
    SEVERAL,
    STREET_WORDS,
    WHERE,
)
from tsur_nlp.region.names import DistrictName, DistrictWord, Hit, Name, NameIndex, PlaceName, RoadWord, StreetName
from tsur_nlp.region.reading import Reading
from tsur_nlp.region.surnames import may_be_person
from tsur_nlp.text.morphology import is_common, is_name

SHORTEST_ALONE = 3
"""Letters. Shorter words are something else too often: «Вад», «Бор»."""
RELATIONAL = re.compile(r"[сц]к(?:ий|ой|ая|ое|ого|ому|им|ом|ую|ие|их)\Z")


@dataclass(frozen=True, slots=True)
class Mention:
    """Codes of the territories that a name may mean, and the words of the text from `start` to `end`.

    `elsewhere`: the region of the country where it is, for a place outside; `unknown`: a district that is in no table;
    `weak`: a village named without its kind.
    """

    territories: tuple[str, ...]
    words: str
    start: int
    end: int
    street: bool = False
    elsewhere: str = ""
    unknown: bool = False
    weak: bool = False


class Gazetteer:
    """Finds names of places and streets in texts."""

    def __init__(self, names: Iterable[Name]):
        self._index = NameIndex(names)

    def begins(self, word: str) -> bool:
        """Whether a word may tell of a name."""
        return bool(self._index.met[word])

    def find(self, reading: Reading, told: Sequence[int] | None = None) -> tuple[list[Mention], bool]:
        """Mentions in a text, in its order; whether it may name a road. `told`: see `NameIndex.find`.

        Where several names stand at one word, the one of most words is taken.
        """
        hits: list[Hit] = []
        road = False
        for hit in self._index.find(reading.words, told):
            if isinstance(hit[2], RoadWord):
                road = True
            elif _plausible(reading.cleaned, reading.words, *hit):
                hits.append(hit)
        mentions: list[Mention] = []
        covered, at = 0, 0
        while at < len(hits):
            start = hits[at][0]
            best: Mention | None = None
            while at < len(hits) and hits[at][0] == start:
                _, end, name = hits[at]
                at += 1
                if start < covered:
                    continue
                mention = self._mention(reading, start, end, name)
                if mention is not None and (best is None or mention.end > best.end):
                    best = mention
            if best is not None:
                covered = best.end
                mentions.append(best)
        return mentions, road

    def _mention(self, reading: Reading, start: int, end: int, name: Name) -> Mention | None:
        if isinstance(name, PlaceName):
            return self._or_district(reading, _place(reading, start, end, name))
        if isinstance(name, StreetName):
            return _street(reading, start, end, name)
        if isinstance(name, DistrictName):
            return self._district(reading, start, end, name)
        return self._unknown(reading, start) if isinstance(name, DistrictWord) else None

    def _or_district(self, reading: Reading, place: Mention | None) -> Mention | None:
        """A place called by an adjective without its kind may be the district too: «в Ветлужском»."""
        if place is None or not place.territories or place.end - place.start > 1:
            return place
        if settlement_kind(reading, place.start):
            return place
        districts = [name for name in self._index.met[reading.word(place.start)] if isinstance(name, DistrictName)]
        own = [code for name in districts for _, code in name.own]
        return replace(place, territories=tuple(dict.fromkeys((*place.territories, *own)))) if own else place

    def _district(self, reading: Reading, start: int, end: int, name: DistrictName) -> Mention | None:
        """«Сормовского района», «Борский м.о.», «район Сормовский», «Сормовском и Московском районах»."""
        found = _district_word(reading, end)
        before = reading.word(start - 1)
        leads = before in DISTRICT_WORDS and reading.touching(start - 1) and reading.capital(start)
        street = reading.touching(end - 1) and reading.word(end) in AFTER_NAME
        if found is None and leads and not street:
            found = DISTRICT_WORDS[before], end
        if found is None and reading.word(end) == "и" and self._is_district(reading.word(end + 1)):
            several = _district_word(reading, end + 2)
            if several is not None and reading.word(several[1] - 1) in SEVERAL:
                found = several[0], end
        if found is None:
            return None
        kind, stop = found
        exact = [code for of_kind, code in name.own if of_kind == kind]
        codes = tuple(
            dict.fromkeys(exact or [code for of_kind, code in name.own if of_kind != "район" or kind == "мо"])
        )
        if not codes and name.own and not name.titles:
            codes = tuple(dict.fromkeys(code for _, code in name.own))
        said = reading.said(start, stop)
        if codes:
            return Mention(codes, said, start, stop)
        if not reading.capital(start) or not name.titles:
            return None
        return Mention((), said, start, stop, elsewhere=min(name.titles))

    def _is_district(self, word: str) -> bool:
        return any(isinstance(name, DistrictName) for name in self._index.met[word])

    def _unknown(self, reading: Reading, at: int) -> Mention | None:
        """A district that no table knows: «Октябрьского района» where there is none."""
        adjective = at - 1
        while reading.word(adjective).startswith(BETWEEN) and reading.touching(adjective):
            adjective -= 1
        word = reading.word(adjective)
        if not word or not reading.touching(adjective) or not reading.capital(adjective):
            return None
        endings = {word[-length:] for length in (2, 3)} & (MASCULINE | PLURAL)
        stem = word[: -len(max(endings, key=len))] if endings else ""
        if not stem.endswith(("ск", "цк")) or stem.startswith(NO_DISTRICT):
            return None
        return Mention((), reading.said(adjective, at + 1), adjective, at + 1, unknown=True)


def _plausible(cleaned: str, words: Sequence[str], start: int, end: int, name: Name) -> bool:
    """Whether it is worth looking at what stands around: most words like names are written small and alone."""
    before = words[start - 1] if start else ""
    after = words[end] if end < len(words) else ""
    if isinstance(name, DistrictName):
        beside = after in DISTRICT_WORDS or before in DISTRICT_WORDS or after.startswith(BETWEEN)
        return beside or after in ("м", "г", "и")
    if isinstance(name, DistrictWord):
        return "ск" in before or "цк" in before or before.startswith(BETWEEN)
    if isinstance(name, StreetName):
        if len(before) == 1 or before in STREET_WORDS or before in BEFORE_STREET or after in AFTER_NAME:
            return True
    elif not start or before in SETTLEMENT_WORDS or before in WHERE:
        return True
    begins = words[start][:3]
    if begins.capitalize() in cleaned or begins.upper() in cleaned:
        return True
    if "е" not in begins:
        return False
    written = begins.replace("е", "ё")
    return begins.count("е") > 1 or written.capitalize() in cleaned or written.upper() in cleaned


def _district_word(reading: Reading, at: int) -> tuple[str, int] | None:
    """The kind of district said after an adjective, and where it ends."""
    last = at - 1
    while reading.word(at).startswith(BETWEEN):
        at += 1
    word = reading.word(at)
    letters = (word, reading.word(at + 1)) in LETTERS_OF_DISTRICT
    if (word not in DISTRICT_WORDS and not letters) or last < 0 or not reading.touching(last):
        return None
    return (DISTRICT_WORDS[word], at + 1) if word in DISTRICT_WORDS else ("мо", at + 2)


def settlement_kind(reading: Reading, start: int) -> str:
    """The kind of settlement said right before a name, "" if none is."""
    word = reading.word(start - 1)
    kind = SETTLEMENT_WORDS.get(word, "")
    if not kind:
        return ""
    gap = reading.gap(start - 1).strip()
    if gap not in ("", ".", "-") or (word in DOTTED and gap != "."):
        return ""
    if word == "п" and reading.word(start - 2) == "р":
        return "urban"
    return kind


def _is_river(reading: Reading, start: int) -> bool:
    """«на реке Ветлуге», «мост через Ветлугу»: the name of a river, which towns bear too."""
    before = reading.word(start - 1)
    return before in RIVERS or (before == "через" and reading.word(start - 2) in BRIDGES)


def _place(reading: Reading, start: int, end: int, name: PlaceName) -> Mention | None:
    if _is_river(reading, start):
        return None
    kind = settlement_kind(reading, start)
    if name.cities or name.subject:
        elsewhere = located_abroad(reading, start, end, name, kind)
        if elsewhere:
            return Mention((), reading.said(start, end), start, end, elsewhere=elsewhere)
        if name.subject:
            return None
    if kind and (reading.capital(start) or not is_common(reading.word(start))):
        codes = _of_kind(name, kind)
        return Mention(codes, reading.said(start, end), start, end) if codes else None
    if _on_street(reading, start, end):
        return None
    if name.codes:
        return Mention(name.codes, reading.said(start, end), start, end) if _stands(reading, start, end, name) else None
    if name.settlements and not name.cities and _stands_weakly(reading, start, end, name):
        codes = tuple(dict.fromkeys(code for _, code in name.settlements))
        return Mention(codes, reading.said(start, end), start, end, weak=True)
    return None


def _of_kind(name: PlaceName, kind: str) -> tuple[str, ...]:
    """Territories where a place of this name and kind is; what is known by the name alone comes first."""
    for meant in MEANT[kind]:
        codes = tuple(dict.fromkeys(code for row, code in name.settlements if ROW_KINDS.get(row) == meant))
        if codes:
            known = tuple(code for code in name.codes if code in codes)
            return known or codes
    if kind in ("city", "quarter") or not name.settlements:
        return name.codes
    return ()


def _on_street(reading: Reading, start: int, end: int) -> bool:
    """Whether the words are the name of a street: «ул. Павловская», «Бор проезд», «Вознесенская, 26»."""
    before = reading.word(start - 1)
    if len(before) == 1 and reading.word(start - 2) in STREET_WORDS:
        before = reading.word(start - 2)
    if before in STREET_WORDS and reading.gap(start - 1).strip() in ("", "."):
        return True
    if reading.word(end) in AFTER_NAME and reading.touching(end - 1) and is_adjective(reading.word(end - 1)):
        return True
    if _district_word(reading, end) is not None:
        return True
    return reading.word(end - 1).endswith(("ая", "ий", "ый", "ой")) and reading.numbered(end)


def _stands(reading: Reading, start: int, end: int, name: PlaceName) -> bool:
    """Whether a name stands as that of a place without its kind."""
    before = reading.word(start - 1)
    words = reading.words[start:end]
    capital = reading.capital(start) and not (reading.shouted(start) and is_common(words[0]))
    if len(words) > 1:
        if all(reading.capital(at) for at in range(start, end)):
            return True
        # «Мещерское озеро»: an adjective of a place is a name with one capital too, «Красные баки» are not.
        relational = reading.capital(start) and RELATIONAL.search(words[0]) is not None
        return relational or not all(map(is_common, words))
    word = words[0]
    if before in IN and name.words[0].endswith("ск") and word.endswith("ском"):
        return False  # «в Дзержинском» is a district, the city is «в Дзержинске»
    begins = reading.begins_sentence(start)
    if not capital:
        plain = not is_common(word) and not may_be_person(word) and len(word) > 3
        # Who writes without capitals begins with his town all the same: «выкса нет воды».
        return (plain and (before in WHERE or begins)) or (word[-1] in "ое" and _into(before, word))
    if reading.initials_follow(end):
        return False
    if may_be_person(word):
        if reading.capital(end) and reading.touching(end - 1) and is_name(reading.word(end)):
            return False
        if before in INTO and not begins:
            return True
        apart = begins or (start > 0 and "," in reading.gap(start - 1) and "," in reading.gap(end - 1))
        listed = reading.listed(end) or _heads(reading, start, end)
        return apart and listed and not is_name(reading.word(end)) and not is_name(before)
    if is_name(word) and before and is_name(before):
        return False
    # Every sentence begins with a capital: there a name is recognised by what follows it, or by being no other word.
    apart = reading.listed(end) or _heads(reading, start, end)
    return not begins or apart or (len(word) > SHORTEST_ALONE and not is_common(word))


def _heads(reading: Reading, start: int, end: int) -> bool:
    """«Саров. Нет воды»: a message that begins with a name and a full stop."""
    return start == 0 and reading.gap(end - 1).startswith(".") and len(reading.words) > end


def _into(before: str, word: str) -> bool:
    """«в кстово»: a name that is not declined, written small."""
    return before in WHERE and not is_common(word) and len(word) > 3


def _stands_weakly(reading: Reading, start: int, end: int, name: PlaceName) -> bool:
    """Whether a village is named without its kind: «в Чирятьеве»."""
    if reading.word(start - 1) not in WHERE or reading.begins_sentence(start):
        return False
    if not all(reading.capital(at) for at in range(start, end)) or reading.shouted(start):
        return False
    words = reading.words[start:end]
    if all(map(is_common, words)):
        return False
    if len(words) == 1 and words[0] == name.words[0] and words[0][-1] not in "оеи":
        return False
    return not is_adjective(name.words[-1]) or reading.ends_clause(end)


def _street(reading: Reading, start: int, end: int, name: StreetName) -> Mention | None:
    at = start - 1
    if len(reading.word(at)) == 1 and reading.word(at - 1) in STREET_WORDS:
        at -= 1  # «ул. М. Горького»
    before = reading.word(at)
    said, first, stop = "", start, end
    if before in STREET_WORDS and reading.gap(at).strip() in ("", "."):
        said, first = STREET_WORDS[before], at
    elif reading.word(end) in AFTER_NAME and reading.touching(end - 1):
        said, stop = STREET_WORDS[reading.word(end)], end + 1
    meant = ("проспект", "проезд") if before == "пр" else (said,)
    plain = [codes for kind, codes in name.variants if kind in ("", "улица")]
    codes = [codes for kind, codes in name.variants if kind in meant] if said else plain
    codes = codes or plain
    if not codes:
        return None
    if not said:
        onto = before in BEFORE_STREET
        numbered = reading.numbered(end)
        capital = reading.capital(start)
        many = end - start > 1
        if not ((numbered and onto) or (capital and (many or numbered or onto))):
            return None
    territories = tuple(dict.fromkeys(code for some in codes for code in some))
    return Mention(territories, reading.said(first, stop), first, stop, street=True)
