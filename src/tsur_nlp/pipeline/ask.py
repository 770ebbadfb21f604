"""What to ask the citizen: the one thing that an answer needs and the message does not say.

Asked when somebody reads a decision; the question changes nothing in it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.errors import CatalogError
from tsur_nlp.pipeline.block import Block

NEEDS = ("matter", "place", "address", "house", "street", "institution", "route")
ASKING = ("complaint", "question", "request", "proposal")
"""Kinds of messages that want something of their own."""
ANY = "*"
OTHER = ".other"
"""How codes of a group's «прочее» end."""
MEASURES = (
    r"\s?(?:час|мин|сек|год|лет|г\.|сут|день|дн|ноч|раз|руб|тыс|коп|этаж|недел|месяц|мес|человек|чел|класс|км|метр|"
    r"м\b|градус|°|%|января|феврал|март|апрел|мая|июн|июл|август|сентябр|октябр|ноябр|декабр|балл|квартир)"
)
MEASURED = re.compile(MEASURES, re.IGNORECASE)
NUMBER = re.compile(r"\d+")
LONGEST_HOUSE = 3
"""Digits."""
BEFORE_HOUSE = re.compile(
    r"(?:\b(?:дом\w{0,2}|д|корп\w{0,3}|участ\w{1,4}|шоссе|проезд|проспект|бульвар|переулок|пр|пер|ш|б-р|пр-т|пр-кт)\b[.,\s№]{0,3}|[а-яё]{2}(?:ой|ого|ая|на|ва|ы|и|а|ей|ина|ий),?\s{1,2})\Z",
    re.IGNORECASE,
)
LOOK_BACK = 20
"""Characters before a number in which it is told whether it is a house."""
STREET_WORDS = (
    "улиц", "пр-т", "пр-кт", "просп", "шоссе", "трасс", "переул", "проезд", "бульвар", "набережн", "площад", "мост",
    "перекр",
)  # fmt: skip
SHORT_STREET_WORDS = frozenset(("ул", "пер", "наб"))
DIGIT_OR_NAME = re.compile(r"\d|[«\"„“]")


@dataclass(frozen=True, slots=True)
class Question:
    """`need`: what is asked for if the message lacks it; `text`: in Russian, one sentence."""

    need: str
    text: str


@cache
def questions() -> Mapping[str, tuple[Question, ...]]:
    """Code of a topic or of a group, or «*» → questions of data/questions.csv in their order. Raises CatalogError."""
    catalog = load_catalog()
    known = {ANY, *catalog.topics, *(topic.group for topic in catalog.topics.values())}
    found: dict[str, list[Question]] = {}
    table = files("tsur_nlp") / "data" / "questions.csv"
    for record in read_reference(table, ("topics", "need", "question"), CatalogError):
        need = record.known("need", record.required("need"), NEEDS, "списке: " + ", ".join(NEEDS))
        for code in record.required("topics").split():
            record.known("topics", code, known, "topics.csv и groups.csv")
            found.setdefault(code, []).append(Question(need, record.required("question")))
    return {code: tuple(asked) for code, asked in found.items()}


@lru_cache(maxsize=1024)
def questions_on(topic: str) -> Sequence[Question]:
    """What may be asked on a topic: its own questions first, then its group's, then everybody's."""
    table = questions()
    return tuple(one for code in (topic, topic.split(".")[0], ANY) for one in table.get(code, ()))


def to_ask(block: Block, row: int, topic: str) -> str:
    """The question to put to the author of a row about a topic, empty if nothing is missing."""
    if block.kinds[row][0] not in ASKING or block.outcomes[row] == "outside_competence":
        return ""
    if block.outcomes[row] == "insufficient_information" and not topic.endswith(OTHER):
        # Not even the group is clear.
        topic = ANY
    return next((one.text for one in questions_on(topic) if _lacks(block, row, one.need)), "")


def has_house(text: str) -> bool:
    """Whether a number of a text is that of a house: after «дом» or what may be the name of a street."""
    return any(
        stop - start <= LONGEST_HOUSE
        and not MEASURED.match(text, stop)
        and BEFORE_HOUSE.search(text, max(0, start - LOOK_BACK), start)
        for start, stop in map(re.Match.span, NUMBER.finditer(text))
    )


@lru_cache(maxsize=20_000)
def _is_street(word: str) -> bool:
    return word in SHORT_STREET_WORDS or word.startswith(STREET_WORDS)


def _lacks(block: Block, row: int, need: str) -> bool:
    """Whether a message does not say what is needed."""
    text, place = block.texts[row], block.places[row]
    placeless = place is not None and not place.known
    match need:
        case "matter":
            return block.outcomes[row] == "insufficient_information"
        case "place":
            return placeless
        case "house":
            return not has_house(text)
        case "address":
            return placeless and not has_house(text)
        case "street":
            return not (any(map(_is_street, block.words[row])) or has_house(text))
        case "institution":
            told = any(reason.code.startswith("institution") for reason in block.reasons[row])
            return block.institutions[row] is None and not told and DIGIT_OR_NAME.search(text) is None
    return not any(letter.isdigit() for letter in text)
