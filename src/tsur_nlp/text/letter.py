"""A letter told apart: the author's own words, and what stands beside them: quotes, a greeting, set phrases of law.

Marks of each part are phrases of a table (`catalog/letter_markers.py`). A phrase is looked for only in a text that
holds one of its words, so most texts cost one look at their words. Repeats in patterns are bounded: linear time.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tsur_nlp.text.cleaning import clean_with_spans, normalize
from tsur_nlp.text.tokens import WORD, words_of_cleaned
from tsur_nlp.text.vectorized import read_many

Role = Literal["quote", "repost", "boilerplate", "signature", "greeting"]
Reach = Literal["phrase", "quoted", "sentence", "paragraph", "named", "below", "signature", "greeting"]
"""How far a part reaches from its phrase.

phrase: no further; quoted: to the end of a «…» after it; sentence: over its sentence; paragraph: from the start of its
line to the next empty line, or to the end of the line if words follow the phrase there; named: the same after
somebody's name («Иван Петров пишет:»); below: to the end of the text if its author speaks above, else a paragraph;
signature: to the end, or as far as an address; greeting: at the start of the text, to the end of its sentence."""
ROLES, REACHES = get_args(Role), get_args(Reach)

BEGUN_BY_PHRASE = frozenset(("phrase", "quoted", "sentence", "signature"))
NOT_READ = frozenset(("quote", "repost", "boilerplate", "signature"))
"""Parts that speak of no matter of the author's; a greeting is harmless and not worth the search."""
FEWEST_OWN = 3
"""Words of three letters and more. With fewer of one's own, the quote is what the message is about."""
LONGEST_SIGNATURE = 400
LONGEST_QUOTE = 20_000
GAP = r"[^\n]{0,120}?"
CLOSED_BY = {"«": "»", "„": "“", "“": "”", '"': '"'}
OPENS = "".join(CLOSED_BY)
QUOTED = rf"[^\n{OPENS}.!?]{{0,80}}:\s{{0,9}}[{OPENS}]"
LINE_START = r"^[ \t\-–—=*#]{0,40}"
ADDRESS = re.compile(
    r"\b(?:ул|улиц\w{1,3}|пр|просп\w*|пер|переул\w+|д|дом[аеу]?|г|гор|город\w{0,2}|пос|посел\w+|с|село|дер|деревн\w+"
    r"|мкр|микрорайон\w{0,2}|р-н|район\w{0,2}|жител\w+|жильц\w+|подъезд\w{0,2})\b"
)
"""Where a signature says who or where its author is: that is read."""
CITED = ">"
CITED_LINE = re.compile(r"^[ \t]*>[^\n]*", re.MULTILINE)
SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|\n")
EMPTY_LINE = re.compile(r"\n[ \t]*\n")
FULL_NAME = re.compile(r"\s*[А-ЯЁA-Z][\w-]+(?:\s+[А-ЯЁA-Z][\w-]*\.?){1,3}")
GREETING_END = re.compile(r"[.!?…]+|\n")


@dataclass(frozen=True, slots=True)
class Marker:
    """`words`: normalised, any of them makes the phrase worth looking for; in a phrase «*» is any ending, «…» a gap."""

    role: Role
    reach: Reach
    words: tuple[str, ...]
    phrase: str


@dataclass(frozen=True, slots=True)
class Part:
    """Characters [start, stop) of a text that are not plainly its author's own."""

    role: Role
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Read:
    """Texts read by blocks: `texts` cleaned, with blanks where the author does not speak, character for character;
    `words` of these; `only_quoted`: numbers of texts with next to no words of their own, which are left whole."""

    texts: list[str]
    words: list[list[str]]
    only_quoted: frozenset[int]


