"""Bank card: 16 to 19 digits with the Luhn sum."""

import re

from tsur_nlp.privacy.finders.numbered import GAP, NOT_DIGIT_AFTER, NOT_DIGIT_BEFORE, Numbered
from tsur_nlp.privacy.finders.oms import luhn_is_valid
from tsur_nlp.privacy.spans import words

CARD = Numbered(
    kind="card",
    # First digits of the payment systems at work in Russia (ISO/IEC 7812 issuer numbers): Мир 2200–2204,
    # Mastercard 51–55 and 2221–2720, Visa 4, UnionPay 62, Maestro 50 and 56–69.
    pattern=re.compile(
        rf"{NOT_DIGIT_BEFORE}(?:22|23|24|25|26|27|4\d|5\d|6\d)\d{{2}}{GAP}\d{{4}}{GAP}\d{{4}}{GAP}\d{{4}}"
        rf"(?:{GAP}\d{{2,3}})?{NOT_DIGIT_AFTER}"
    ),
    named=words("карт", "сбер", "visa", "виза$", "mastercard"),
    valid=luhn_is_valid,
    alone=re.compile(r"[\s\S]+"),
    denied=words("полис", "омс$", "енп$", "обращени", "заявк", "инцидент", "уин$", "постановлени", "лицев"),
    reach=40,
)
