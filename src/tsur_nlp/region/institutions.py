"""Institutions named in a text: «школа № 45», «в 45-й школе», «детсад «Солнышко»», «больница имени Семашко».

A number or a name means something only beside a word for the kind of institution: numbers alone are houses.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from tsur_nlp.catalog.topics import InstitutionKind
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.labels import label_key
from tsur_nlp.text.tokens import WORD

ENDINGS = "(?:ами|ями|ого|ому|ой|ою|ом|ем|ей|ах|ях|ам|ям|ов|ую|ая|ый|ий|ии|ию|ия|ею|а|у|е|о|ы|и|ю|я|й|ь)?"
ENDS_IN_VOWEL = re.compile(r"(?:ая|ий|ый|ия|[аеиоуыюяйь])\Z")
CASE_ENDING = re.compile(r"(?:ами|ями|ого|ому|ой|ом|ем|ах|ую)\Z")
QUOTES = re.compile(r"[«»\"„“”]")
ORDINAL = r"(?:-?(?:й|я|ая|ой|ую|ом|ым|м|го|ого|му|ей))"
NUMBER = re.compile(r"(?<![\w№#])\d{1,3}(?!\d)|(?<=[№#n])\d{1,3}(?!\d)")
QUOTED = re.compile(r"[«\"„“](?P<name>[^«»\"„“”\n]{2,60})[»\"“”]")
MEASURE = re.compile(r"\w|\s{0,2}(?:год|лет|час|мин|дн[яе]|раз|класс|этаж|человек|руб|месяц|недел|тыс|%)")
"""What shows that a number after «школа» counts something else."""
LONGEST_ABBREVIATION = 2
LOOK_BACK = 40
"""Characters before a number or a name in which the kind of institution is looked for."""
SIGN = r"\s{0,3}(?:№|n|номер\w{0,2})?\s{0,3}"


@dataclass(frozen=True, slots=True)
class Named:
    """An institution as a text names it: the code of its kind, its number or name (one of them), and the words."""

    kind: str
    number: str
    name: str
    words: str


class Institutions:
    """Finds institutions in texts. Built from the kinds and (code, kind, number, names) of the known ones."""

    def __init__(
        self,
        kinds: Mapping[str, InstitutionKind],
        known: Iterable[tuple[str, str, str, tuple[str, ...]]],
    ):
        phrases = [(code, word) for code, kind in kinds.items() for word in kind.words]
        # A longer phrase first: «детская больница» before «больница».
        self._kind_of = sorted(phrases, key=lambda pair: -len(pair[1]))
        word = _any_form(phrase for _, phrase in self._kind_of)
        self._before = re.compile(rf"(?<!\w)(?P<kind>{word})(?:{SIGN}|\s{{1,3}}[«\"„“])\Z")
        self._after = re.compile(rf"{ORDINAL}\s{{1,3}}(?P<kind>{word})(?!\w)")
        self._by_number: dict[tuple[str, str], list[str]] = {}
        self._by_name: dict[str, list[str]] = {}
        forms: list[str] = []
        for code, kind, number, names in known:
            if number:
                self._by_number.setdefault((kind, number), []).append(code)
            for name in names:
                self._by_name.setdefault(_form_key(name), []).append(code)
                forms.append(name)
        # Names by their beginnings: a pattern of all names would be tried at every word of every text.
        self._names = [
            (needle, tuple(form for form in forms if label_key(form).startswith(needle))) for needle in _needles(forms)
        ]
        # A phrase is looked for only where its longest word is: «дом» stands in every other text, «культуры» does not.
        telling = [
            _stem(max(WORD.findall(normalize(phrase)), key=len)) for phrase in (*forms, *(word for _, word in phrases))
        ]
        self._whole = frozenset(stem for stem, whole in telling if whole)
        self._stems = tuple(stem for stem, whole in telling if not whole)
        # Texts use the same words again and again.
        self.tells = lru_cache(maxsize=100_000)(self._tells_of_one)
        self._kind = lru_cache(maxsize=10_000)(self._kind_called)

    def _tells_of_one(self, word: str) -> bool:
        return any(part in self._whole or part.startswith(self._stems) for part in word.split("-"))

    def find(self, cleaned: str, words: Sequence[str]) -> Iterator[Named]:
        """Institutions named in a cleaned text, given with its normalised words."""
        if not any(map(self.tells, words)):
            return
        lowered = cleaned.lower().replace("ё", "е")
        for needle, names in self._names:
            at = lowered.find(needle)
            while at >= 0:
                match = _one_of(names).match(lowered, at) if at == 0 or not lowered[at - 1].isalnum() else None
                if match:
                    yield Named("", "", match[0], cleaned[at : match.end()])
                at = lowered.find(needle, at + len(needle))
        for match in NUMBER.finditer(lowered):
            before = self._kind_before(lowered, match.start())
            after = None if before else self._after.match(lowered, match.end())
            if found := before or after:
                start, end = min(match.start(), found.start()), max(match.end(), found.end())
                if after or not MEASURE.match(lowered, end):
                    words = " ".join(cleaned[start:end].split())
                    yield Named(self._kind(found["kind"]), match[0].lstrip("0"), "", words)
        for match in QUOTED.finditer(lowered):
            if found := self._kind_before(lowered, match.start("name")):
                words = " ".join(cleaned[found.start() : match.end()].split())
                yield Named(self._kind(found["kind"]), "", match["name"], words)

    def _kind_before(self, lowered: str, at: int) -> re.Match[str] | None:
        """A word for a kind of institution that ends at a place of a text."""
        return self._before.search(lowered, max(0, at - LOOK_BACK), at)

    def codes(self, named: Named) -> list[str]:
        """Codes of the known institutions it may be, wherever they are."""
        if named.number:
            return self._by_number.get((named.kind, named.number), [])
        return self._by_name.get(_form_key(named.name), []) or self._by_name.get(_form_key(named.words), [])

    def _kind_called(self, word: str) -> str:
        return next(code for code, phrase in self._kind_of if re.fullmatch(_any_form([phrase]), word))


@cache
def _one_of(names: tuple[str, ...]) -> re.Pattern[str]:
    """Any of some names, the longest first. Compiled when a text first begins like one: there are many."""
    return re.compile(rf"(?:{_any_form(sorted(names, key=len, reverse=True))})(?!\w)")


def _stem(word: str) -> tuple[str, bool]:
    """What all forms of a word begin with, and whether it is the whole word.

    Short words and abbreviations have few forms, and a stem of two letters would meet anything.
    """
    stem = ENDS_IN_VOWEL.sub("", word)
    return (stem, False) if len(stem) > LONGEST_ABBREVIATION else (word, True)


def _needles(phrases: Iterable[str]) -> tuple[str, ...]:
    """Beginnings without which no phrase can be met: their absence is cheap to see."""
    beginnings = {ENDS_IN_VOWEL.sub("", label_key(phrase).split()[0]) for phrase in phrases}
    shortest = sorted(beginnings, key=len)
    return tuple(one for i, one in enumerate(shortest) if not any(one.startswith(other) for other in shortest[:i]))


def _any_form(phrases: Iterable[str]) -> str:
    """A pattern of phrases in any case and number. Each word gets one optional ending: no backtracking to speak of."""
    return "|".join(r"\s{1,3}".join(_form(word) for word in label_key(phrase).split()) for phrase in phrases)


def _form(word: str) -> str:
    stem, whole = _stem(word)
    return re.escape(stem) if whole else re.escape(stem) + ENDINGS


def _form_key(name: str) -> str:
    """A name without quotes and the endings of its words, so that «больнице Семашко» is «больница Семашко»."""
    words = QUOTES.sub(" ", label_key(name)).split()
    return " ".join(ENDS_IN_VOWEL.sub("", CASE_ENDING.sub("", word)) for word in words)
