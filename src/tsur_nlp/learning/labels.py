"""Labels that are likely wrong: by confident learning on out-of-fold probabilities, and by near-duplicates that differ.

Confident learning is Northcutt, Jiang, Chuang, «Confident learning: estimating uncertainty in dataset labels», 2021,
as the library cleanlab has it.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tsur_nlp.errors import MissingExtraError
from tsur_nlp.learning.examples import Examples
from tsur_nlp.learning.folds import near_duplicate_groups
from tsur_nlp.learning.training import train
from tsur_nlp.tables.workbook import Column, Sheet
from tsur_nlp.tables.writers import write_table

COLUMNS = (
    Column("Строка", 9),
    Column("Текст", 60, wrap=True),
    Column("Метка", 34, wrap=True),
    Column("Скорее", 34, wrap=True, part="decision"),
    Column("Уверенность", 14, format="0%", scale=True, part="decision"),
    Column("Уверенность в метке", 14, format="0%", scale=True, part="decision"),
    Column("Почему", 34, wrap=True, part="decision"),
    Column("Верная метка", 34, wrap=True, choices="Метки", part="correction"),
    Column("Комментарий", 30, wrap=True, part="correction"),
)
MOST = 200
"""Doubts that a person can read at a sitting."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label to look at.

    `row`: of the table, from 1; `own`, `confidence`: probabilities of the label given and of the likelier one, both
    out of fold; `alike`: rows of near-duplicates with other labels, if that is the reason.
    """

    row: int
    text: str
    label: str
    likelier: str
    confidence: float
    own: float
    alike: tuple[int, ...] = ()

    @property
    def cells(self) -> tuple[object, ...]:
        """Cells of COLUMNS; the last two are for the reviewer."""
        why = "по словам текста скорее другая метка"
        if self.alike:
            why = "почти такой же текст с другой меткой: строки " + ", ".join(map(str, self.alike))
        return (
            self.row,
            self.text,
            self.label,
            self.likelier,
            round(self.confidence, 3),
            round(self.own, 3),
            why,
            "",
            "",
        )


def doubtful(examples: Examples, head: str, progress: Callable[[str], None] = lambda stage: None) -> list[Doubt]:
    """Labels to look at, first those against which the text or its near-duplicates speak most.

    `head`: «topic» or «authority». Raises TableError if cleanlab is not installed.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        raise MissingExtraError("проверки меток", "cleanlab", "labels") from None
    trained = train(examples, progress=progress)
    progress("Поиск сомнительных меток")
    names = trained.model.heads[head].labels
    truth = trained.truth[head]
    rows = np.array([i for i, label in enumerate(truth) if label])
    met = sorted({truth[i] for i in rows})
    columns = [names.index(label) for label in met]
    probabilities = trained.oof[head][rows][:, columns].astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    given = np.array([met.index(truth[i]) for i in rows])
    with warnings.catch_warnings():
        # Rare labels are looked at less; there are many of them, and a warning for each helps nobody.
        warnings.filterwarnings("ignore", "May not flag all label issues")
        issues = find_label_issues(given, probabilities, return_indices_ranked_by="normalized_margin", n_jobs=1)
    doubts: dict[int, Doubt] = {}
    for at in issues:
        likelier = int(probabilities[at].argmax())
        i = int(rows[at])
        if likelier != given[at]:
            pair = float(probabilities[at, likelier]), float(probabilities[at, given[at]])
            doubts[i] = Doubt(_row(examples, i), examples.texts[i], truth[i], met[likelier], *pair)
    torn = (one for i, one in _torn(examples, truth).items() if i not in doubts)
    return sorted([*doubts.values(), *torn], key=lambda one: one.own - one.confidence)


def write_doubts(doubts: Sequence[Doubt], labels: Sequence[str], file: Path) -> None:
    """A table for the reviewer; in a workbook the right label is chosen from a list. Raises TableError."""
    sheet = Sheet(COLUMNS, "Сомнительные метки", frozen=2, lists={"Метки": labels})
    with write_table(file, [column.title for column in COLUMNS], sheet=sheet) as writer:
        for one in doubts:
            writer.write(one.cells)


def _torn(examples: Examples, truth: Sequence[str]) -> dict[int, Doubt]:
    """Texts, by their place, whose near-duplicates mostly have another label, or half of them."""
    groups = near_duplicate_groups(examples.texts)
    members: dict[int, list[int]] = {}
    for i, group in enumerate(groups.tolist()):
        if truth[i]:
            members.setdefault(group, []).append(i)
    found: dict[int, Doubt] = {}
    for together in members.values():
        counts = Counter(truth[i] for i in together)
        (usual, most), *_ = counts.most_common(1)
        for i in together:
            own = counts[truth[i]]
            if len(counts) > 1 and (truth[i] != usual or own * 2 <= len(together)):
                others = tuple(_row(examples, j) for j in together if truth[j] != truth[i])
                likelier = usual if truth[i] != usual else next(one for one in counts if one != usual)
                share = (most if truth[i] != usual else counts[likelier]) / len(together)
                found[i] = Doubt(
                    _row(examples, i), examples.texts[i], truth[i], likelier, share, own / len(together), others
                )
    return found


def _row(examples: Examples, i: int) -> int:
    return examples.rows[i] if examples.rows else i + 1