class LetterReader:
    """Tells texts apart by markers. Threads may share one."""

    def __init__(self, markers: Iterable[Marker]):
        self._by_word: dict[str, list[tuple[Marker, re.Pattern[str]]]] = defaultdict(list)
        for marker in markers:
            compiled = (marker, _pattern(marker))
            for word in marker.words:
                self._by_word[word].append(compiled)
        self._greets = frozenset(
            word for word, found in self._by_word.items() if all(marker.role == "greeting" for marker, _ in found)
        )
        self._worth_reading = frozenset(self._by_word) - self._greets

    def marks(self, word: str) -> bool:
        """Whether a text with this word may hold what is not its author's. So may any with CITED."""
        return word in self._worth_reading

    def read_many(self, texts: Sequence[str]) -> Read:
        """Texts cleaned and cut into words; quotes and set phrases are not words of theirs."""
        cleaned, words = read_many(texts)
        worth = [
            (row, found)
            for row, (text, found) in enumerate(zip(cleaned, words, strict=True))
            if CITED in text or not self._worth_reading.isdisjoint(found)
        ]
        changed, only_quoted = self.tell_apart(cleaned, worth)
        for row, own in changed.items():
            words[row] = own
        return Read(cleaned, words, frozenset(only_quoted))

    def tell_apart(
        self, texts: list[str], worth: Iterable[tuple[int, Sequence[str]]]
    ) -> tuple[dict[int, list[str]], list[int]]:
        """Put blanks, in cleaned texts, where others speak; the words left of each text that changed, by its row, and
        the rows with next to no words of their own, which stay whole.

        `worth`: rows worth reading (see `marks`), each with its words.
        """
        changed: dict[int, list[str]] = {}
        only_quoted = []
        for row, words in worth:
            own = self.own(texts[row], words)
            if own is None:
                only_quoted.append(row)
            elif own is not texts[row]:
                texts[row], changed[row] = own, words_of_cleaned(own)
        return changed, only_quoted

    def own(self, cleaned: str, words: Sequence[str]) -> str | None:
        """The text with blanks for all that is not its author's; None if that would leave next to nothing."""
        unread = [part for part in self.parts(cleaned, words) if part.role in NOT_READ]
        if not unread:
            return cleaned
        pieces: list[str] = []
        position = 0
        for part in unread:
            pieces += cleaned[position : part.start], re.sub(r"[^\n]", " ", cleaned[part.start : part.stop])
            position = part.stop
        own = "".join([*pieces, cleaned[position:]])
        quotes = any(part.role in ("quote", "repost") for part in unread)
        left = sum(len(word) >= 3 for word in words_of_cleaned(own))
        return None if left < FEWEST_OWN and quotes else own if left else cleaned

    def parts(self, cleaned: str, words: Sequence[str]) -> list[Part]:
        """What is not the author's own in a cleaned text of these words: in order, not overlapping."""
        found: list[Part] = []
        if CITED in cleaned:
            found += [Part("quote", *match.span()) for match in CITED_LINE.finditer(cleaned)]
        lowered = ""
        for word in dict.fromkeys(words):
            for marker, pattern in self._by_word.get(word, ()):
                lowered = lowered or normalize(cleaned)
                found += _found(marker, pattern, cleaned, lowered)
        found.sort(key=lambda part: (part.start, -part.stop))
        kept: list[Part] = []
        for part in found:
            start = max(part.start, kept[-1].stop if kept else 0)
            if start < part.stop:
                kept.append(Part(part.role, start, part.stop))
        return kept

    def parts_of(self, text: str) -> list[Part]:
        """The same of an original text, with spans into it."""
        cleaned = clean_with_spans(text)
        found = self.parts(cleaned.text, words_of_cleaned(cleaned.text))
        return [Part(part.role, *cleaned.span(part.start, part.stop)) for part in found]

    def word_spans(self, text: str) -> list[tuple[str, int, int]]:
        """The author's own words as `read_many` has them, each with its span in the original text."""
        cleaned = clean_with_spans(text)
        own = self.own(cleaned.text, words_of_cleaned(cleaned.text))
        read = normalize(cleaned.text if own is None else own)
        return [(match[0], *cleaned.span(*match.span())) for match in WORD.finditer(read)]


