"""From labelled texts to a calibrated model. Reads from top to bottom.

    texts ─► folds ─► out-of-fold scores ─► sharpness, links, thresholds ─┐
      └────────────────────────────────────► features ─► heads ─────────┴─► AppealModel

Everything that is promised (probabilities, thresholds, the figures of the card) is measured on
out-of-fold scores, near-duplicates always in one fold; then the model is fitted on all texts. The
vocabulary and its idf, which know nothing of labels, are learned once from all texts.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from tsur_nlp.learning.examples import Examples, Lesson, lessons_for_labels
from tsur_nlp.learning.features import WordFeatures
from tsur_nlp.learning.folds import grouped_folds, near_duplicate_groups
from tsur_nlp.learning.linear import Admissible, LinearHead, Margin, Ridge, Setting, fit_linear, scalar_products
from tsur_nlp.learning.metrics import Quality, answers, quality, select, set_cuts
from tsur_nlp.learning.names import personal_names
from tsur_nlp.model.calibration import ConfidenceCalibration, signs, softmax
from tsur_nlp.model.classifier import AppealModel, Head, TopicAuthorityPrior, linked
from tsur_nlp.model.weights import Weights
from tsur_nlp.text.tokens import words

FOLDS = 5
USUAL = Ridge(alpha=7.0, balance=0.4)
"""Good on all tables of docs/experiments.md; others are tried on the folds."""
ALPHAS = (2.0, 14.0)
BALANCES = (0.2, 0.6)
MARGINS = (Margin(0.15), Margin(0.6), Margin(2.4))
"""Tried where scalar products would take too much room: the more texts, the larger errors may weigh."""
MOST_IN_DUAL = 20_000
"""Texts and lessons; their products take 1.6 GB then, and most of it again while a head is fitted."""
MANY_TEXTS = 6000
"""Texts from which settings are compared on one fold only, which is large enough."""
FEWEST_TO_CALIBRATE = 50
"""Texts. Below this out-of-fold scores say too little; the model is trained, and sends nothing on by itself."""
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Tried weights of topic links in the choice of the authority."""

Floats = NDArray[np.float32]
Chosen = TypeVar("Chosen", bound=Setting)
Labels = Mapping[str, Sequence[Admissible]]
"""For each head, admissible labels of each text; an empty tuple where the text is not labelled for it."""


@dataclass(frozen=True)
class Trained:
    """A model and what cross-validation said of it.

    `oof`: out-of-fold probabilities by head; `truth`: the true label of each text, "" where there is none;
    `lengths`: words of each text.
    """

    model: AppealModel
    quality: Mapping[str, Quality]
    remarks: tuple[str, ...]
    oof: Mapping[str, Floats]
    truth: Mapping[str, tuple[str, ...]]
    lengths: tuple[int, ...]


def train(
    examples: Examples,
    lessons: Sequence[Lesson] | None = None,
    links_prior: Callable[[Sequence[str], Sequence[str]], NDArray[np.float64]] | None = None,
    min_texts: int = 1,
    setting: Setting | None = None,
    seed: int = 0,
    jobs: int | None = None,
    progress: Callable[[str], None] = lambda stage: None,
    **settings: Any,
) -> Trained:
    """Fit, calibrate and measure.

    `lessons`: written texts that teach beside the appeals; by default what is known of the labels.
    `links_prior`: what is known of who answers for which topic, as counts for given topics and authorities;
    the table's own counts are added. `min_texts`: see WordFeatures.
    `setting`: how the heads are fitted, if that is known; else it is chosen on the folds.
    `settings` go to AppealModel. Deterministic for one seed, one number of `jobs` (cores used; all, up to five, if
    not given) and one version of scikit-learn.
    """
    jobs = jobs or default_jobs()
    labels: dict[str, Sequence[Admissible]] = {"topic": examples.topics}
    if examples.authorities is not None:
        labels["authority"] = examples.authorities
    if lessons is None:
        lessons = list(
            lessons_for_labels(*(sorted({label for row in rows for label in row}) for rows in labels.values()))
        )
    written = {"topic": [lesson.topic for lesson in lessons], "authority": [lesson.authority for lesson in lessons]}
    teaching = {name: [*rows, *written[name]] for name, rows in labels.items()}
    names = {name: tuple(sorted({label for row in rows for label in row})) for name, rows in teaching.items()}

    progress("Похожие тексты собираются вместе")
    folds = grouped_folds(near_duplicate_groups(examples.texts), FOLDS, seed)
    progress("Слова и их части, без имён людей")
    names_found = personal_names(examples.texts, jobs)
    features = WordFeatures(min_texts, names_found)
    matrix = features.fit_transform([*examples.texts, *(lesson.text for lesson in lessons)])
    progress("Проверка на отложенных частях")
    weights = np.array([*(examples.weights or [1.0] * len(examples.texts)), *[1.0] * len(lessons)])
    room = _room(matrix, weights, jobs, setting)
    chosen: dict[str, Setting] = {}
    scores: dict[str, Floats] = {}
    with threadpool_limits(jobs):
        for name in labels:
            chosen[name] = setting or _best_setting(room, teaching[name], names[name], folds)
            scores[name] = _out_of_fold(room, teaching[name], names[name], folds, [chosen[name]])[0]
    progress("Настройка уверенности")
    truth = {name: _settled(labels[name], scores[name], names[name]) for name in labels}
    calibrated = len(examples.texts) >= FEWEST_TO_CALIBRATE
    counts = {name: Counter(label for row in rows for label in row) for name, rows in labels.items()}
    found = _calibrate(scores, truth, names, counts, _count_links(labels, names, links_prior), calibrated)

    progress("Обучение на всех текстах")
    everything = np.arange(matrix.shape[0])
    with threadpool_limits(jobs):
        fitted = room.workers(
            delayed(_fit)(matrix, room.products, weights, teaching[name], names[name], everything, chosen[name])
            for name in labels
        )
    heads = dict(zip(labels, fitted, strict=True))
    model = _assemble(features, heads, counts, found, settings)
    remarks = (*examples.remarks, *_remarks(examples, calibrated))
    lengths = tuple(len(words(text)) for text in examples.texts)
    return Trained(model, found.quality, remarks, found.oof, truth, lengths)


