"""Numbers that are personal data by their shape, a checksum, and the words before them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tsur_nlp.privacy.spans import CONTEXT, Span, before

DASH = r"\-\u2010\u2011\u2012\u2013\u2014\u2212"
"""Hyphen, its kin, dashes and minus: people and editors put any of them."""
GAP = rf"[\s{DASH}]{{0,3}}"
NOT_DIGIT_BEFORE, NOT_DIGIT_AFTER = r"(?<!\d)(?<!\d[.,])", r"(?![.,]?\d)"


def digits(text: str) -> str:
    """The digits of a text alone."""
    return re.sub(r"\D", "", text)


def any_number(number: str) -> bool:
    """No checksum: the shape and the words before must do."""
    return True


@dataclass(frozen=True)
class Numbered:
    """A number of a kind.

    `pattern`: its shape, with the number itself as group «number» if words stand inside; `valid`: a check of its
    digits; `named`: words before it that name it; `alone`: a shape that says enough without them, None if none does;
    `denied`: words before it that say it is something else. A number named by such words needs no valid checksum:
    people mistype, and a mistyped number is personal data too.
    """

    kind: str
    pattern: re.Pattern[str]
    named: re.Pattern[str]
    valid: Callable[[str], bool] = any_number
    alone: re.Pattern[str] | None = None
    denied: re.Pattern[str] | None = None
    reach: int = CONTEXT

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        for match in self.pattern.finditer(text):
            context = before(text, match.start(), self.reach)
            if self.named.search(context) or self._stands_alone(match[0], context):
                yield Span(*match.span(), self.kind)

    def _stands_alone(self, number: str, context: str) -> bool:
        if self.alone is None or self.alone.fullmatch(number) is None or not self.valid(digits(number)):
            return False
        return self.denied is None or self.denied.search(context) is None
