"""Names of places and streets, indexed by the most distinctive word, in whatever case."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from tsur_nlp.region.inflection import EXACT, GENITIVES, MASCULINE, PLURAL, Form, forms, splits
from tsur_nlp.region.kinds_of_place import SETTLEMENT_WORDS, SHORTENED, STREET_WORDS
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.tokens import WORD

OF_DISTRICTS = MASCULINE | PLURAL
SHORT = 3
"""Letters of words that stand in every other text: «лет», «им»."""
KEPT_WORDS = 100_000
"""Words whose names are kept; more are looked up again, so memory is bounded."""


@dataclass(slots=True, eq=False)
class Name:
    """A name of one or more words. `telling`: the position of the word by which it is found."""

    words: tuple[str, ...]
    forms: tuple[tuple[Form, ...], ...]
    telling: int = 0

    def fits(self, words: Sequence[str], start: int) -> bool:
        """Whether it stands at a place of a text, its distinctive word having been seen already."""
        if start < 0 or start + len(self.forms) > len(words):
            return False
        for at, of_word in enumerate(self.forms, start):
            if at - start != self.telling:
                word = SHORTENED.get(words[at], words[at])
                for stem, endings in of_word:
                    if word.startswith(stem) and word[len(stem) :] in endings:
                        break
                else:
                    return False
        return True


@dataclass(slots=True, eq=False)
class PlaceName(Name):
    """Who is called so: territories, settlements (kind in the table, territory), cities elsewhere (region, support).

    `subject`: the whole region of that title, if the name is of one.
    """

    codes: tuple[str, ...] = ()
    settlements: list[tuple[str, str]] = field(default_factory=list)
    cities: list[tuple[str, str]] = field(default_factory=list)
    subject: str = ""


@dataclass(slots=True, eq=False)
class DistrictName(Name):
    """An adjective before «район» and its like. `own`: (kind of district, territory); `titles`: regions elsewhere."""

    own: list[tuple[str, str]] = field(default_factory=list)
    titles: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class StreetName(Name):
    """A street without the word for its kind. `variants`: (kind or "", territories)."""

    variants: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class DistrictWord(Name):
    """«район» itself: what stands before it may be a district nobody knows."""


@dataclass(slots=True, eq=False)
class RoadWord(Name):
    """A word that the name of a road may begin with: «трасса», «М»."""


Hit = tuple[int, int, Name]
"""The first word of a text, the word after the last, and the name that may stand there."""


class _Met(dict[str, tuple[Name, ...]]):
    """Word → names that it tells. A word is looked up once, while there is room."""

    def __init__(self, index: "NameIndex"):
        self._index = index

    def __missing__(self, word: str) -> tuple[Name, ...]:
        found = tuple(self._index.look_up(word))
        if len(self) < KEPT_WORDS:
            self[word] = found
        return found


class NameIndex:
    """Finds where names may stand in a text. Its time does not depend on how many names there are."""

    def __init__(self, names: Iterable[Name]):
        names = list(names)
        count = Counter(chain.from_iterable([name.words for name in names]))
        self._stems: dict[str, list[tuple[frozenset[str], Name]]] = {}
        for name in names:
            if len(name.words) > 1:
                name.telling = min(range(len(name.words)), key=lambda at: _told_by(name.words[at], count))
            for form in name.forms[name.telling]:
                self._stems.setdefault(form.stem, []).append((form.endings, name))
        self.met = _Met(self)

    def look_up(self, word: str) -> Iterator[Name]:
        """Names whose telling word it may be."""
        for stem, ending in splits(word):
            for endings, name in self._stems.get(stem, ()):
                if ending in endings:
                    yield name

    def find(self, words: Sequence[str], told: Sequence[int] | None = None) -> list[Hit]:
        """What may stand in a text, in its order, the longest first.

        `told`: places of the words that tell of names, if somebody has looked them up.
        """
        met = self.met
        found: list[Hit] = []
        if told is None:
            told = [at for at, names in enumerate(map(met.__getitem__, words)) if names]
        for at in told:
            for name in met[words[at]]:
                start = at - name.telling
                if len(name.forms) == 1 or name.fits(words, start):
                    found.append((start, start + len(name.forms), name))
        if len(found) > 1:
            found.sort(key=lambda hit: (hit[0], -hit[1]))
        return found


def _told_by(word: str, count: Counter[str]) -> tuple[bool, int, int]:
    """The less, the more a word tells: one that few names have and that texts seldom use for something else."""
    usual = len(word) <= SHORT or word in SETTLEMENT_WORDS or word in STREET_WORDS
    return usual, count[word], -len(word)


def words_of(name: str) -> tuple[str, ...]:
    """Words of a name, abbreviations written out."""
    return tuple(SHORTENED.get(word, word) for word in WORD.findall(normalize(name)))


def place_forms(words: Sequence[str], fixed: bool = False) -> tuple[tuple[Form, ...], ...]:
    """Forms of each word of a place's name; `fixed`: the name does not decline."""
    return tuple(forms(word, fixed) for word in words)


def district_forms(stem: str) -> tuple[tuple[Form, ...], ...]:
    """Forms of the adjective that names a district: «Борский», «Борского»."""
    return ((Form(stem, OF_DISTRICTS),),)


def street_parts(name: str) -> tuple[str, tuple[str, ...]]:
    """The kind of a street, if its name says it, and the words of the name proper."""
    kind, words = "", []
    for word in words_of(name):
        if word in STREET_WORDS and not kind:
            kind = STREET_WORDS[word]
        else:
            words.append(word)
    return kind, tuple(words)


def street_forms(words: Sequence[str]) -> tuple[tuple[Form, ...], ...]:
    """Forms of each word of a street's name; a genitive («Горького») stays as it is."""
    return tuple((Form(word, EXACT),) if word.endswith(GENITIVES) else forms(word) for word in words)
