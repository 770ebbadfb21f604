"""Names of people: given name, patronymic, surname, initials, in any order and case.

Every word gets a letter of what it may be, and patterns are looked for in the row of letters:

    G given name      g the same, also a usual word or a short name     r in small letters
    P patronymic      q in small letters
    S surname         w the same, also a usual word or a place          s only ends like one
    I one initial     J two         U any other word with a capital beside initials
    C any other word with a capital     x any other word     | more than a blank between two words

The row is as long as the text has words, so the time is linear.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tsur_nlp.privacy import name_tables as tables
from tsur_nlp.privacy.spans import Span
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.morphology import is_common, lemma
from tsur_nlp.text.tokens import LETTER

PIECE = re.compile(rf"(?P<two>(?<!\w)[А-ЯЁ]\.\s?[А-ЯЁ](?:\.|(?!\w)))|(?P<one>(?<!\w)[А-ЯЁ]\.)|{LETTER}+(?:-{LETTER}+)*")
BLANK = re.compile(r"[^\S\n]{0,3}|\n")

PATTERNS = (
    "[Sws]?[Ggr][Pq][Sws]?",
    "[Sws][Gg]P?",
    "[Gg][Sws]",
    "SP",
    "[SwsU]J",
    "J[SwsU]",
    "[Sws]I(?![SwsUCGg])",
    "I[Ss]",
    "P",
    "[GgSws]",
)
NAMED = re.compile("|".join(PATTERNS))
PLACE_BEFORE = frozenset(
    ("на", "по", "в", "во", "из", "до", "с", "со", "через", "вдоль", "возле", "около", "между", "за", "угол", "от")
)
HOUSE_FOLLOWS = re.compile(
    r"\s{0,2},?\s{0,2}(?:д\.?|дом|дома)?\s{0,2}\d{1,3}(?!\d|\.\d|[\s(–-]{1,3}\d{2}|\s\w+\s\d{4})"
)
STREET_FOLLOWS = re.compile(
    r"\s{1,2}(?:ул(?:иц|\.)|пр-т|просп|переул|пер\.|шоссе|бульвар|площад|сквер|парк|пруд|озер|овраг|лес(?!\w))",
    re.IGNORECASE,
)
STREETS_NEAR = re.compile(
    r"(?<!\w)(?:улиц|ул\.|ул\s|пересеч|перекр[её]ст|уг(?:ол|лу)|остановк|конечк|маршрут|проспект|шоссе|площад|бульвар|парк"
    r"|дом[ау]?(?!\w)|сторону|дорог|участк(?:е|у|ов)(?!\w)|дублер)",
    re.IGNORECASE,
)
"""Words near which a surname alone is a street's, a stop's or a house's name."""
NEAR = 45
CAPITAL_FOLLOWS = re.compile(r"\s[А-ЯЁ][а-яё]")
ADJECTIVE = re.compile(r"(?:ой|ый|ого|ому|ым|ом|ая|ую)\Z")
PLURAL = re.compile(r"(?:ы|ых|ыми|их|ими)\Z")
QUOTES = {"«": "»", '"': '"', "“": "”", "„": "“"}


