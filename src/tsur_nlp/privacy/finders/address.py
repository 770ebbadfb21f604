"""The address where a person is registered or at home, named as such; the address of a problem stays."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tsur_nlp.privacy.spans import Span

NAMED = re.compile(
    r"(?<!\w)(?:зарегистрирован[аы]?\s(?:по\s(?:месту\sжительства\s)?(?:по\s)?адресу|по\sместу\sжительства)"
    r"|прописан[аы]?(?!\w)(?:\sпо\sадресу)?"
    r"|адрес\w{0,2}\s(?:регистрации|прописки|по\sпрописке)"
    r"|(?:мой\s)?домашн\w{2,3}\sадрес\w{0,2}|место\s(?:жительства|регистрации))"
    r"\s{0,3}[:–—-]?\s{0,3}",
    re.IGNORECASE,
)
HOUSE = r"(?:,?\s{0,2}(?:д\.?|дом)?\s{0,2}№?\s?\d{1,3}(?:/\d{1,3})?(?:\s?[а-дА-Д](?!\w))?)"
PART = r"(?:,?\s{0,2}(?:(?:корп\w{0,3}|к|стр)\.?\s{0,2}\d{1,3}|лит(?:ера?)?\.?\s{0,2}[А-Яа-я](?!\w)))"
FLAT = r"(?:,?\s{0,2}(?:кв(?:артира)?|ком(?:ната|н)?)\.?\s{0,2}№?\s?\d{1,4}(?!\d)|\s?[-–—]\s?\d{1,4}(?!\d))"
NUMBERED_STREET = r"\d{1,3}(?=[\s-]{0,2}(?:лет|й|я|го|ой|ая|летия)(?!\w))"
ADDRESS = re.compile(
    rf"(?:\d{{6}},?\s)?(?=\w)(?:[^\n;:!?()\d]|{NUMBERED_STREET}){{3,90}}{HOUSE}{PART}?{FLAT}?(?!\d)", re.IGNORECASE
)
PLACE = re.compile(
    r"(?<!\w)(?:г|гор|город\w?|ул|улиц\w|обл\w*|кра[йя]|пер|переул\w*|просп\w*|пр-т|бульвар\w?|б-р|р-н|пос|с|дер|мкр|шоссе|наб)(?!\w)",
    re.IGNORECASE,
)
SHORT = 40
"""An address without a word for a street is one only if it begins with a capital and is not longer."""


@dataclass(frozen=True)
class HomeAddress:
    """Up to the house, its part and its flat. Without a house number it is not an exact address."""

    kind: str = "address"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        for named in NAMED.finditer(text):
            match = ADDRESS.match(text, named.end())
            if match and (PLACE.search(match[0]) or (match[0][0].isupper() and len(match[0]) <= SHORT)):
                yield Span(*match.span(), self.kind)


HOME_ADDRESS = HomeAddress()
