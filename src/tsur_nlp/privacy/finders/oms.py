"""Полис ОМС: the single number of an insured person, 16 digits."""

import re

from tsur_nlp.privacy.finders.numbered import GAP, NOT_DIGIT_AFTER, NOT_DIGIT_BEFORE, Numbered
from tsur_nlp.privacy.spans import words


def oms_is_valid(number: str) -> bool:
    """The last digit is the Luhn sum of the first fifteen (ЕНП).

    Source: rules of compulsory medical insurance (order of the Минздравсоцразвития № 158н, 28.02.2011, on the single
    number): control digit by ISO 7812, as on bank cards; its digits hide the date of birth and sex.
    """
    return len(number) == 16 and luhn_is_valid(number)


def luhn_is_valid(number: str) -> bool:
    """The control digit of ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum ends with 0."""
    total = sum(int(digit) for digit in number[-1::-2])
    return (total + sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])) % 10 == 0


OMS = Numbered(
    kind="oms",
    pattern=re.compile(rf"{NOT_DIGIT_BEFORE}\d{{4}}{GAP}\d{{4}}{GAP}\d{{4}}{GAP}\d{{4}}{NOT_DIGIT_AFTER}"),
    named=words("полис", "омс$", "енп$", "медицинск"),
    valid=oms_is_valid,
)