def default_jobs() -> int:
    return min(os.cpu_count() or 1, FOLDS)


# ------------------------------------------------------------------------------
#   Fitting
# ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """What heads are fitted from: features of texts and lessons, their products if there is room for them, how much
    each counts; and by whom."""

    features: sp.csr_matrix
    products: Floats | None
    weights: NDArray[np.float64]
    workers: Parallel


def _room(features: sp.csr_matrix, weights: NDArray[np.float64], jobs: int, setting: Setting | None) -> Room:
    """Ridges are solved one by one, on all cores each. Support vector machines, which use one core, are shared
    out: to processes, since liblinear keeps one random state for all threads and training must be repeatable."""
    if isinstance(setting, Margin) or features.shape[0] > MOST_IN_DUAL:
        return Room(features, None, weights, Parallel(n_jobs=jobs))
    return Room(features, scalar_products(features), weights, Parallel(n_jobs=1))


def _fit(
    features: sp.csr_matrix,
    products: Floats | None,
    weights: NDArray[np.float64],
    admissible: Sequence[Admissible],
    names: Sequence[str],
    rows: NDArray[np.int64],
    setting: Setting,
) -> LinearHead:
    """A head from the labelled ones among some rows of the features, columns in the order of `names`."""
    used = np.array([i for i in rows if admissible[i]], dtype=np.int64)
    return _in_order(fit_linear(features, products, used, [admissible[i] for i in used], setting, weights[used]), names)


def _in_order(head: LinearHead, names: Sequence[str]) -> LinearHead:
    """The head with a column for each name; labels it never met score lowest of all."""
    column = {label: i for i, label in enumerate(head.labels)}
    coefficients = np.zeros((len(head.coefficients), len(names)), np.float32)
    intercept = np.full(len(names), head.intercept.min() - 1, np.float32)
    for i, name in enumerate(names):
        if name in column:
            coefficients[:, i] = head.coefficients[:, column[name]]
            intercept[i] = head.intercept[column[name]]
    return LinearHead(tuple(names), coefficients, intercept)


def _scores_of_fold(
    features: sp.csr_matrix,
    products: Floats | None,
    weights: NDArray[np.float64],
    admissible: Sequence[Admissible],
    names: Sequence[str],
    outside: NDArray[np.bool_],
    setting: Setting,
) -> Floats:
    """Scores of a fold by a head that never saw it or its near-duplicates; lessons, which come last, always teach."""
    lessons = np.arange(len(outside), features.shape[0])
    rows = np.concatenate([np.flatnonzero(~outside), lessons])
    return _fit(features, products, weights, admissible, names, rows, setting).scores(features[np.flatnonzero(outside)])


def _out_of_fold(
    room: Room,
    admissible: Sequence[Admissible],
    names: Sequence[str],
    folds: NDArray[np.int64],
    settings: Sequence[Setting],
    compared: int = FOLDS,
) -> list[Floats]:
    """Out-of-fold scores by each setting, shape (n_texts, n_labels); zeros beyond the `compared` first folds."""
    parts = [folds == fold for fold in np.unique(folds)[:compared]]
    found = iter(
        room.workers(
            delayed(_scores_of_fold)(room.features, room.products, room.weights, admissible, names, part, setting)
            for setting in settings
            for part in parts
        )
    )
    scores = [np.zeros((len(folds), len(names)), np.float32) for _ in settings]
    for one in scores:
        for part in parts:
            one[part] = next(found)
    return scores


def _best_setting(
    room: Room, admissible: Sequence[Admissible], names: Sequence[str], folds: NDArray[np.int64]
) -> Setting:
    """The setting with the best mean of top-1, top-3 and macro-F1 on the folds; of ridges, alpha before balance."""
    if len(folds) < FEWEST_TO_CALIBRATE:
        return USUAL
    compared = FOLDS if len(folds) < MANY_TEXTS else 1
    rows = np.flatnonzero(np.isin(folds, np.unique(folds)[:compared]))

    def worth(scores: Floats) -> float:
        truth = _settled([admissible[int(i)] for i in rows], scores[rows], names)
        labelled = [i for i, label in enumerate(truth) if label]
        found = quality(scores[rows][labelled].astype(np.float64), names, [truth[i] for i in labelled])
        return found.top1 + found.top3 + found.macro_f1

    def best(settings: Sequence[Chosen]) -> Chosen:
        worths = map(worth, _out_of_fold(room, admissible, names, folds, settings, compared))
        return max(zip(worths, settings, strict=True), key=lambda pair: pair[0])[1]

    if room.products is None:
        return best(MARGINS)
    first = best((USUAL, *(Ridge(alpha, USUAL.balance) for alpha in ALPHAS)))
    return best((first, *(replace(first, balance=balance) for balance in BALANCES)))


# ------------------------------------------------------------------------------
#   Calibration
# ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calibration:
    """What out-of-fold scores taught, by head: the head's settings, its quality, its probabilities."""

    settings: Mapping[str, Mapping[str, Any]]
    quality: Mapping[str, Quality]
    oof: Mapping[str, Floats]
    links: TopicAuthorityPrior | None


