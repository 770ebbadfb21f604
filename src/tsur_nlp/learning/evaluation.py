"""How good a model is on a labelled table: figures, and one self-contained HTML page."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
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

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#1d1d1f}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .7em;border-bottom:1px solid #ddd;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}h2{margin-top:2em;border-top:2px solid #eee;padding-top:1em}
figure{display:inline-block;margin:1em 2em 1em 0}figcaption{color:#555;max-width:340px}
.confusion td{padding:0;width:20px;height:20px;border:0;font-size:9px;text-align:center}
.confusion th{border:0;font-size:11px;font-weight:400;padding:0 .4em;white-space:nowrap;text-align:right}
@media print{body{max-width:none}h2{break-before:page}}
"""


def html_report(evaluation: Evaluation, title: str) -> str:
    """Figures, plots, confusion matrix and per-label table on one page that loads nothing from anywhere."""
    quality_by_head = {name: result.quality for name, result in evaluation.heads.items()}
    header, *rows = figures_table(quality_by_head)
    parts = [
        f'<!doctype html><html lang="ru"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>',
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(remark)}</p>" for remark in evaluation.remarks),
        _table(header, rows),
    ]
    for name, result in evaluation.heads.items():
        parts += [f"<h2>{HEADS[name]}</h2>", _reliability_plot(result), _risk_plot(result), _confusion(result)]
        parts += ["<h3>По меткам</h3>", _per_label(result)]
    return "\n".join(parts)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td{' class=n' if i else ''}>{escape(cell)}</td>" for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _plot(points: Sequence[tuple[float, float]], extra: str, dots: bool, x: str, y: str, caption: str) -> str:
    """A square plot of shares 0 … 1 as inline SVG."""
    placed = " ".join(f"{40 + 280 * across:.1f},{300 - 280 * up:.1f}" for across, up in points)
    marks = "".join(
        f'<circle cx="{40 + 280 * across:.1f}" cy="{300 - 280 * up:.1f}" r="4" fill="#0b5cad"/>'
        for across, up in points
    )
    ticks = "".join(
        f'<text x="{40 + 280 * t / 10}" y="318" text-anchor="middle">{t / 10:g}</text>'
        f'<text x="34" y="{304 - 28 * t}" text-anchor="end">{t / 10:g}</text>'
        f'<path d="M40 {300 - 28 * t}H320" stroke="#eee"/>'
        for t in range(0, 11, 2)
    )
    return (
        f'<figure><svg width="340" height="345" viewBox="0 0 340 345" font-size="11" role="img" '
        f'aria-label="{escape(caption)}">{ticks}<path d="M40 20V300H320" fill="none" stroke="#333"/>{extra}'
        f'<polyline points="{placed}" fill="none" stroke="#0b5cad" stroke-width="2"/>{marks if dots else ""}'
        f'<text x="180" y="338" text-anchor="middle">{x}</text><text x="44" y="14">{y}</text></svg>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _reliability_plot(result: HeadResult) -> str:
    points = [(sure, share) for sure, share, _ in reliability(result.confidence, result.right)]
    diagonal = '<path d="M40 300L320 20" stroke="#999" stroke-dasharray="4"/>'
    caption = f"Надёжность: у честной уверенности точки лежат на диагонали. ECE {result.quality.ece:.3f}"
    return _plot(points, diagonal, True, "уверенность", "доля верных", caption)


def _risk_plot(result: HeadResult) -> str:
    coverage, precision = risk_coverage(result.confidence, result.right)
    steps = np.unique(np.linspace(0, len(coverage) - 1, 200).astype(int))
    points = [(float(coverage[i]), float(precision[i])) for i in steps if coverage[i] >= 0.02]
    caption = "Точность, если отвечать, начиная с самых уверенных, на такую долю сообщений"
    return _plot(points, "", False, "охват", "точность", caption)


def _confusion(result: HeadResult) -> str:
    """The commonest labels against each other; rows are the truth, darker is more."""
    shown = [label for label, _ in Counter(result.truth).most_common(CONFUSED_SHOWN)]
    pairs = Counter(zip(result.truth, result.predicted, strict=True))
    totals = Counter(result.truth)
    titles = _titles(shown)
    rows = []
    for i, true in enumerate(shown, 1):
        cells = []
        for other in shown:
            count = pairs[true, other]
            shade = count / totals[true]
            colour = "#0b6b3a" if true == other else "#b3261e"
            hint = escape(f"{titles[true]} → {titles[other]}: {count}")
            inner = str(count) if count else ""
            ink = "#fff" if shade > 0.45 else "#000"
            style = f"background:color-mix(in srgb,{colour} {100 * shade:.0f}%,#f4f4f4);color:{ink}"
            cells.append(f'<td title="{hint}" style="{style}">{inner}</td>')
        rows.append(f"<tr><th>{escape(titles[true][:60])} {i}</th>{''.join(cells)}</tr>")
    numbers = "".join(f"<td>{i}</td>" for i in range(1, len(shown) + 1))
    return (
        f"<h3>Что с чем путается</h3><p>Самые частые метки: строка — как в таблице, столбец — ответ модели.</p>"
        f'<table class="confusion"><tr><th></th>{numbers}</tr>{"".join(rows)}</table>'
    )


def _per_label(result: HeadResult) -> str:
    labels = [label for label, _ in Counter(result.truth).most_common()]
    scores = precision_recall_fscore_support(result.truth, result.predicted, labels=labels, zero_division=0)
    titles = _titles(labels)
    rows = [
        [titles[label], str(int(support)), f"{precision:.2f}", f"{recall:.2f}", f"{f1:.2f}"]
        for label, precision, recall, f1, support in zip(labels, *scores, strict=True)
    ]
    return _table(["Метка", "Текстов", "Точность", "Полнота", "F1"], rows)


def _titles(labels: Sequence[str]) -> dict[str, str]:
    catalog = load_catalog()
    known = {code: topic.title for code, topic in catalog.topics.items()}
    known |= {code: role.title for code, role in catalog.roles.items()}
    return {label: known.get(label, label) for label in labels}
