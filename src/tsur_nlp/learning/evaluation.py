"""How good a model is on a labelled table: figures, and one self-contained HTML page."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from tsur_nlp.catalog.crosswalks import topics_meant_by
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.errors import TableError
from tsur_nlp.learning.card import HEADS, figures_table
from tsur_nlp.learning.examples import read_examples
from tsur_nlp.learning.linear import Admissible
from tsur_nlp.learning.metrics import Quality, answers, quality, reliability, risk_coverage
from tsur_nlp.learning.pages import PAGES
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.tables.table import BY_ITSELF, Reading

CONFUSED_SHOWN = 25
"""Labels in the confusion matrix: the commonest."""


@dataclass(frozen=True)
class HeadResult:
    """What was found for one head. `truth`, `predicted`: labels; `confidence`, `right`: shape (n_texts,)."""

    quality: Quality
    truth: tuple[str, ...]
    predicted: tuple[str, ...]
    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]

    def curve(self) -> list[tuple[float, float]]:
        """(coverage, precision) at every tenth of the texts, answered from the surest down."""
        coverage, precision = risk_coverage(self.confidence, self.right)
        steps = [int(np.ceil(len(coverage) * tenth / 10)) - 1 for tenth in range(1, 11)]
        return [(float(coverage[i]), float(precision[i])) for i in steps]


@dataclass(frozen=True)
class Evaluation:
    """Results by head and what was wrong with the table."""

    heads: Mapping[str, HeadResult]
    remarks: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Figures, the risk–coverage curve at every tenth, and remarks."""
        content: dict[str, object] = {"remarks": list(self.remarks)}
        for name, result in self.heads.items():
            curve = [{"coverage": round(at, 4), "precision": round(kept, 4)} for at, kept in result.curve()]
            content[name] = {key: round(value, 4) for key, value in asdict(result.quality).items()} | {"curve": curve}
        return content


def evaluate(
    model: AppealModel,
    file: Path,
    text: str | None = None,
    topic: str | None = None,
    authority: str | None = None,
    how: Reading = BY_ITSELF,
    progress: Callable[[str], None] = lambda stage: None,
) -> Evaluation:
    """Measure a model on a labelled table; columns are found by their usual names if not given.

    For a model of catalogue topics, labels of known sources are translated. A model of roles is measured by topics
    alone, unless a column of roles is named: a table of bodies says nothing about roles.
    Raises TableError if no label of the table is known to the model.
    """
    measured = "authority" in model.heads
    progress("Чтение таблицы")
    examples = read_examples(file, text, topic, authority if measured else None, measured and not model.roles, how)
    found = _probabilities(model, examples.texts, progress)
    progress("Подсчёт показателей")
    heads: dict[str, HeadResult] = {}
    remarks = list(examples.remarks)
    columns = {"topic": examples.topics} | ({"authority": examples.authorities} if examples.authorities else {})
    for name, labels in columns.items():
        admissible = [_translated(model, name, row[0]) if row else () for row in labels]
        rows = [i for i, row in enumerate(admissible) if row]
        if not any(set(admissible[i]) & set(model.heads[name].labels) for i in rows):
            if name == "authority" and authority is None:
                remarks.append("Орган не измерен: меток найденного столбца модель не знает")
                continue
            raise TableError(f"{file.name}: ни одной метки столбца «{HEADS[name].lower()}» модель не знает")
        unknown = len({labels[i] for i in rows if not set(admissible[i]) & set(model.heads[name].labels)})
        if unknown:
            remarks.append(f"{HEADS[name]}: меток, которых модель не знает: {unknown}; их тексты считаются ошибками")
        heads[name] = _result(found[name][rows], model.heads[name].labels, [admissible[i] for i in rows])
    return Evaluation(heads, tuple(remarks))


def _probabilities(
    model: AppealModel, texts: Sequence[str], progress: Callable[[str], None]
) -> dict[str, NDArray[np.float32]]:
    """Probabilities of all texts, with the share done told ten times."""
    size = max(-(-len(texts) // 10), 1)
    parts = []
    for start in range(0, len(texts), size):
        progress(f"Ответы модели: {start / len(texts):.0%}")
        parts.append(model.probabilities(texts[start : start + size]))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _translated(model: AppealModel, head: str, label: str) -> Admissible:
    """The model's labels that a table's label may mean; the label itself where nothing is known of it."""
    if head == "topic" and model.catalog_topics and label not in load_catalog().topics:
        return topics_meant_by(label) or (label,)
    return (label,)


def _result(probabilities: NDArray[np.float32], labels: Sequence[str], admissible: Sequence[Admissible]) -> HeadResult:
    """A wide label counts as met if any topic it may mean was answered; else as its first."""
    best = [labels[i] for i in probabilities.argmax(axis=1)]
    top3 = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    truth = []
    for one, row, top in zip(best, admissible, top3, strict=True):
        among = [labels[i] for i in top if labels[i] in row]
        truth.append(one if one in row else (among or list(row))[0])
    predicted, confidence, right = answers(probabilities.astype(np.float64), labels, truth)
    return HeadResult(
        quality(probabilities.astype(np.float64), labels, truth), tuple(truth), tuple(predicted), confidence, right
    )


# ------------------------------------------------------------------------------
#   The page
# ------------------------------------------------------------------------------


def html_report(evaluation: Evaluation, title: str) -> str:
    """Figures, plots, confusion matrix and per-label table on one page that loads nothing from anywhere."""
    return PAGES.get_template("evaluation.html").render(
        title=title,
        remarks=evaluation.remarks,
        figures=figures_table({name: result.quality for name, result in evaluation.heads.items()}),
        heads=[
            {
                "title": HEADS[name],
                "ece": result.quality.ece,
                "reliability": [(sure, share) for sure, share, _ in reliability(result.confidence, result.right)],
                "risk": _risk(result),
                "confusion": _confusion(result),
                "labels": _per_label(result),
            }
            for name, result in evaluation.heads.items()
        ],
    )


def _risk(result: HeadResult) -> list[tuple[float, float]]:
    """Coverage and precision at so many of its points that a plot shows the curve."""
    coverage, precision = risk_coverage(result.confidence, result.right)
    steps = np.unique(np.linspace(0, len(coverage) - 1, 200).astype(int))
    return [(float(coverage[i]), float(precision[i])) for i in steps if coverage[i] >= 0.02]


def _confusion(result: HeadResult) -> list[tuple[str, list[tuple[str, int, float]]]]:
    """The commonest labels, each with the answers given to it: label, texts, share."""
    totals = Counter(result.truth)
    shown = [label for label, _ in totals.most_common(CONFUSED_SHOWN)]
    pairs = Counter(zip(result.truth, result.predicted, strict=True))
    titles = _titles(shown)
    return [
        (titles[true], [(titles[other], pairs[true, other], pairs[true, other] / totals[true]) for other in shown])
        for true in shown
    ]


def _per_label(result: HeadResult) -> list[list[str]]:
    labels = [label for label, _ in Counter(result.truth).most_common()]
    scores = precision_recall_fscore_support(result.truth, result.predicted, labels=labels, zero_division=0)
    titles = _titles(labels)
    return [
        [titles[label], str(int(support)), f"{precision:.2f}", f"{recall:.2f}", f"{f1:.2f}"]
        for label, precision, recall, f1, support in zip(labels, *scores, strict=True)
    ]


def _titles(labels: Sequence[str]) -> dict[str, str]:
    catalog = load_catalog()
    known = {code: topic.title for code, topic in catalog.topics.items()}
    known |= {code: role.title for code, role in catalog.roles.items()}
    return {label: known.get(label, label) for label in labels}