def _calibrate(
    scores: Mapping[str, Floats],
    truth: Mapping[str, Sequence[str]],
    names: Mapping[str, Sequence[str]],
    examples: Mapping[str, Counter[str]],
    link_table: Floats | None,
    calibrated: bool,
) -> Calibration:
    """Settle each head's confidence; `topic` comes first, since links make authorities lean on topics."""
    settings: dict[str, dict[str, Any]] = {}
    figures: dict[str, Quality] = {}
    raw: dict[str, Floats] = {}
    oof: dict[str, Floats] = {}
    links: TopicAuthorityPrior | None = None
    for name, labels in names.items():
        rows = np.array([i for i, label in enumerate(truth[name]) if label])
        right = [truth[name][int(i)] for i in rows]
        sharpness = _sharpness(scores[name][rows], labels, right) if calibrated else 1.0
        raw[name] = softmax(scores[name] * np.float32(sharpness))
        if link_table is not None and name == "authority" and calibrated:
            links = _best_links(raw["topic"], raw[name], link_table, labels, rows, right)
            raw[name] = linked(raw[name], raw["topic"], links) if links else raw[name]
        seen = [examples[name][label] for label in labels]
        trust = (
            _trust(raw[name][rows], scores[name][rows], seen, labels, right) if calibrated else ConfidenceCalibration()
        )
        oof[name] = trust.correct(raw[name], scores[name], seen)
        probabilities = oof[name][rows].astype(np.float64)
        figures[name] = quality(probabilities, labels, right)
        settings[name] = {"sharpness": sharpness, "trust": trust}
        if calibrated:
            _, confidence, is_right = answers(probabilities, labels, right)
            settings[name] |= {
                "selection": select(confidence, is_right),
                "sets": set_cuts(probabilities, labels, right),
            }
    return Calibration(settings, figures, oof, links)


def _settled(rows: Sequence[Admissible], scores: Floats, names: Sequence[str]) -> tuple[str, ...]:
    """The label each text counts as having: the likeliest of those it may have; "" if it is not labelled."""
    column = {name: i for i, name in enumerate(names)}
    return tuple(
        max(row, key=lambda label: float(values[column[label]])) if row else ""
        for row, values in zip(rows, scores, strict=True)
    )


