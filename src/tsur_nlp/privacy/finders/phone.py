"""Phones, as `phonenumbers` (Google's libphonenumber) knows them; short ones only where a word names them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tsur_nlp.privacy.finders.numbered import DASH, digits
from tsur_nlp.privacy.spans import Span, before, words

BETWEEN = rf"[\s().{DASH}]{{0,3}}"
LONG = re.compile(rf"(?<![\d№])(?<!\d[.,])(?:\+\s?)?\(?\d(?:{BETWEEN}\d){{9,13}}(?![.,]?\d)")
SHORT = re.compile(
    rf"(?<![\d№+])(?<!\d[.,/])\d(?:[\s{DASH}]?\d){{4,6}}(?![.,/]?\d)(?!\s?(?:руб|кв|м|км|кг|чел|%|₽)(?!\w))"
)
NAMED = words(
    "тел$", "телефон", "т.$", "звон", "позвон", "сотов", "моб", "факс", "whatsapp", "ватсап", "вайбер", "viber"
)
NAMED_SHORT = re.compile(
    r"(?<!\w)(?:тел|т|телефону?|телефона|дом(?:ашний)?|раб(?:очий)?|факс)[\s.:,№]{0,4}(?:\([^()\n]{1,8}\)\s?)?\Z",
    re.IGNORECASE,
)
OTHER = words(
    "обращени", "заявк", "заявлени", "инцидент", "счет", "счёт", "инн$", "кадастр", "паспорт", "огрн", "полис",
    "контракт", "уин$",
)  # fmt: skip
HOTLINE = re.compile(r"[78]?80[0-9]\d{7}")
"""8-800 and its kin: lines of bodies and firms, no person's."""


@dataclass(frozen=True)
class Phone:
    """Phone numbers of people; those of services (112, 8-800) stay."""

    kind: str = "phone"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        for match in LONG.finditer(text):
            if self._is_phone(match[0], before(text, match.start(), 30)):
                yield Span(*match.span(), self.kind)
        for match in SHORT.finditer(text):
            if NAMED_SHORT.search(before(text, match.start(), 24)):
                yield Span(*match.span(), self.kind)

    def _is_phone(self, written: str, context: str) -> bool:
        number = digits(written)
        if HOTLINE.fullmatch(number) or OTHER.search(context):
            return False
        if NAMED.search(context) or written.lstrip("(").startswith("+"):
            return 10 <= len(number) <= 15
        if len(number) == 11 and number[0] in "78":
            return number[1] == "9" or is_assigned(number[1:])
        return len(number) == 10 and number[0] == "9"


@lru_cache(maxsize=10_000)
def is_assigned(number: str) -> bool:
    """Whether ten digits are a phone of Russia by the ranges that libphonenumber holds."""
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse("+7" + number))
    except phonenumbers.NumberParseException:
        return False


PHONE = Phone()
