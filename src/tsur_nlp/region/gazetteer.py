"""Territories and streets named in a text, in whatever form: «в Сормове», «Автозаводского района», «на Бекетова, 13».

A lemmatiser is called only for words that begin like a word of some alias, so most texts cost a set
look-up a word. A name of one word must look like a name: with a capital letter, or after «город» and
its like; otherwise every «бор» would be a town. What stands as a street's name («Вознесенская, 26») is no town.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.morphology import is_common, is_name, lemma
from tsur_nlp.text.tokens import WORD

PREFIX = 3
KEPT_WORDS = 100_000
"""Words whose aliases are kept; past it the store starts anew, so memory is bounded."""
SHORTEST_STEM, LONGEST_ENDING = 4, 2
DISTRICT_WORDS = {"р-н": "район", "рн": "район", "р-на": "район", "р-не": "район", "рна": "район", "рне": "район"}
SETTLEMENT_WORDS = frozenset(
    (
        "г", "гор", "город", "города", "городе", "пос", "поселок", "поселке", "п", "пгт", "рп", "с", "село", "селе",
        "д", "дер", "деревня", "деревне", "мкр", "микрорайон", "микрорайоне",
    )
)  # fmt: skip
STREET_WORDS = frozenset(
    (
        "ул", "улица", "улицы", "улице", "улицу", "улицей", "пр-т", "пр-кт", "просп", "проспект", "проспекте",
        "проспекта", "проспекту", "пер", "переулок", "переулке", "переулка", "б-р", "бульвар", "бульваре", "бульвара",
        "ш", "шоссе", "наб", "набережная", "набережной", "пл", "площадь", "площади", "проезд", "проезде", "проезда",
        "пр", "тупик", "тупике", "съезд",
    )
)  # fmt: skip
AFTER_NAME = frozenset(word for word in STREET_WORDS if len(word) > 4)
"""Street words that may follow the name: «Московское шоссе»; in «Кстово ул. Мира» the abbreviation looks forward."""
BEFORE_STREET = frozenset(("на", "по", "вдоль", "возле", "около", "угол", "углу", "перекресток", "перекрестке", "и"))
ADJECTIVE = re.compile(r"(?:ая|ое|ий|ый|ой)\Z")
HOUSE = re.compile(
    r"\s{0,2},?\s{0,2}(?:д\.?|дом|дома|доме)?\s{0,2}\d{1,3}(?!\d|-|\s{0,2}(?:год|лет|час|мин|июн|мая|сент|окт))"
)
LISTED = re.compile(r"\s?,|-\d")
SENTENCE_END = re.compile(r"[.!?\n]\s*\Z|\A\s*\Z")


@dataclass(frozen=True, slots=True)
class Mention:
    """Codes of the territories that a name may mean, the words of the text, and whether they name a street."""

    territories: tuple[str, ...]
    words: str
    street: bool


@dataclass(slots=True)
class Alias:
    words: list[str]
    street: bool
    territories: tuple[str, ...]


class Gazetteer:
    """Finds names of territories and streets in texts. Built from pairs (territory codes, name)."""

    def __init__(
        self, places: Iterable[tuple[tuple[str, ...], str]], streets: Iterable[tuple[tuple[str, ...], str]] = ()
    ):
        self._aliases: dict[str, list[Alias]] = {}
        self._begun: dict[str, list[Alias]] = {}
        self._nothing: set[str] = set()
        known: dict[tuple[str, bool], Alias] = {}
        for named, street in ((places, False), (streets, True)):
            for codes, name in named:
                words = WORD.findall(normalize(name))
                if not words:
                    continue
                same = known.get((" ".join(words), street))
                if same is not None:
                    same.territories = tuple(dict.fromkeys((*same.territories, *codes)))
                    continue
                alias = known[" ".join(words), street] = Alias(words, street, codes)
                self._aliases.setdefault(words[0][:PREFIX], []).append(alias)

    def begins(self, word: str) -> bool:
        """Whether some alias begins with a word."""
        return bool(self._begun.get(word) or (word not in self._nothing and self._begin(word)))

    def find(self, cleaned: str, names: Sequence[str]) -> Iterator[Mention]:
        """Mentions in a cleaned text given with its normalised words, in its order.

        Where several aliases begin at one word, the longest that stands as such a name does.
        """
        nothing = self._nothing
        spans: list[re.Match[str]] = []
        covered = 0
        for i in [i for i, name in enumerate(names) if name not in nothing]:
            if i < covered:
                continue
            name = names[i]
            begun = self._begun.get(name)
            if begun is None:
                begun = self._begin(name)
            fitting = [one for one in begun if _fits(names[i + 1 : i + len(one.words)], one.words[1:])]
            if not fitting:
                continue
            spans = spans or list(WORD.finditer(cleaned))
            found = next((one for one in fitting if _stands(one, cleaned, spans, names, i)), None)
            if found is not None:
                covered = i + len(found.words)
                yield Mention(found.territories, " ".join(match[0] for match in spans[i:covered]), found.street)

    def _begin(self, name: str) -> list[Alias]:
        """Aliases that begin with a word, the longest first; kept, since texts use the same words."""
        if len(self._begun) >= KEPT_WORDS:
            self._begun.clear()
            self._nothing.clear()
        begun = [one for one in self._aliases.get(name[:PREFIX], ()) if _same_word(name, one.words[0])]
        # Another thread may empty the store at any moment.
        self._begun[name] = begun = sorted(begun, key=lambda one: -len(one.words))
        if not begun:
            self._nothing.add(name)
        return begun


def _fits(names: Sequence[str], alias: Sequence[str]) -> bool:
    return len(names) == len(alias) and all(map(_same_word, names, alias))


def _same_word(name: str, alias: str) -> bool:
    name = DISTRICT_WORDS.get(name, name)
    if name == alias:
        return True
    return name[:PREFIX] == alias[:PREFIX] and (_same_stem(name, alias) or lemma(name) == lemma(alias))


def _same_stem(name: str, alias: str) -> bool:
    """Whether a word is an alias with another ending: dictionaries know few villages and guess wrong."""
    stem = alias.rstrip("аеиоыья")
    ending = name[len(stem) :]
    return len(stem) >= SHORTEST_STEM and name.startswith(stem) and 0 < len(ending) <= LONGEST_ENDING


def _stands(alias: Alias, cleaned: str, spans: Sequence[re.Match[str]], names: Sequence[str], i: int) -> bool:
    """Whether the words at i stand in the text as such a name does."""
    end = i + len(alias.words)
    before = names[i - 1] if i else ""
    if before and before not in STREET_WORDS and i > 1 and names[i - 2] in STREET_WORDS and len(before) == 1:
        before = names[i - 2]  # «ул. М. Горького»
    touches = end < len(names) and not cleaned[spans[end - 1].end() : spans[end].start()].strip()
    street = before in STREET_WORDS or (touches and names[end] in AFTER_NAME)
    street = street or not STREET_WORDS.isdisjoint(alias.words)
    numbered = HOUSE.match(cleaned, spans[end - 1].end()) is not None
    capital = cleaned[spans[i].start()].isupper()
    inside = not SENTENCE_END.search(cleaned[max(0, spans[i].start() - 5) : spans[i].start()])
    if alias.street:
        named = len(alias.words) > 1 or numbered or before in BEFORE_STREET
        return street or (numbered and before in BEFORE_STREET) or (capital and named)
    if before in SETTLEMENT_WORDS:
        return True
    if street or (numbered and ADJECTIVE.search(names[end - 1]) is not None):
        return False
    if len(alias.words) > 1:
        return True
    if not capital or (is_name(names[i]) and before and is_name(before)):
        return False
    # Every sentence begins with a capital: there a name is told by what follows it, or by being no other word.
    return inside or LISTED.match(cleaned, spans[i].end()) is not None or not is_common(names[i])