def _sharpness(scores: Floats, names: Sequence[str], truth: Sequence[str]) -> float:
    """The softmax scale at which the likeliest label's probability tells best whether it is right.

    Log loss of the answer, not of all labels: labels with one example are never learned out of fold, and
    their hopeless probabilities would drown everything else.
    """
    best = scores.argmax(axis=1)
    right = np.array([names[int(i)] == label for i, label in zip(best, truth, strict=True)])

    def loss(log_sharpness: float) -> float:
        confidence = softmax(scores * np.float32(np.exp(log_sharpness))).max(axis=1).clip(1e-6, 1 - 1e-6)
        return float(-np.log(np.where(right, confidence, 1 - confidence)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 5.0), method="bounded").x))


def _trust(
    probabilities: Floats, scores: Floats, examples: Sequence[int], names: Sequence[str], truth: Sequence[str]
) -> ConfidenceCalibration:
    """Slopes and offset with the least log loss of the answer, by logistic regression on its signs."""
    right = answers(probabilities.astype(np.float64), names, truth)[2]
    if right.all() or not right.any():
        return ConfidenceCalibration()
    told = signs(probabilities, scores, examples)
    middle, spread = told.mean(axis=0), np.maximum(told.std(axis=0), 1e-9)
    found = LogisticRegression(C=1.0).fit((told - middle) / spread, right)
    slopes = found.coef_[0] / spread
    return ConfidenceCalibration(tuple(float(slope) for slope in slopes), float(found.intercept_[0] - slopes @ middle))


def _count_links(
    labels: Labels,
    names: Mapping[str, Sequence[str]],
    prior: Callable[[Sequence[str], Sequence[str]], NDArray[np.float64]] | None,
) -> Floats | None:
    """Shares of authorities by topic, counted in the table and drawn towards the shares over all topics."""
    if "authority" not in labels:
        return None
    topic = {name: i for i, name in enumerate(names["topic"])}
    authority = {name: i for i, name in enumerate(names["authority"])}
    counts = prior(names["topic"], names["authority"]) if prior else np.zeros((len(topic), len(authority)))
    for topics, authorities in zip(labels["topic"], labels["authority"], strict=True):
        for one in topics:
            for other in authorities:
                counts[topic[one], authority[other]] += 1 / (len(topics) * len(authorities))
    smoothed = counts + counts.sum(axis=0) / counts.sum()
    return np.asarray(smoothed / smoothed.sum(axis=1, keepdims=True), dtype=np.float32)


def _best_links(
    topics: Floats,
    authorities: Floats,
    table: Floats,
    labels: Sequence[str],
    rows: NDArray[np.int64],
    truth: Sequence[str],
) -> TopicAuthorityPrior | None:
    """The prior with the share that best names the right body out of fold, first or among three, if any helps."""
    column = {label: i for i, label in enumerate(labels)}
    right = np.array([column[label] for label in truth])[:, None]

    def named(share: float) -> float:
        mixed = linked(authorities[rows], topics[rows], TopicAuthorityPrior(table, share))
        hits = np.argsort(-mixed, axis=1, kind="stable")[:, :3] == right
        return float(hits[:, 0].mean() + hits.any(axis=1).mean())

    share = max(SHARES, key=named)
    return TopicAuthorityPrior(table, share) if share else None


# ------------------------------------------------------------------------------
#   Assembly
# ------------------------------------------------------------------------------


def _assemble(
    features: WordFeatures,
    heads: Mapping[str, LinearHead],
    examples: Mapping[str, Counter[str]],
    found: Calibration,
    settings: Mapping[str, Any],
) -> AppealModel:
    assembled: dict[str, Head] = {}
    start = 0
    for name, head in heads.items():
        counts = tuple(examples[name][label] for label in head.labels)
        assembled[name] = Head(head.labels, start, examples=counts, **found.settings[name])
        start += len(head.labels)
    weights = Weights.pack(
        np.hstack([head.coefficients for head in heads.values()]),
        np.concatenate([head.intercept for head in heads.values()]),
    )
    return AppealModel(features.vocabulary_, weights, assembled, links=found.links, **settings)


def _remarks(examples: Examples, calibrated: bool) -> list[str]:
    if calibrated:
        return []
    return [
        f"Текстов {len(examples.texts)}, меньше {FEWEST_TO_CALIBRATE}: уверенность не проверена, всё пойдёт на просмотр"
    ]


def figures(quality_by_head: Mapping[str, Quality]) -> dict[str, dict[str, float]]:
    """Figures as plain numbers, rounded for people."""
    return {
        name: {key: round(value, 4) for key, value in asdict(found).items()} for name, found in quality_by_head.items()
    }
