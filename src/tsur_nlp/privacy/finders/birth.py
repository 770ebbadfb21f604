"""Date of birth: named by a word, or right after a name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tsur_nlp.privacy.finders.numbered import DASH
from tsur_nlp.privacy.spans import Span, before

MONTHS = "январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр"
MARK = rf"\s?[./{DASH}]\s?"
YEAR = r"(?:19|20)\d{2}"
DATE = re.compile(
    rf"(?<!\d)(?<!\d[./])(?:[0-3]?\d{MARK}[01]?\d{MARK}|[0-3]?\d\s(?:{MONTHS})\w{{0,2}}\s)(?P<year>{YEAR})(?!\d)"
    r"(?P<after>\s?г(?:ода|\.)?\s?(?:р\.?(?!\w)|рожд\w{0,6}))?",
    re.IGNORECASE,
)
SHORT_DATE = re.compile(r"(?<!\d)[0-3]?\d[./][01]?\d[./]\d{2}(?!\d)")
YEAR_OF_BIRTH = re.compile(
    rf"(?<!\d){YEAR}\s?(?:г\.?\s?р\.?|года?\.?\s+рожд\w{{0,6}}|г\.?\s?рожд\w{{0,6}})(?!\w)", re.IGNORECASE
)
NAMED = re.compile(
    r"(?<!\w)(?:род(?:ил(?:ся|ась|ись)|\.)|д\.?\s?р\.?|г\.?\s?р\.?|рождени[ея]|рожд\.)[\s:,–—-]{0,5}(?:\w{1,12}\s){0,2}\Z",
    re.IGNORECASE,
)
BESIDE_NAME = re.compile(r"\s{0,3}[,(;–—-]{0,2}\s{0,3}")
GROWN = 14
"""A date this many years ago right after a name is a birth even without a comma; a later one may be an event."""


@dataclass(frozen=True)
class Birth:
    """Runs after the finder of names: a date beside a name is a date of birth."""

    kind: str = "birth"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        # A name that was masked before counts as one.
        ends = {span.stop for span in found if span.kind == "name"}
        for match in DATE.finditer(text):
            named = match["after"] is not None or NAMED.search(before(text, match.start(), 40)) is not None
            if named or _beside(text, match.start(), int(match["year"]), ends):
                yield Span(*match.span(), self.kind)
        for match in SHORT_DATE.finditer(text):
            if NAMED.search(before(text, match.start(), 40)):
                yield Span(*match.span(), self.kind)
        yield from (Span(*match.span(), self.kind) for match in YEAR_OF_BIRTH.finditer(text))


def _beside(text: str, start: int, year: int, ends: set[int]) -> bool:
    """Whether a name ends a few marks before."""
    for end in range(start, max(-1, start - 8), -1):
        if end in ends or text[max(0, end - 5) : end] == "[ФИО]":
            gap = text[end:start]
            grown = year <= date.today().year - GROWN or any(mark in gap for mark in ",(")
            return grown and BESIDE_NAME.fullmatch(gap) is not None
    return False


BIRTH = Birth()
