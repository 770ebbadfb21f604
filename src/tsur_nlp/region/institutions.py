"""Institutions named in a text: «школа № 45», «в 45-й школе», «детсад «Солнышко»», «больница имени Семашко».

A number or a name means something only beside a word for the kind of institution: numbers alone are houses.
Names are found by the most distinctive word, so thousands of «детский сад …» cost a text no more than ten.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tsur_nlp.catalog.topics import InstitutionKind
from tsur_nlp.region.names import Name, NameIndex, place_forms
from tsur_nlp.region.reading import Reading
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.labels import label_key
from tsur_nlp.text.tokens import WORD

ENDINGS = "(?:ами|ями|ого|ому|ой|ою|ом|ем|ей|ах|ях|ам|ям|ов|ую|ая|ый|ий|ии|ию|ия|ею|а|у|е|о|ы|и|ю|я|й|ь)?"
ENDS_IN_VOWEL = re.compile(r"(?:ая|ий|ый|ия|[аеиоуыюяйь])\Z")
CASE_ENDING = re.compile(r"(?:ами|ями|ого|ому|ой|ом|ем|ах|ую)\Z")
QUOTES = re.compile(r"[«»\"„“”]")
ORDINAL = r"(?:-?(?:й|я|ая|ой|ую|ом|ым|м|го|ого|му|ей))"
NUMBER = re.compile(r"\d(?<![^\Wn]\d)\d{0,2}(?!\d)")
"""Not within a word; «№5» may be written «n5»."""
QUOTED = re.compile(r"[«\"„“](?P<name>[^«»\"„“”\n]{2,60})[»\"“”]")
IN_NAME = re.compile(r"\s*(?:№|n)?\s*(?P<number>\d{1,3})(?!\d)\s*")
MEASURE = re.compile(r"\w|\s{0,2}(?:год|лет|час|мин|дн[яе]|раз|класс|этаж|человек|руб|месяц|недел|тыс|%)")
"""What shows that a number after «школа» counts something else."""
LONGEST_ABBREVIATION = 2
LOOK_BACK = 40
"""Characters before a number or a name in which the kind of institution is looked for."""
SIGN = r"\s{0,3}(?:№|n|номер\w{0,2})?\s{0,3}"


@dataclass(frozen=True, slots=True)
class Named:
    """An institution as a text names it: the code of its kind, its number or name (one of them), and the words.

    `known`: codes of the institutions of just this name.
    """

    kind: str
    number: str
    name: str
    words: str
    known: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class InstitutionName(Name):
    """Who is called so. `number`: a number that must stand in the text too."""

    codes: tuple[str, ...] = ()
    number: str = ""


@dataclass(slots=True, eq=False)
class KindName(Name):
    """A word for a kind of institution: what stands around it may be a number or a name."""


class Institutions:
    """Finds institutions in texts. Built from the kinds and (code, kind, number, names) of the known ones."""

    def __init__(
        self,
        kinds: Mapping[str, InstitutionKind],
        known: Iterable[tuple[str, str, str, tuple[str, ...]]],
    ):
        # A longer phrase first: «детская больница» before «больница».
        phrases = [(code, word) for code, kind in kinds.items() for word in kind.words]
        self._kind_of = sorted(phrases, key=lambda pair: -len(pair[1]))
        word = _any_form(phrase for _, phrase in self._kind_of)
        self._before = re.compile(rf"(?<!\w)(?P<kind>{word})(?:{SIGN}|\s{{1,3}}[«\"„“])\Z")
        self._after = re.compile(rf"{ORDINAL}\s{{1,3}}(?P<kind>{word})(?!\w)")
        self._leads = re.compile(rf"(?:{word})\s")
        self._by_number: dict[tuple[str, str], list[str]] = {}
        self._by_core: dict[tuple[str, str], list[str]] = {}
        names: dict[tuple[tuple[str, ...], str], InstitutionName] = {}
        for code, kind, number, called in known:
            if number:
                self._by_number.setdefault((kind, number), []).append(code)
            for name in called:
                self._call(code, kind, name, names)
        kind_names = {tuple(WORD.findall(normalize(phrase))) for _, phrase in phrases}
        self._index = NameIndex(
            [*names.values(), *(KindName(words, place_forms(words)) for words in sorted(kind_names) if words)]
        )
        self._kind = lru_cache(maxsize=10_000)(self._kind_called)

    def _call(self, code: str, kind: str, name: str, names: dict[tuple[tuple[str, ...], str], InstitutionName]) -> None:
        """Index a name: by its words, and what follows the kind by the kind."""
        key = QUOTES.sub(" ", label_key(name))
        match = IN_NAME.search(key)
        number = match["number"].lstrip("0") if match else ""
        bare = " ".join((key[: match.start()] + " " + key[match.end() :]).split()) if match else " ".join(key.split())
        led = self._leads.match(bare + " ")
        core = bare[led.end() :].strip() if led else bare
        if number and not core:
            self._by_number.setdefault((kind, number), []).append(code)
            return
        if core and core != bare:
            self._by_core.setdefault((kind, _form_key(core)), []).append(code)
        words = tuple(WORD.findall(bare))
        if words:
            found = names.setdefault((words, number), InstitutionName(words, place_forms(words), number=number))
            found.codes = tuple(dict.fromkeys((*found.codes, code)))

    def tells(self, word: str) -> bool:
        """Whether a word may stand in the name of an institution."""
        return bool(self._index.met[word])

    def find(self, cleaned: str, words: Sequence[str], told: Sequence[int] | None = None) -> Iterator[Named]:
        """Institutions named in a cleaned text, given with its normalised words. `told`: see `NameIndex.find`."""
        hits = self._index.find(words, told)
        if not hits:
            return
        if any(isinstance(name, InstitutionName) for _, _, name in hits):
            reading = Reading(cleaned, words)
            covered = 0
            for start, end, name in hits:
                if start >= covered and isinstance(name, InstitutionName):
                    said = reading.from_to(start, end)
                    near = said + cleaned[reading.span(end - 1)[1] :][: len(" № 999")]
                    if not name.number or re.search(rf"(?<!\d){name.number}(?!\d)", near):
                        covered = end
                        yield Named("", "", " ".join(name.words), said, name.codes)
        if any(isinstance(name, KindName) for _, _, name in hits):
            yield from self._beside_kinds(cleaned)

    def _beside_kinds(self, cleaned: str) -> Iterator[Named]:
        """Numbers and quoted names beside a word for a kind."""
        lowered = normalize(cleaned)
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
        if named.known:
            return list(named.known)
        if named.number:
            return self._by_number.get((named.kind, named.number), [])
        return self._by_core.get((named.kind, _form_key(named.name)), [])

    def _kind_called(self, word: str) -> str:
        return next(code for code, phrase in self._kind_of if re.fullmatch(_any_form([phrase]), word))


def _stem(word: str) -> tuple[str, bool]:
    """What all forms of a word begin with, and whether it is the whole word.

    Short words and abbreviations have few forms, and a stem of two letters would meet anything.
    """
    stem = ENDS_IN_VOWEL.sub("", word)
    return (stem, False) if len(stem) > LONGEST_ABBREVIATION else (word, True)


def _any_form(phrases: Iterable[str]) -> str:
    """A pattern of phrases in any case and number. Each word gets one optional ending: practically no backtracking."""
    return "|".join(r"\s{1,3}".join(_form(word) for word in label_key(phrase).split()) for phrase in phrases)


def _form(word: str) -> str:
    stem, whole = _stem(word)
    return re.escape(stem) if whole else re.escape(stem) + ENDINGS


def _form_key(name: str) -> str:
    """A name without quotes and the endings of its words, so that «больнице Семашко» is «больница Семашко»."""
    words = QUOTES.sub(" ", label_key(name)).split()
    return " ".join(ENDS_IN_VOWEL.sub("", CASE_ENDING.sub("", word)) for word in words)
