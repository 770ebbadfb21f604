"""СНИЛС: 11 digits, «112-233-445 95»."""

import re

from tsur_nlp.privacy.finders.numbered import GAP, NOT_DIGIT_AFTER, NOT_DIGIT_BEFORE, Numbered
from tsur_nlp.privacy.spans import words

FIRST_CHECKED = 1_001_998


def snils_is_valid(number: str) -> bool:
    """The two control digits, for numbers above 001-001-998.

    Source: rules of the Pension Fund on the insurance number (resolution of the board of the Пенсионный фонд № 318п,
    02.05.2017; since 2023 order of the Социальный фонд): digits weighed 9 … 1, the sum modulo 101, 100 written as 00.
    """
    if len(number) != 11 or int(number[:9]) <= FIRST_CHECKED:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, range(9, 0, -1), strict=False))
    return total % 101 % 100 == int(number[9:])


SNILS = Numbered(
    kind="snils",
    pattern=re.compile(rf"{NOT_DIGIT_BEFORE}\d{{3}}{GAP}\d{{3}}{GAP}\d{{3}}{GAP}\d{{2}}{NOT_DIGIT_AFTER}"),
    named=words("снилс", "страхов", "пенсионное свидетельство"),
    valid=snils_is_valid,
    alone=re.compile(r"\d{3}-\d{3}-\d{3}[ -]\d{2}|(?!8|7)\d{11}"),
    denied=words("обращени", "заявк", "инцидент", "кадастр", "реестр", "контракт"),
    reach=40,
)
