"""Accounts: 20 digits of a bank account; the personal account for a flat («лицевой счёт», «л/с»)."""

import re

from tsur_nlp.privacy.finders.numbered import GAP, NOT_DIGIT_AFTER, NOT_DIGIT_BEFORE, Numbered
from tsur_nlp.privacy.spans import words

BANK_ACCOUNT = Numbered(
    kind="account",
    pattern=re.compile(rf"{NOT_DIGIT_BEFORE}\d{{5}}{GAP}\d{{3}}{GAP}\d{GAP}\d{{4}}{GAP}\d{{7}}{NOT_DIGIT_AFTER}"),
    named=words("счет", "счёт", "р/с$", "л/с$", "перевод", "реквизит"),
    # Accounts of people by the plan of accounts (Банк России, positions 579-П and 809-П): 40817 and 40820 current,
    # 40802 of entrepreneurs, 423 and 426 deposits, 455 and 457 loans.
    alone=re.compile(r"(?:408(?:17|20|02)|42[36]\d\d|45[57]\d\d)[\s\S]+"),
)
"""Its control digit needs the bank's БИК (rules of the Банк России of 08.09.1997, № 515), so it is not checked."""
HOUSEHOLD_ACCOUNT = Numbered(
    kind="account",
    pattern=re.compile(rf"(?<!\d)\d(?:[\s-]?\d){{5,15}}{NOT_DIGIT_AFTER}"),
    named=re.compile(
        r"(?<!\w)(?:лицев\w{1,4}\s+сч[её]т\w{0,3}|л/сч?|лиц\.\s?сч[её]т\w{0,3})[\s.:,№#Nn-]{0,6}(?:номер[\s:]{0,3})?\Z",
        re.IGNORECASE,
    ),
)
