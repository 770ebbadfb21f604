"""Measures of a classifier's answers and of how much its confidence can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from tsur_nlp.model.calibration import ConformalThreshold, OperatingPoint, operating_point

Array = NDArray[np.float64]

BINS = 15
GRID = tuple(round(0.5 + 0.01 * step, 2) for step in range(50))
"""Precisions a threshold is prepared for."""
FIRST_TRIED = 0.1
"""Coverage at which the search for a threshold begins: fewer texts can promise little."""
SMALLEST_CUT = 1e-4
"""Sets cut lower would hold half the catalogue."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one head. `baseline`: top-1 of always naming the commonest label. All shares are 0 … 1.

    `ece`: expected calibration error over equal-count bins. `coverage_at_80`: the share of texts, taken
    from the surest down, that can be answered with at least 80 % right.
    """

    texts: int
    labels: int
    top1: float
    top3: float
    macro_f1: float
    weighted_f1: float
    ece: float
    coverage_at_80: float
    coverage_at_90: float
    precision_at_half: float
    baseline: float


def quality(probabilities: Array, labels: Sequence[str], truth: Sequence[str]) -> Quality:
    """Figures for probabilities (n_texts, n_labels) and true labels (n_texts,), some perhaps never learned."""
    predicted, confidence, right = answers(probabilities, labels, truth)
    counts = np.unique(np.array(truth, dtype=object).astype(str), return_counts=True)[1]
    return Quality(
        texts=len(truth),
        labels=len(set(truth)),
        top1=float(right.mean()),
        top3=top_k(probabilities, labels, truth, 3),
        macro_f1=float(f1_score(list(truth), predicted, average="macro", zero_division=0)),
        weighted_f1=float(f1_score(list(truth), predicted, average="weighted", zero_division=0)),
        ece=calibration_error(confidence, right),
        coverage_at_80=coverage_at(confidence, right, 0.8),
        coverage_at_90=coverage_at(confidence, right, 0.9),
        precision_at_half=precision_at(confidence, right, 0.5),
        baseline=float(counts.max() / len(truth)),
    )


def answers(
    probabilities: Array, labels: Sequence[str], truth: Sequence[str]
) -> tuple[list[str], Array, NDArray[np.bool_]]:
    """The likeliest labels, their probabilities and whether they are right."""
    best = probabilities.argmax(axis=1)
    predicted = [labels[i] for i in best]
    right = np.array([one == other for one, other in zip(predicted, truth, strict=True)], dtype=bool)
    return predicted, probabilities[np.arange(len(best)), best].astype(np.float64), right


def top_k(probabilities: Array, labels: Sequence[str], truth: Sequence[str], k: int) -> float:
    """The share of texts whose true label is among the k likeliest."""
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return float(np.mean([label in {labels[i] for i in row} for row, label in zip(best, truth, strict=True)]))


def reliability(confidence: Array, right: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, texts) of bins of equal count, from unsure to sure."""
    order = np.argsort(confidence, kind="stable")
    bins = [part for part in np.array_split(order, min(BINS, len(order))) if len(part)]
    return [(float(confidence[part].mean()), float(right[part].mean()), len(part)) for part in bins]


def calibration_error(confidence: Array, right: NDArray[np.bool_]) -> float:
    """Expected calibration error: mean |confidence - share right| of bins, weighted by their size."""
    return sum(abs(sure - share) * count for sure, share, count in reliability(confidence, right)) / len(right)


def risk_coverage(confidence: Array, right: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Coverage and precision when texts are answered from the surest down, both of shape (n_texts,)."""
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(right[order]) / answered


def coverage_at(confidence: Array, right: NDArray[np.bool_], precision: float) -> float:
    """The largest coverage at which precision is still kept; 0 if it never is."""
    coverage, kept = risk_coverage(confidence, right)
    return float(coverage[kept >= precision].max(initial=0.0))


def precision_at(confidence: Array, right: NDArray[np.bool_], coverage: float) -> float:
    """Precision over the surest share of texts."""
    covered, kept = risk_coverage(confidence, right)
    return float(kept[np.searchsorted(covered, coverage - 1e-9)])


def select(confidence: Array, right: NDArray[np.bool_]) -> tuple[OperatingPoint, ...]:
    """Thresholds that promise each precision of GRID, for as many as the data can promise; see `operating_point`."""
    found = (operating_point(confidence, right, precision, FIRST_TRIED) for precision in GRID)
    return tuple(point for point in found if point is not None)


SET_GRID = tuple(round(0.5 + 0.01 * step, 2) for step in range(50))
"""Coverages a prediction set is prepared for."""


def set_cuts(probabilities: Array, labels: Sequence[str], truth: Sequence[str]) -> tuple[ConformalThreshold, ...]:
    """Cuts of split conformal prediction with the score 1 - p(truth), for coverages the data can promise.

    A label never learned out of fold has p = 0; where such texts are too many for a coverage, it is not promised.
    """
    column = {label: i for i, label in enumerate(labels)}
    right = np.array(
        [row[column[label]] if label in column else 0.0 for row, label in zip(probabilities, truth, strict=True)]
    )
    ascending = np.sort(right)
    found = []
    for coverage in SET_GRID:
        missed = int(np.floor((1 - coverage) * (len(right) + 1)))
        if missed and (cut := float(ascending[missed - 1])) > SMALLEST_CUT:
            found.append(ConformalThreshold(coverage, cut, float((probabilities >= cut).sum(axis=1).mean())))
    return tuple(found)
