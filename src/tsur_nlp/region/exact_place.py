"""The exact place that a text names: street and house, a school by its number, any other name.

No table of places is asked, so that it works anywhere; where it lies, the locator tells.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import CatalogError
from tsur_nlp.region.kinds_of_place import AFTER_NAME, DISTRICT_WORDS, SETTLEMENT_WORDS, STREET_WORDS
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.morphology import is_common, is_name, lemma
from tsur_nlp.text.tokens import TOKEN

HOUSE_WORDS = frozenset(("д", "дом", "дома", "доме", "дому", "домом"))
NUMBER_SIGNS = frozenset(("№", "n", "номер", "."))
STREET_PREPOSITIONS = frozenset(("на", "по", "вдоль"))
ADJECTIVE = re.compile(r"[а-я-]{3,}(?:ая|ой|ую|ое|ого|ому|ом|ий|ый|ые|ых)")
SURNAME = re.compile(r"[а-я]{2,}(?:ского|цкого|ской|ова|ева|ина)")
"""«на Белинского», «Белинского, яма»: a street named after somebody, without the word for it."""
HOUSE = re.compile(r"\d{1,4}[а-я]?(?:[/к]\d{1,3}[а-я]?)?")
ORDINAL = re.compile(r"(\d+)-?[а-я]{1,3}")
SENTENCE_ENDS = frozenset(".!?…\n")
STREET_STEM, NAME_STEM = 7, 5
"""Letters by which streets and other names are recognised: «Сормово» and «Сормовский» are one name."""
VOWELS = "аеиоуыэюяйь"


@dataclass(frozen=True, slots=True)
class ExactPlace:
    """Stems of what a text names. `houses`: (street, house); `numbered`: (kind, number): («школа», «45»);
    `names`: whatever else has a name, the streets too; `shown`: the most exact of them as written."""

    streets: frozenset[str]
    houses: frozenset[tuple[str, str]]
    numbered: frozenset[tuple[str, str]]
    names: frozenset[str]
    shown: str = ""


@cache
def words_of(role: str) -> tuple[tuple[str, ...], ...]:
    """Rows of data/incident_words.csv of a role. Raises CatalogError."""
    table = read_reference(files("tsur_nlp") / "data" / "incident_words.csv", ("role", "words"), CatalogError)
    return tuple(record.words("words") for record in table if record["role"] == role)


@cache
def numbered_kinds() -> dict[str, str]:
    """Lemma of what is known by a number → the first word of its row."""
    return {word: row[0] for row in words_of("numbered") for word in row}


@cache
def units() -> frozenset[str]:
    """Words after which a number before them counts something."""
    return frozenset(word for row in words_of("unit") for word in row)


@lru_cache(maxsize=100_000)
def street_stem(word: str) -> str:
    """The beginning of a street's word that its forms share."""
    return lemma(word)[:STREET_STEM].rstrip(VOWELS)


@lru_cache(maxsize=100_000)
def name_stem(word: str) -> str:
    """The beginning of a name's word that its forms share."""
    return lemma(word)[:NAME_STEM].rstrip(VOWELS)


def exact_place(cleaned: str) -> ExactPlace:
    """What exact place a cleaned text names; time is linear in its length."""
    return _Reader(cleaned).place()


