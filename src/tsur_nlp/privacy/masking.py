"""Personal data taken out of a text before it is kept: people's names, phones, addresses of mail, flats, long numbers.

Rules are few and plain; they miss some names and take some words for names. What must not leak at all is better
kept as a hash: see `Journal`.
"""

import re

from tsur_nlp.region.gazetteer import BEFORE_STREET, STREET_WORDS
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.morphology import is_name
from tsur_nlp.text.tokens import WORD

MASKS = (
    ("[ФИО]", re.compile(r"\[id\d{1,20}(?::[^\[\]|]{0,100})?\|[^\[\]|]{0,200}\]")),
    ("[ФИО]", re.compile(r"[@*]id\d{1,20}(?: ?\([^()\n]{0,200}\))?")),
    ("[почта]", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    ("[ссылка]", re.compile(r"(?:https?://|www\.)[^\s<>\[\]]{1,2000}")),
    ("[ФИО]", re.compile(r"(?<!\w)@\w{1,100}")),
    (
        "[телефон]",
        re.compile(r"(?<!\d)(?:\+7|[78])?[\s(-]{0,3}\d{3}[\s)-]{0,3}\d{3}[\s-]{0,2}\d{2}[\s-]{0,2}\d{2}(?!\d)"),
    ),
    ("[номер]", re.compile(r"(?<!\d)\d(?:[\s-]{0,2}\d){7,24}(?!\d)")),
    (
        "[квартира]",
        re.compile(r"(?<!\w)кв(?:\.|артира|артире|артиру|артиры)\s{0,3}№?\s{0,3}\d{1,4}(?!\d)", re.IGNORECASE),
    ),
)
"""What is put in place of what, in this order."""
INITIALS = re.compile(r"[А-ЯЁ]\.(?:\s?[А-ЯЁ]\.)?")
INITIALS_BEFORE = re.compile(INITIALS.pattern + r"\s?\Z")
NAME = "[ФИО]"
NUMBER_FOLLOWS = re.compile(r"\s{0,2},?\s{0,2}(?:д\.?|дом|дома)?\s{0,2}\d")


def mask(text: str) -> str:
    """The text with personal data replaced by what it was: `[ФИО]`, `[телефон]`, `[почта]`, `[номер]`, `[квартира]`.

    A name that stands as a street's («ул. Горького», «на Бекетова, 13») stays: the address matters.
    """
    for stands, pattern in MASKS:
        text = pattern.sub(stands, text)
    return _without_names(text)


def _without_names(text: str) -> str:
    parts: list[str] = []
    position = 0
    before = ""
    for match in WORD.finditer(text):
        name = normalize(match[0])
        if match[0][0].isupper() and len(name) > 1 and _is_persons(text, match, name, before):
            start = _with_initials_before(text, position, match.start())
            gap = text[position:start]
            # «Иванов Пётр Ильич» is one person.
            joined = bool(parts) and parts[-1] == NAME and not gap.strip()
            parts += [] if joined else [gap, NAME]
            initials = INITIALS.match(text, match.end() + (text[match.end() : match.end() + 1] == " "))
            position = initials.end() if initials else match.end()
        before = name
    return "".join([*parts, text[position:]])


def _is_persons(text: str, match: re.Match[str], name: str, before: str) -> bool:
    if text[match.start() - 1 : match.start()] == "[" or not is_name(name):
        return False
    numbered = NUMBER_FOLLOWS.match(text, match.end()) is not None
    return before not in STREET_WORDS and not (numbered or before in BEFORE_STREET - {"и"})


def _with_initials_before(text: str, position: int, start: int) -> int:
    """Where a name begins together with the initials before it."""
    found = INITIALS_BEFORE.search(text[max(position, start - 8) : start])
    return start - len(found[0]) if found else start
