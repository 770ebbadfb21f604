"""A text with its words and their spans: what stands around a name."""

import re
from collections.abc import Sequence

from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.tokens import WORD

SENTENCE_END = re.compile(r"[.!?\n]\s*\Z|\A\s*\Z")
HOUSE = re.compile(
    r"\s{0,2},?\s{0,2}(?:д\.?|дом|дома|доме)?\s{0,2}\d{1,3}(?!\d|-|\s{0,2}(?:год|лет|час|мин|июн|мая|сент|окт))"
)
INITIALS = re.compile(r"\s{0,2}[А-ЯЁ]\s?\.")
LISTED = re.compile(r"\s?[,:]|\s[–—-]\s|-\d|\s{0,2}\Z")
CLAUSE_END = re.compile(r"\s{0,2}(?:[,.!?;:)»\"\n]|\Z)")


class Reading:
    """A cleaned text and its normalised words, whose spans are found as far as they are asked for.

    Between two words no letter stands, so each begins at its first occurrence after the one before.
    """

    def __init__(self, cleaned: str, words: Sequence[str]):
        self.cleaned = cleaned
        self.words = words
        self._lowered = normalize(cleaned)
        self._spans: list[tuple[int, int]] = []
        if len(self._lowered) != len(cleaned):
            self._spans = [match.span() for match in WORD.finditer(cleaned)]

    def span(self, at: int) -> tuple[int, int]:
        """Where a word stands in the text."""
        spans = self._spans
        if len(spans) <= at:
            end = spans[-1][1] if spans else 0
            find = self._lowered.find
            for word in self.words[len(spans) : at + 1]:
                begin = find(word, end)
                end = begin + len(word)
                spans.append((begin, end))
        return spans[at]

    def from_to(self, start: int, end: int) -> str:
        """The text from a word to the one before `end`."""
        return self.cleaned[self.span(start)[0] : self.span(end - 1)[1]]

    def word(self, at: int) -> str:
        """A normalised word, "" outside the text."""
        return self.words[at] if 0 <= at < len(self.words) else ""

    def gap(self, at: int) -> str:
        """What stands between a word and the next."""
        end = self.span(at + 1)[0] if at + 1 < len(self.words) else len(self.cleaned)
        return self.cleaned[self.span(at)[1] : end]

    def said(self, start: int, end: int) -> str:
        """Words as the text writes them."""
        return " ".join(self._as_written(at) for at in range(start, end))

    def _as_written(self, at: int) -> str:
        begin, end = self.span(at)
        return self.cleaned[begin:end]

    def capital(self, at: int) -> bool:
        """Whether a word begins with a capital letter."""
        return 0 <= at < len(self.words) and self.cleaned[self.span(at)[0]].isupper()

    def touching(self, at: int) -> bool:
        """Whether only blanks stand between a word and the next."""
        return at + 1 < len(self.words) and not self.gap(at).strip()

    def begins_sentence(self, at: int) -> bool:
        """Whether a word is the first of its sentence."""
        begin = self.span(at)[0]
        return SENTENCE_END.search(self.cleaned[max(0, begin - 5) : begin]) is not None

    def numbered(self, end: int) -> bool:
        """Whether a house number follows the words before `end`."""
        return HOUSE.match(self.cleaned, self.span(end - 1)[1]) is not None

    def initials_follow(self, end: int) -> bool:
        """Whether initials follow the words before `end`: a surname then, not a place."""
        return INITIALS.match(self.cleaned, self.span(end - 1)[1]) is not None

    def listed(self, end: int) -> bool:
        """Whether what follows sets a name apart: a comma, a colon, a dash, the end."""
        return LISTED.match(self.cleaned, self.span(end - 1)[1]) is not None

    def ends_clause(self, end: int) -> bool:
        """Whether a clause ends at `end`."""
        return CLAUSE_END.match(self.cleaned, self.span(end - 1)[1]) is not None

    def shouted(self, at: int) -> bool:
        """Whether a word and its neighbours are in capitals, so that capitals say nothing."""
        near = [self._as_written(beside) for beside in range(max(0, at - 1), min(at + 2, len(self.words)))]
        return len(near) > 1 and all(len(word) > 1 and word.isupper() for word in near)