class _Reader:
    """Reads one cleaned text, token by token."""

    def __init__(self, cleaned: str):
        self._written = [match[0] for match in TOKEN.finditer(cleaned)]
        self._tokens = [normalize(token) for token in self._written]
        self._streets: dict[str, str] = {}
        self._houses: dict[tuple[str, str], str] = {}
        self._numbered: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}
        self._on: list[int] = []
        """Places of names after «на»: of streets, if a house is named."""
        self._homeless: list[str] = []
        """Houses named before their street: «в доме 5 по улице Мира»."""

    def place(self) -> ExactPlace:
        for i, token in enumerate(self._tokens):
            if token[0].isalpha():
                self._read(i, token)
        if self._homeless and not self._streets and len(self._on) == 1:
            self._add_street(self._on[0], "")
        if len(self._streets) == 1 and not self._houses:
            [(street, written)] = self._streets.items()
            self._houses.update({((street, house)): f"{written}, {house}" for house in self._homeless[:1]})
        shown = [*self._houses.values(), *self._numbered.values(), *self._streets.values(), *self._names.values()]
        names = frozenset(self._names) | {stem[:NAME_STEM].rstrip(VOWELS) for stem in self._streets}
        return ExactPlace(
            frozenset(self._streets), frozenset(self._houses), frozenset(self._numbered), names, next(iter(shown), "")
        )

    def _read(self, i: int, token: str) -> None:
        kind = numbered_kinds().get(lemma(token)) if len(token) > 2 else None
        if kind is not None:
            self._read_numbered(i, kind)
        elif token in STREET_WORDS:
            self._read_street(i, token)
        elif token in HOUSE_WORDS:
            number, _ = self._house_after(i)
            if number:
                self._homeless.append(number)
        elif self._is_named(i, token):
            number, _ = self._house_after(i)
            if number and (self._written[i][0].isupper() or is_name(token)):
                self._add_street(i, number)
            else:
                if self._token(i - 1) in STREET_PREPOSITIONS:
                    self._on.append(i)
                self._names.setdefault(name_stem(token), self._written[i].capitalize())
        elif self._stands_for_street(i, token):
            number, said = self._house_after(i)
            if number and (said or self._written[i][0].isupper() or not is_common(token)):
                self._add_street(i, number)

    def _read_numbered(self, i: int, kind: str) -> None:
        at = i + 1
        while at < len(self._tokens) and self._tokens[at] in NUMBER_SIGNS:
            at += 1
        number = self._number(at)
        if number is None and i and (before := self._number(i - 1, counts=False)):
            number = before
        if number is not None:
            self._numbered[kind, number] = f"{kind} {number}"

    def _read_street(self, i: int, word: str) -> None:
        at = i + 2 if self._token(i + 1) == "." else i + 1
        ahead, behind = self._token(at), self._token(i - 1)
        capital = at < len(self._written) and self._written[at][0].isupper()
        abbreviated = word not in AFTER_NAME
        if ahead[:1].isalpha() and capital and ahead not in HOUSE_WORDS:
            self._add_street(at, self._house_after(at)[0])
        elif ADJECTIVE.fullmatch(behind):
            self._add_street(i - 1, self._house_after(at - 1)[0])
        elif ahead[:1].isalpha() and len(ahead) > 2 and (abbreviated or is_name(ahead)):
            self._add_street(at, self._house_after(at)[0])

    def _add_street(self, at: int, house: str) -> None:
        stem = street_stem(self._tokens[at])
        written = self._written[at][:1].upper() + self._written[at][1:]
        self._streets.setdefault(stem, written)
        if house:
            self._houses.setdefault((stem, house), f"{written}, {house}")

    def _house_after(self, at: int) -> tuple[str, bool]:
        """The number of a house right after a token, and whether a word says that it is one."""
        at, said = at + 1, False
        # «Бекетова, д. 13», «Бекетова (дом № 13)»
        for _ in range(5):
            if self._token(at) in HOUSE_WORDS:
                said = True
            elif self._token(at) not in (",", "(", ".", "№") or (self._token(at) == "." and not said):
                break
            at += 1
        number = self._token(at)
        if not HOUSE.fullmatch(number) or (self._token(at + 1) in units() and not said):
            return "", said
        return number, said

    def _number(self, at: int, counts: bool = True) -> str | None:
        """The number at a place, unless it counts what follows."""
        token = self._token(at)
        found = ORDINAL.fullmatch(token)
        if not token.isdigit() and not found:
            return None
        return None if counts and self._token(at + 1) in units() else (found[1] if found else token)

    def _is_named(self, i: int, token: str) -> bool:
        """Whether a word is the name of something, of a place most likely."""
        if len(token) < 3 or token in SETTLEMENT_WORDS or token in DISTRICT_WORDS:
            return False
        begins = i == 0 or self._token(i - 1) in SENTENCE_ENDS
        if SURNAME.fullmatch(token) and (self._token(i - 1) == "на" or (begins and self._token(i + 1) in (",", ":"))):
            return not token.endswith("ской") or self._written[i][0].isupper()
        if not self._written[i][0].isupper():
            return is_name(token)
        if not is_common(token):
            return not self._written[i].isupper() or len(self._tokens) < 5 or is_name(token)
        return not begins and not self._written[i].isupper()

    def _stands_for_street(self, i: int, token: str) -> bool:
        """«на Культуры, 12», «Горная, 5», «Коминтерна 160»: words of the language that a number may make a street."""
        if len(token) < 4:
            return False
        oblique = self._written[i][0].isupper() and lemma(token) != token
        return oblique or self._token(i - 1) in STREET_PREPOSITIONS or bool(ADJECTIVE.fullmatch(token))

    def _token(self, at: int) -> str:
        return self._tokens[at] if 0 <= at < len(self._tokens) else ""
