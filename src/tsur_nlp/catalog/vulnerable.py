"""Groups of people who are heard first, and the words that name them: data/vulnerable.csv."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import Record, read_reference
from tsur_nlp.catalog.word_rules import COLUMNS, WordRule, word_rule
from tsur_nlp.errors import CatalogError

ANSWERS = {"yes": True, "no": False}
NOBODY = "nobody"
"""The code of rows that name no group: streets, institutions, sayings."""


@dataclass(frozen=True, slots=True)
class VulnerableGroup:
    """`order`: the smallest is named first; `raises`: a message that names it is seen before others."""

    code: str
    title: str
    order: int
    raises: bool


@cache
def vulnerable_table() -> tuple[Mapping[str, VulnerableGroup], tuple[tuple[str, WordRule], ...]]:
    """Groups by code, and the rules with the code of each. Raises CatalogError for a row that can't be used."""
    groups: dict[str, VulnerableGroup] = {}
    rules = []
    columns = ("group", "title", "order", "raises", *COLUMNS)
    for record in read_reference(files("tsur_nlp") / "data" / "vulnerable.csv", columns, CatalogError):
        code = record.required("group")
        if code != NOBODY:
            group = VulnerableGroup(code, record.required("title"), *order_and_raises(record))
            if groups.setdefault(code, group) != group:
                record.fail("group", f"группа «{code}» выше названа или упорядочена иначе")
        rules.append((code, word_rule(record)))
    return groups, tuple(rules)


def order_and_raises(record: Record) -> tuple[int, bool]:
    """The place of a group among others, and whether it raises a message in the queue."""
    if not record["order"].isdecimal() or not 0 < int(record["order"]) <= 100:
        record.fail("order", "нужно целое число от 1 до 100")
    return int(record["order"]), ANSWERS[record.known("raises", record.required("raises"), ANSWERS, "списке: yes, no")]
