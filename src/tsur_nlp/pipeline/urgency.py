"""How soon a message must be seen to: what its words say together, by data/urgency.csv.

Level 3: a life is in danger now; 2: it is today; 1: before others; 0 in the table: what only looks so. A row costs
nothing unless a word begins a rule in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference, unique
from tsur_nlp.catalog.word_rules import COLUMNS, Met, WordRule, word_rule
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import Urgency
from tsur_nlp.errors import CatalogError
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.quoting import as_written
from tsur_nlp.pipeline.ruled import RuledComponent

AT_ONCE, TODAY = 3, 2
LEVELS = ("0", "1", "2", "3")


@dataclass(frozen=True, slots=True)
class UrgentRule:
    """A row of data/urgency.csv. `matter`: what has happened; `notify`: titles of whom to tell."""

    level: int
    code: str
    matter: str
    notify: tuple[str, ...]
    words: WordRule


@cache
def notified() -> Mapping[str, str]:
    """Code → title of those who are told, in the order they are shown. Raises CatalogError."""
    titles: dict[str, str] = {}
    for record in read_reference(files("tsur_nlp") / "data" / "notify.csv", ("code", "title", "source"), CatalogError):
        titles[unique(record, "code", record.required("code"), titles)] = record.required("title")
    return titles


@cache
def urgent_rules() -> tuple[UrgentRule, ...]:
    """Rows of data/urgency.csv. Raises CatalogError for an unknown level or service, or a cell without words."""
    rules = []
    columns = ("level", "code", "matter", *COLUMNS, "notify", "source")
    for record in read_reference(files("tsur_nlp") / "data" / "urgency.csv", columns, CatalogError):
        level = int(record.known("level", record.required("level"), LEVELS, "списке: 0, 1, 2, 3"))
        for code in record.words("notify"):
            record.known("notify", code, notified(), "notify.csv")
        if level:
            record.required("source")
        if level >= TODAY:
            record.required("notify")
        rules.append(
            UrgentRule(
                level=level,
                code=record.required("code"),
                matter=record.required("matter"),
                notify=tuple(notified()[code] for code in record.words("notify")),
                words=word_rule(record),
            )
        )
    return tuple(rules)


class UrgencyComponent(RuledComponent):
    """Sets the level of urgency, the words that raised it, whom to notify, and says why."""

    name = "urgency"
    requires = ("texts", "words")
    assigns = ("urgencies",)

    def __init__(self) -> None:
        self._rules = urgent_rules()
        covers = frozenset(n for n, rule in enumerate(self._rules) if not rule.level)
        super().__init__([rule.words for rule in self._rules], covers)

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        for row, met in self.met(block, rows):
            self._raise(block, row, met)

    def _raise(self, block: Block, row: int, met: Sequence[Met]) -> None:
        """The highest level met decides; whom to notify is told by all rules of the two highest."""
        ranked = sorted(((self._rules[one.rule], one) for one in met), key=lambda pair: -pair[0].level)
        level = ranked[0][0].level
        highest = [(rule, one) for rule, one in ranked if rule.level == level]
        words = tuple(dict.fromkeys(as_written(block.texts[row], block.words[row], one.places) for _, one in highest))
        told = {title for rule, _ in ranked if rule.level >= min(level, TODAY) for title in rule.notify}
        notify = tuple(title for title in notified().values() if title in told)
        block.urgencies[row] = Urgency(level, words, notify)
        matters = ", ".join(dict.fromkeys(rule.matter for rule, _ in highest))
        quoted = ", ".join(f"«{phrase}»" for phrase in words)
        block.reasons[row].append(Reason(f"urgency_{level}", (matters, quoted, "; ".join(notify))))
