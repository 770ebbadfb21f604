"""Decisions as a workbook that operators work in and `correct` takes back.

«Разбор» has the rows with decisions and three columns to correct them, «Сводка» what was decided, «Что прочитано» what
was taken of the source.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from tsur_nlp.batch.job import RESULT_COLUMNS, Job, Result
from tsur_nlp.batch.rows import renamed
from tsur_nlp.batch.workbook_sheets import write_read, write_summary
from tsur_nlp.decision.fields import FIELDS
from tsur_nlp.decision.titles import ACTIONS, KINDS, OUTCOMES, URGENCY
from tsur_nlp.router import Router
from tsur_nlp.tables.cells import Cell, as_text
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.inspection import Inspection
from tsur_nlp.tables.workbook import MOMENT, Column, Sheet
from tsur_nlp.text.labels import label_key

LEAST_SHOWN = 0.05
"""An alternative below this share says nothing."""
CORRECTIONS = ("Верная тема", "Верный орган", "Комментарий")
SPLIT = ("Строка входа", "Вопрос")
SHARES = len(RESULT_COLUMNS) + 3
FIRST = ("action", "topic", "topic_confidence", "authority", "authority_confidence")
"""What an operator looks at first; then come the columns to correct it, then the rest."""
TITLES = {field.name: field.title for field in FIELDS}
ORDER = (*FIRST, *(name for name in RESULT_COLUMNS if name not in FIRST))
WIDE = {
    "topic": 34, "topic_2": 28, "topic_3": 28, "topic_group": 22, "authority": 38, "authority_2": 30,
    "authority_3": 30, "reasons": 50, "gist": 44, "ask": 34, "parts": 44, "notify": 26, "error": 24, "territory": 24,
    "vulnerable": 22,
}  # fmt: skip
in_order = itemgetter(*map(RESULT_COLUMNS.index, ORDER))
ALTERNATIVES = tuple(map(RESULT_COLUMNS.index, ("topic_2", "topic_3", "authority_2", "authority_3")))
WORDS: dict[str, dict[Any, str]] = {"action": ACTIONS, "kind": KINDS, "outcome": OUTCOMES, "urgency": URGENCY}
COLOURS = {
    "action": {
        ACTIONS["auto"]: "#D9EFD5",
        ACTIONS["review"]: "#FFF1B8",
        ACTIONS["redirect"]: "#DCE6F5",
        ACTIONS["not_an_appeal"]: "#E6E6E6",
    },
    "urgency": {URGENCY[3]: "#F4B6B0", URGENCY[2]: "#FAD7B0"},
}
TEXT_WIDTH, WIDEST, NARROWEST, IN_SIGHT = 60, 30, 8, 75
"""Characters: of the column of texts, of other input columns, and of what stays in sight while one scrolls."""
COUNTED = {
    "action": "Действие", "urgency": "Срочность", "topic": "Тема", "authority": "Орган", "territory": "Место",
}  # fmt: skip
ASIDE = 1000
"""Rows put aside that the workbook lists; all of them are in the table beside it."""


class DecisionBook:
    """The workbook of one run, `job`. `renamed`: input columns that got another head, since a result has theirs."""

    def __init__(self, job: Job, router: Router, inspection: Inspection, columns: Columns):
        self.job, self._router, self._inspection = job, router, inspection
        header = inspection.table.columns
        # A part of a message is not a message of the journal, and can't be corrected there.
        self._corrections = () if job.split else CORRECTIONS
        self._numbers = SPLIT if job.split else ()
        ours = (*(TITLES[name] for name in ORDER), *self._corrections, *self._numbers)
        self.renamed = renamed(header, ours, "{} (на входе)")
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
        self._counted = [(RESULT_COLUMNS.index(name), counts) for name, counts in self._counts.items()]
        self._aside: list[tuple[int, str]] = []
        self._rows = 0
        shown = [self._input(n, columns) for n in range(len(header))]
        self.sheet = Sheet(
            [*shown, *self._decision()],
            frozen=_in_sight(shown),
            lists={"Темы": sorted(title for _, title, _ in router.topics), "Органы": _bodies(router)},
            further=self._further,
        )
        self.columns = [column.title for column in self.sheet.columns]

    def row(self, number: int, question: int, cells: Sequence[Cell], result: Result) -> Sequence[Cell]:
        """Cells of a row: those of the input, the decision in Russian words, and room for corrections.

        `number`: of the row in the source; `question`: of the message's, if they are split.
        """
        self._rows += 1
        said = list(result[: len(RESULT_COLUMNS)])
        for at, share in zip(ALTERNATIVES, result[SHARES], strict=True):
            if share < LEAST_SHOWN:
                said[at] = ""
        for at, shown_as in SHOWN_AS:
            if said[at] != "":
                said[at] = shown_as(said[at])
        for at, counts in self._counted:
            counts[str(said[at])] += 1
        shown = in_order(said)
        told = [*cells, *shown[: len(FIRST)], *("" for _ in self._corrections), *shown[len(FIRST) :]]
        return [*told, number, question] if self._numbers else told

    def put_aside(self, row: Any) -> None:
        """Note a row that could not be used."""
        if len(self._aside) < ASIDE:
            self._aside.append((row.number, row.problem))

    def _input(self, n: int, columns: Columns) -> Column:
        name = self._inspection.table.columns[n]
        title = self.renamed.get(name, name)
        if n == columns.text:
            return Column(title, TEXT_WIDTH, wrap=True)
        formats = self._inspection.table.formats
        longest = max(
            (len(as_text(row.cells[n])) for row in self._inspection.table.sample if not row.problem), default=0
        )
        return Column(
            title,
            max(min(longest, WIDEST), min(len(title), 16), NARROWEST) + 2,
            wrap=longest > WIDEST,
            format=formats[n] if formats else "",
        )

    def _decision(self) -> list[Column]:
        def column(name: str) -> Column:
            sure = name.endswith("_confidence")
            return Column(
                TITLES[name],
                WIDE.get(name, 16),
                wrap=name in WIDE,
                format="0%" if sure else MOMENT if name == "deadline" else "",
                colours=COLOURS.get(name, {}),
                scale=sure,
                part="decision",
            )

        corrections = [
            Column(title, 34, wrap=True, choices=choices, part="correction")
            for title, choices in zip(self._corrections, ("Темы", "Органы", ""), strict=False)
        ]
        numbers = [Column(title, 12, part="decision") for title in self._numbers]
        return [*map(column, FIRST), *corrections, *map(column, ORDER[len(FIRST) :]), *numbers]

    def _further(self, book: Any) -> None:
        # A run taken up again gives the same bytes as one that was never broken off.
        book.set_properties({"created": self.job.received.replace(tzinfo=None)})
        blocks = {title: self._counts[name] for name, title in COUNTED.items()}
        write_summary(book, blocks, self._rows)
        about = [
            ("Модель", self._router.version),
            ("Регион", self._router.region.title if self._router.region else "—"),
            ("Разобрано", f"{self.job.received.astimezone(self._zone()):%d.%m.%Y %H:%M}"),
            ("Обещанная точность", f"{self.job.config.precision:.0%}"),
        ]
        write_read(book, self._inspection, about, self._aside, f"{self.job.target.name}.rejected.csv")

    def _zone(self) -> Any:
        return self._router.region.working_time.zone if self._router.region else None


@lru_cache(maxsize=10_000)
def _moment(deadline: str) -> datetime:
    """A deadline by the clocks of its region."""
    return datetime.fromisoformat(deadline).replace(tzinfo=None)


def _parts(questions: str) -> str:
    """Questions of a message, a line each."""
    return "\n".join(
        f"{n}. {part['topic']} — {part['authority']} ({ACTIONS[part['action']]})"
        for n, part in enumerate(json.loads(questions), 1)
    )


def _in_words(words: Mapping[Any, str]) -> Callable[[Cell], Cell]:
    return lambda value: words.get(value, value)


SHOWN_AS: list[tuple[int, Callable[[Cell], Cell]]] = [
    *((RESULT_COLUMNS.index(name), _in_words(words)) for name, words in WORDS.items()),
    (RESULT_COLUMNS.index("deadline"), _moment),
    (RESULT_COLUMNS.index("parts"), _parts),
]
"""Cells that an operator reads in another way than a program does."""


def _in_sight(columns: Sequence[Column]) -> int:
    """How many of the first columns stay in sight: as many as leave room for the rest, one at least."""
    width, count = 0.0, 0
    for column in columns:
        width += column.width
        if width > IN_SIGHT:
            break
        count += 1
    return max(count, 1)


def _bodies(router: Router) -> list[str]:
    """Titles an operator may choose from: bodies of power first, then institutions."""
    if router.region is not None:
        known = sorted(router.region.authorities.values(), key=lambda body: (bool(body.kind), label_key(body.title)))
        return list(dict.fromkeys(body.title for body in known))
    return sorted(router.model.heads["authority"].labels) if "authority" in router.model.heads else []
