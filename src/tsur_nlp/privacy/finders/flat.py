"""Number of a flat or a room. The street and the house stay: the problem is there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tsur_nlp.privacy.finders.numbered import DASH
from tsur_nlp.privacy.spans import Span, before, words

COUNTED = (
    r"(?:кв\.?\s?м|квадрат\w*|м|метр\w*|руб\w*|комн\w*|этаж\w*|чел\w*|лет|год\w*|град\w*|дн\w*|раз\w*|тыс\w*)(?!\w)"
)
"""What a number after «квартира» may count: then it is not a flat's."""
FLAT = re.compile(
    r"(?<!\w)(?:кв(?:артир[аеуыой]{1,2}|-ра|-ре|-ру)?|комнат[аеуы]|ком\.|комн\.)\.?\s{0,3}(?:№|N|n|номер)?\s{0,3}\d{1,4}"
    rf"(?:[а-гА-Г](?!\w))?(?!\d|[.,]\d|\s?[°º%]|\s?{COUNTED}|-(?:ти|х|и|комн\w*)(?!\w)|\s?[-–]\s?\d)",
    re.IGNORECASE,
)
NUMBER_FIRST = re.compile(
    r"(?<![\w.,/-])(?:в\s)?\d{1,4}(?:-?(?:й|я|ой|ую|ая))?\s(?:кв\.(?!\s?[м\d])|квартир[аеуы](?!\w))", re.IGNORECASE
)
HOUSE_AND_FLAT = re.compile(
    rf"(?<![\d{DASH}])\d{{1,3}}(?:/\d{{1,3}})?\s?[а-дА-Д]?\s?[{DASH}]\s?(?P<flat>\d{{1,4}})(?![\d{DASH}]|\w|[.,]\d)"
)
LIVES = words("прожива", "живу", "прописан", "зарегистрирован", "мой адрес", "адрес", "собственник")
STREET = words(
    "ул$", "улиц", "просп", "пр-т", "пер$", "переул", "бульвар", "шоссе", "наб", "проезд", "д.$", "д$", "дом$"
)  # fmt: skip
WARM = re.compile(r"(?:квартире|комнате)\s{0,3}[1-3]?\d", re.IGNORECASE)
HEAT = re.compile(r"градус|тепл|холод|температур|отоплен|батаре|мерзн|мёрзн|замерз", re.IGNORECASE)
"""«В квартире 15» beside such words are degrees."""
ORDINAL = re.compile(r"(?:й|я|ой|ую|ая)\s", re.IGNORECASE)


@dataclass(frozen=True)
class Flat:
    """«кв 5», «кв.5», «квартира №5», «в 12 квартире»; «проживаю: ул. Мира, 10-45» loses «45»."""

    kind: str = "flat"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        for match in FLAT.finditer(text):
            if not (WARM.fullmatch(match[0]) and HEAT.search(text, max(0, match.start() - 80), match.end() + 60)):
                yield Span(*match.span(), self.kind)
        for match in NUMBER_FIRST.finditer(text):
            # «на 60 квартир» counts them; «в 12 квартире», «12-я квартира» names one.
            if match[0][:2].lower() == "в " or ORDINAL.search(match[0]):
                yield Span(*match.span(), self.kind)
        for match in HOUSE_AND_FLAT.finditer(text):
            context = before(text, match.start(), 80)
            if LIVES.search(context) and STREET.search(context[-40:]):
                yield Span(*match.span("flat"), self.kind)


FLAT_NUMBER = Flat()
