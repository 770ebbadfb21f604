"""Passport of a citizen: series of four digits and number of six."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tsur_nlp.privacy.finders.numbered import DASH, NOT_DIGIT_AFTER, digits
from tsur_nlp.privacy.spans import Span, before, words

BLANK = r"[\s,.:№#]{0,4}"
SHAPE = re.compile(
    rf"(?<![\d№])(?<!\d[.,])\d{{2}}[\s{DASH}]{{0,2}}\d{{2}}{BLANK}(?:номер|ном\.?|n|N)?{BLANK}[{DASH}]?\s?\d{{6}}{NOT_DIGIT_AFTER}"
)
NAMED = words("паспорт", "серия", "серии", "серию", "удостоверение личности", "документ")
SAYS_ENOUGH = re.compile(r"\d{2} \d{2} (?:№ ?)?\d{6}|\d{4} ?№ ?\d{6}")
OTHER = words("водительск", "права$", "в/у$", "ву$", "инн$", "телефон", "тел$", "обращени", "счет", "счёт")
FIRST_YEAR = 1997


@dataclass(frozen=True)
class Passport:
    """A number named by words before it, or one written «22 05 123456» with a year that is possible.

    Source: statute of the passport (government, № 828 of 08.07.1997, since 2023 № 2267 of 23.12.2023): the first two
    digits of the series are the region by ОКАТО, the next two the year of the blank (97 is the first, a few years ahead
    happen). The number has no checksum.
    """

    kind: str = "passport"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        for match in SHAPE.finditer(text):
            context = before(text, match.start())
            if NAMED.search(context):
                if not OTHER.search(context[-15:]):
                    yield Span(*match.span(), self.kind)
            elif SAYS_ENOUGH.fullmatch(match[0]) and _possible(digits(match[0])) and not OTHER.search(context):
                yield Span(*match.span(), self.kind)


def _possible(number: str) -> bool:
    region, year = number[:2], int(number[2:4])
    return region != "00" and (year >= FIRST_YEAR % 100 or year <= date.today().year % 100 + 3)


PASSPORT = Passport()
