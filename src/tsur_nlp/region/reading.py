"""A text with its words and their spans: what stands around a name."""

import re
from collections.abc import Sequence

from tsur_nlp.text.tokens import WORD

SENTENCE_END = re.compile(r"[.!?\n]\s*\Z|\A\s*\Z")
HOUSE = re.compile(
    r"\s{0,2},?\s{0,2}(?:д\.?|дом|дома|доме)?\s{0,2}\d{1,3}(?!\d|-|\s{0,2}(?:год|лет|час|мин|июн|мая|сент|окт))"
)
INITIALS = re.compile(r"\s{0,2}[А-ЯЁ]\s?\.")
LISTED = re.compile(r"\s?[,:]|\s[–—-]\s|-\d|\s{0,2}\Z")
CLAUSE_END = re.compile(r"\s{0,2}(?:[,.!?;:)»\"\n]|\Z)")


class Reading:
    """A cleaned text and its normalised words."""

    def __init__(self, cleaned: str, words: Sequence[str]):
        self.cleaned = cleaned
        self.words = words
        self.spans = [match.span() for match in WORD.finditer(cleaned)]

    def word(self, at: int) -> str:
        """A normalised word, "" outside the text."""
        return self.words[at] if 0 <= at < len(self.words) else ""

    def gap(self, at: int) -> str:
        """What stands between a word and the next."""
        end = self.spans[at + 1][0] if at + 1 < len(self.spans) else len(self.cleaned)
        return self.cleaned[self.spans[at][1] : end]

    def said(self, start: int, end: int) -> str:
        return " ".join(self.cleaned[begin:stop] for begin, stop in self.spans[start:end])

    def capital(self, at: int) -> bool:
        return 0 <= at < len(self.words) and self.cleaned[self.spans[at][0]].isupper()

    def touching(self, at: int) -> bool:
        """Whether only blanks stand between a word and the next."""
        return at + 1 < len(self.words) and not self.gap(at).strip()

    def begins_sentence(self, at: int) -> bool:
        begin = self.spans[at][0]
        return SENTENCE_END.search(self.cleaned[max(0, begin - 5) : begin]) is not None

    def numbered(self, end: int) -> bool:
        """Whether a house number follows the words before `end`."""
        return HOUSE.match(self.cleaned, self.spans[end - 1][1]) is not None

    def initials_follow(self, end: int) -> bool:
        return INITIALS.match(self.cleaned, self.spans[end - 1][1]) is not None

    def listed(self, end: int) -> bool:
        """Whether what follows sets a name apart: a comma, a colon, a dash, the end."""
        return LISTED.match(self.cleaned, self.spans[end - 1][1]) is not None

    def ends_clause(self, end: int) -> bool:
        return CLAUSE_END.match(self.cleaned, self.spans[end - 1][1]) is not None

    def shouted(self, at: int) -> bool:
        """Whether a word and its neighbours are in capitals, so that capitals say nothing."""
        near = [self.cleaned[begin:stop] for begin, stop in self.spans[max(0, at - 1) : at + 2]]
        return len(near) > 1 and all(len(word) > 1 and word.isupper() for word in near)
