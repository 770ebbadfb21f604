"""ИНН: 10 digits of an organisation, 12 of a person."""

import re

from tsur_nlp.privacy.finders.numbered import NOT_DIGIT_AFTER, NOT_DIGIT_BEFORE, Numbered
from tsur_nlp.privacy.spans import words

WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def inn_is_valid(number: str) -> bool:
    """The control digits: one of ten, two of twelve.

    Source: order of the ФНС on the number's structure (№ ММВ-7-6/435@, 29.06.2012): weighed digits modulo 11
    modulo 10, the weights are the last of 3 7 2 4 10 3 5 9 4 6 8.
    """
    if len(number) not in (10, 12) or number.startswith("00"):
        return False
    return all(_control(number, place) == int(number[place]) for place in ((9,) if len(number) == 10 else (10, 11)))


def _control(number: str, place: int) -> int:
    weights = WEIGHTS[len(WEIGHTS) - place :]
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11 % 10


INN = Numbered(
    kind="inn",
    pattern=re.compile(rf"{NOT_DIGIT_BEFORE}(?:\d{{12}}|\d{{10}}){NOT_DIGIT_AFTER}"),
    named=words("инн$", "налогоплательщик"),
    valid=inn_is_valid,
    alone=re.compile(r"\d{12}"),
    denied=words("обращени", "заявк", "инцидент", "№$", "номер$", "кадастр", "реестр", "контракт", "счет", "счёт"),
    reach=40,
)
