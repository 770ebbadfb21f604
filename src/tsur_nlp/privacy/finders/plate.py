"""Number plate of a car: «А123ВС152», with the letters that Cyrillic and Latin share."""

import re

from tsur_nlp.privacy.finders.numbered import Numbered
from tsur_nlp.privacy.spans import words

LETTERS = "АВЕКМНОРСТУХABEKMHOPCTYXавекмнорстухabekmhopctyx"
"""ГОСТ Р 50577-2018: twelve letters, a number 001–999, a region of two or three digits."""
PLATE = Numbered(
    kind="plate",
    pattern=re.compile(
        rf"(?<!\w)[{LETTERS}]\s?(?!000)\d{{3}}\s?[{LETTERS}]{{2}}(?:\s{{0,2}}\d{{2,3}}(?:\s?(?:rus|рус)(?!\w))?)?(?!\w)",
        re.IGNORECASE,
    ),
    named=words("номер", "госномер", "гос", "г/н", "машин", "автомоб", "авто$", "а/м", "такси$", "водител", "рег"),
    alone=re.compile(
        rf"[{LETTERS}]\d{{3}}[{LETTERS}]{{2}} ?\d{{2,3}}(?: ?(?:rus|рус))?|[А-Я] \d{{3}} [А-Я]{{2}} \d{{2,3}}"
    ),
    reach=40,
)