def _pattern(marker: Marker) -> re.Pattern[str]:
    parts = [_word(word) for word in marker.phrase.split()]
    phrase = r"\s+".join(parts).replace(rf"\s+{GAP}\s+", rf"\b{GAP}\b").replace(rf"{GAP}\s+", rf"{GAP}\b")
    match marker.reach:
        case "quoted":
            phrase = rf"\b{phrase}{QUOTED}"
        case "paragraph" | "below":
            phrase = rf"{LINE_START}{phrase}\b(?:[^\n:]{{0,80}}(?::|$))?"
        case "named":
            phrase = rf"^(?P<name>[^\n.!?:]{{2,60}}?)\s{phrase}\b[^\n:]{{0,20}}:"
        case "greeting":
            phrase = rf"\A\W{{0,20}}{phrase}"
        case _:
            phrase = rf"(?<!\w){phrase}(?!\w)"
    return re.compile(phrase, re.MULTILINE)


def _word(word: str) -> str:
    if word == "…":
        return GAP
    escaped = re.escape(word.rstrip("*"))
    return escaped + (r"\w{0,12}" if word.endswith("*") else "")


def _places(marker: Marker, pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches in a text; where a phrase begins a match, they are sought only where its first word stands."""
    if any(word.rstrip("*") not in text for word in marker.phrase.split() if word != "…"):
        return
    if marker.reach not in BEGUN_BY_PHRASE:
        yield from pattern.finditer(text)
        return
    opening = marker.phrase.split()[0].rstrip("*")
    at = text.find(opening)
    while at >= 0:
        found = pattern.match(text, at)
        if found:
            yield found
        at = text.find(opening, found.end() if found else at + 1)


def _found(marker: Marker, pattern: re.Pattern[str], cleaned: str, text: str) -> Iterable[Part]:
    """Parts of one marker; `text` is the cleaned text in lower case."""
    for match in _places(marker, pattern, text):
        start, stop = match.span()
        match marker.reach:
            case "quoted":
                stop = 1 + text.find(CLOSED_BY[text[stop - 1]], stop, stop + LONGEST_QUOTE)
            case "sentence":
                before = max(text.rfind(mark, 0, start) for mark in (". ", "! ", "? ", "\n"))
                start = before + 1
                stop = _end(SENTENCE_END, text, stop)
            case "named":
                if not FULL_NAME.fullmatch(cleaned, *match.span("name")) and not _ends_line(text, stop):
                    continue
                stop = _quote_end(text, stop) or _paragraph_end(text, stop)
            case "paragraph":
                stop = _paragraph_end(text, stop)
            case "below":
                stop = len(text) if WORD.search(text, 0, start) else _paragraph_end(text, stop)
            case "signature":
                if len(text) - stop > LONGEST_SIGNATURE:
                    continue
                address = ADDRESS.search(text, stop)
                stop = address.start() if address else len(text)
            case "greeting":
                stop = _end(GREETING_END, text, stop)
        if start < stop:
            yield Part(marker.role, start, stop)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    end = pattern.search(text, start)
    return end.end() if end else len(text)


def _quote_end(text: str, start: int) -> int:
    """Where a quotation that opens here ends, 0 if none does: what follows it are the author's own words again."""
    while start < len(text) and text[start] == " ":
        start += 1
    close = CLOSED_BY.get(text[start : start + 1])
    return 1 + text.find(close, start + 1, start + LONGEST_QUOTE) if close else 0


def _ends_line(text: str, start: int) -> bool:
    line = text.find("\n", start)
    return not text[start : len(text) if line < 0 else line].strip()


def _paragraph_end(text: str, start: int) -> int:
    """The end of the line if it goes on, else of the lines below as far as an empty one."""
    line = text.find("\n", start)
    if line < 0:
        return len(text)
    if text[start:line].strip():
        return line
    empty = EMPTY_LINE.search(text, line + 1)
    return empty.start() if empty else len(text)
