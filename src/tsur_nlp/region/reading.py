"""A text with its words and their spans: what stands around a name."""

import re
from collections.abc import Sequence
from functools import cached_property

from tsur_nlp.text.cleaning import normalize

HOUSE = re.compile(
    r"\s{0,2},?\s{0,2}(?:д\.?|дом|дома|доме)?\s{0,2}\d{1,3}(?!\d|-|\s{0,2}(?:год|лет|час|мин|июн|мая|сент|окт))"
)
INITIALS = re.compile(r"\s{0,2}[А-ЯЁ]\s?\.")
LISTED = re.compile(r"\s?[,:]|\s[–—-]\s|-\d|\s{0,2}\Z")
CLAUSE_END = re.compile(r"\s{0,2}(?:[,.!?;:)»\"\n]|\Z)")


class Reading:
    """A cleaned text and its normalised words, whose spans are found as far as they are asked for.

    Between two words no letter stands, and no word begins within another: so a word is the first occurrence after
    the one before it, the last before the one after it, and otherwise is reached by counting its occurrences.
    """

    def __init__(self, cleaned: str, words: Sequence[str]):
        self.cleaned = cleaned
        self.words = words
        self._spans: dict[int, tuple[int, int]] = {}
        self._furthest = -1
        """The last word whose span is known."""

    @cached_property
    def lowered(self) -> str:
        """The text as its words are normalised, character for character."""
        return normalize(self.cleaned)

    def span(self, at: int) -> tuple[int, int]:
        """Where a word stands in the text."""
        found = self._spans.get(at)
        if found is None:
            begin = self._begin(at)
            found = self._spans[at] = begin, begin + len(self.words[at])
            self._furthest = max(self._furthest, at)
        return found

    def _begin(self, at: int) -> int:
        word, spans = self.words[at], self._spans
        if after := spans.get(at + 1):
            return self.lowered.rfind(word, 0, after[0])
        before = min(at, self._furthest)
        while before >= 0 and before not in spans:
            before -= 1
        begin = spans[before][1] if before >= 0 else 0
        for _ in range(" ".join(self.words[before + 1 : at]).count(word) if before + 1 < at else 0):
            begin = self.lowered.find(word, begin) + len(word)
        return self.lowered.find(word, begin)

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
        before = self.cleaned[max(0, begin - 5) : begin]
        end = before.rstrip()
        return not end or end[-1] in ".!?" or "\n" in before[len(end) :]

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
        if not self._as_written(at).isupper():
            return False
        near = [self._as_written(beside) for beside in range(max(0, at - 1), min(at + 2, len(self.words)))]
        return len(near) > 1 and all(len(word) > 1 and word.isupper() for word in near)