AFTER_ABBREVIATION = re.compile(r"[\s.«\"]{0,4}")
AFTER_ROLE = re.compile(r"[\s.,:–—-]{0,4}")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: where it stands, and in small letters."""

    start: int
    stop: int
    norm: str


NOTHING = Word(0, 0, "")


@dataclass(frozen=True)
class FullName:
    """Names of people, by tables of names and by what stands beside them."""

    kind: str = "name"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        row, words = _row(text)
        for match in NAMED.finditer(row):
            first, last = match.start(), match.end() - 1
            if "q" in match[0]:
                first -= _surname_like(row, words, first - 1)
                last += _surname_like(row, words, last + 1)
            if _is_person(text, match[0], words, first, last):
                yield Span(words[first].start, words[last].stop, self.kind)


def _surname_like(row: str, words: Sequence[Word], at: int) -> bool:
    """Whether a word in small letters, beside a given name and a patronymic, is their surname."""
    if not 0 <= at < len(row) or row[at] != "x":
        return False
    norm = words[at].norm
    return tables.surname(norm) is not None or (tables.SHAPE.match(norm) is not None and not is_common(norm))


def _is_person(text: str, letters: str, words: Sequence[Word], first: int, last: int) -> bool:
    start, stop = words[first].start, words[last].stop
    before = words[first - 2 if first > 1 and words[first - 1].norm == "|" else first - 1] if first else NOTHING
    gap = text[before.stop : start]
    says = _says(before.norm)
    at_place = _at_place(text, stop)
    if _quoted(text, start, stop):
        return False
    # «Директор школы Лапшина Ольга»: what is named after a person has the surname last; «с» is a village with a stop.
    surname_first = len(letters) > 1 and letters[0] in "Sws" and letters[1] in "Gg"
    named_after = says == "место" and AFTER_ABBREVIATION.fullmatch(gap) and (before.norm != "с" or "." in gap)
    if named_after and not surname_first:
        return False
    after_role = says == "человек" and AFTER_ROLE.fullmatch(gap) is not None
    place_before = before.norm in PLACE_BEFORE and not gap.strip()
    if "P" in letters or "q" in letters:
        return len(letters) > 1 or not (at_place or place_before)
    if len(letters) == 1:
        return _one_word(text, letters, words[first], after_role, at_place or place_before)
    if letters.startswith("I") and PLURAL.search(words[last].norm):
        return False
    # Streets put initials before a surname, and people after it as well.
    street = not letters.endswith("J") and any(tables.names_a_street(words[at].norm) for at in (first, last))
    if street:
        return after_role
    # «Ивана Петрова, 8» at the beginning is a street; «Иванов Пётр, 8 …» is a person: streets name the name first.
    return after_role or not (at_place and (place_before or (before is NOTHING and letters[0] in "Gg")))


def _one_word(text: str, letter: str, word: Word, after_role: bool, place: bool) -> bool:
    adjective = ADJECTIVE.search(word.norm) and not tables.WITH_OV.match(word.norm)
    if letter != "G" and (adjective or tables.WITH_SK.match(word.norm) or PLURAL.search(word.norm)):
        # «Глава Ленинского района» names no Ленинский, «дом Лихачевых» no one who lives.
        return False
    if letter != "G" and STREETS_NEAR.search(text, max(0, word.start - NEAR), word.start):
        return False
    if after_role:
        return letter != "w" or tables.WITH_OV.match(word.norm) is not None
    if letter not in "GS" or place or "-" in word.norm or text[word.start : word.stop].isupper():
        return False
    if letter == "S" and CAPITAL_FOLLOWS.match(text, word.stop):
        return False
    return not tables.names_a_street(word.norm) and (letter == "G" or _inside(text, word.start))


def _row(text: str) -> tuple[str, list[Word]]:
    """Letters of the words of a text, and the words."""
    letters: list[str] = []
    words: list[Word] = []
    stop = 0
    for match in PIECE.finditer(text):
        if words and BLANK.fullmatch(text, stop, match.start()) is None:
            letters.append("|")
            words.append(Word(stop, match.start(), "|"))
        norm = normalize(match[0])
        letters.append("J" if match["two"] else "I" if match["one"] else _letter(match[0], norm))
        words.append(Word(*match.span(), norm))
        stop = match.end()
    for i, letter in enumerate(letters):
        if letter == "C" and letters[i + 1 : i + 2] == ["P"] and not is_common(words[i].norm):
            # «Нарине Ашотовна»: a rare name before a patronymic.
            letters[i] = "G"
        elif letter == "C" and "J" in letters[max(0, i - 1) : i + 2]:
            norm = words[i].norm
            letters[i] = "U" if len(norm) > 2 and not is_common(norm) else "C"
    return "".join(letters), words


def _letter(word: str, norm: str) -> str:
    if len(norm) < 2:
        return "x"
    capital = word[0].isupper()
    if norm in tables.patronymics():
        return "P" if capital else "q"
    if capital and tables.PATRONYMIC.match(norm) and tables.surname(norm) is None and not is_common(norm):
        return "P"
    weak = tables.given_names().get(norm)
    if weak is not None:
        return "r" if not capital else "g" if weak else "G"
    if not capital:
        return "x"
    last = norm.rpartition("-")[2]
    says = tables.surname(last)
    if says is not None:
        return "w" if says else "S"
    return "s" if tables.SHAPE.match(last) and not is_common(norm) else "C"


def _says(before: str) -> str:
    """What the word before a name tells of it."""
    around = tables.words_around()
    return around.get(before) or around.get(lemma(before), "")


def _at_place(text: str, stop: int) -> bool:
    """Whether a house number or a word for a street follows."""
    return HOUSE_FOLLOWS.match(text, stop) is not None or STREET_FOLLOWS.match(text, stop) is not None


def _quoted(text: str, start: int, stop: int) -> bool:
    return start > 0 and QUOTES.get(text[start - 1]) == text[stop : stop + 1] != ""


def _inside(text: str, start: int) -> bool:
    """Whether a word stands inside a sentence: where one begins, every word has a capital."""
    head = text[max(0, start - 4) : start].rstrip(' \t«"(')
    return bool(head) and head[-1] not in ".!?\n…>;_"


FULL_NAME = FullName()
