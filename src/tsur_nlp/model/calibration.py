"""How far an answer can be believed: confidence, operating points, prediction sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.features import Floats

NEVER = 1.01
"""A threshold no confidence reaches."""


@dataclass(frozen=True)
class OperatingPoint:
    """Answers at least `threshold` sure are right with at least `precision`, at 95 % confidence.

    `coverage`: the share of calibration texts that reached the threshold.
    """

    precision: float
    threshold: float
    coverage: float


@dataclass(frozen=True)
class ConformalThreshold:
    """Labels of at least `cut` probability hold the truth with at least `coverage`; so many on the average."""

    coverage: float
    cut: float
    mean_size: float


@dataclass(frozen=True)
class ConfidenceCalibration:
    """How far the likeliest label can be believed: logit p' = slopes · signs + offset.

    One scale for all labels is not enough when there are many (Platt, «Probabilistic outputs for support vector
    machines», 1999), and how far an answer's score stands above the next one, and how often its label was seen,
    tell more than its probability alone. The other labels share what is left in the same proportions.
    """

    slopes: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 0.0)
    offset: float = 0.0

    def correct(self, probabilities: Floats, scores: Floats, examples: Sequence[int]) -> Floats:
        """Corrected probabilities, shape (n_texts, n_labels); the likeliest label stays the likeliest."""
        rows = np.arange(len(probabilities))
        best = probabilities.argmax(axis=1)
        own = probabilities[rows, best]
        top = within(own)
        found = _signs(rows, best, own, scores, examples)
        logit = self.offset + sum(slope * sign for slope, sign in zip(self.slopes, found, strict=True))
        believed = 1 / (1 + np.exp(-logit))
        corrected = probabilities * ((1 - believed) / (1 - top))[:, None]
        # An answer believed less than the second one must stay the answer.
        second = corrected.copy()
        second[rows, best] = 0
        corrected[rows, best] = np.maximum(believed, 1.0001 * np.maximum.reduce(second, axis=1))
        return np.asarray(corrected / np.add.reduce(corrected, axis=1, keepdims=True), dtype=np.float32)


def signs(probabilities: Floats, scores: Floats, examples: Sequence[int]) -> NDArray[np.float64]:
    """What tells whether the likeliest label is right, shape (n_texts, 5).

    The logit of its probability, its score, the lead of its score over the best other one, the logarithm of
    one more than its examples, and the spread of the scores of all labels, their standard deviation: where much
    speaks for and against many labels, a lead says less.
    """
    rows = np.arange(len(probabilities))
    best = probabilities.argmax(axis=1)
    return np.stack(_signs(rows, best, probabilities[rows, best], scores, examples), axis=1)


def _signs(
    rows: NDArray[np.int64], best: NDArray[np.int64], top: Floats, scores: Floats, examples: Sequence[int]
) -> tuple[NDArray[np.float64], ...]:
    """The same one by one. `best`: positions of the likeliest labels; `top`: their probabilities."""
    sure = within(top.astype(np.float64))
    own = scores[rows, best].astype(np.float64)
    others = scores.copy()
    others[rows, best] = -np.inf
    lead = own - np.maximum.reduce(others, axis=1)
    seen = np.log1p([examples[label] for label in best.tolist()])
    count = np.float32(scores.shape[1])
    aside = scores - np.add.reduce(scores, axis=1, keepdims=True) / count
    spread = np.sqrt(np.add.reduce(aside * aside, axis=1) / count)
    return np.log(sure / (1 - sure)), own, lead, seen, spread


def within(probabilities: NDArray[Any]) -> NDArray[Any]:
    """Probabilities that have a logit."""
    return np.asarray(np.minimum(np.maximum(probabilities, 1e-6), 1 - 1e-6))


@dataclass(frozen=True)
class HeldOutScores:
    """What the model said of texts whose whole source it had not learned from: what a new region meets.

    `topics` int16 (n, k): positions of the likeliest topics, best first; `shares` float16 (n, k): their calibrated
    probabilities; `truths` int16 (n, m): positions of the admissible true topics, padded with -1; `sources` uint8 (n,);
    `settings` uint8 (n,): what a text says of its place, a bit for each condition of a competence matrix.
    `twins` int16 (n_pairs, 2, m): true topics of two texts that say the same: how far labels themselves agree.
    No text is kept.
    """

    topics: NDArray[np.int16]
    shares: NDArray[np.float16]
    truths: NDArray[np.int16]
    sources: NDArray[np.uint8]
    settings: NDArray[np.uint8]
    twins: NDArray[np.int16]


RISK = 0.05
"""How often a promise may fail by chance."""
FIRST_TRIED = 0.02
"""The share of texts that the first tried threshold lets through; fewer prove nothing."""
TRIES = 46


def operating_point(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], precision: float, first: float = FIRST_TRIED
) -> OperatingPoint | None:
    """The lowest threshold whose answers are right with this precision; None if the texts can't promise it.

    Thresholds are tried from the surest down and the first failure ends the search (fixed-sequence testing, as in
    Angelopoulos et al., «Learn then Test», 2021), each by the one-sided Clopper-Pearson bound (Biometrika 26, 1934)
    at level RISK: it is above the precision when so many hits are that unlikely at the precision itself. `first`: the
    share of texts that the first threshold lets through.
    """
    if not len(confidence):
        return None
    order = np.argsort(-confidence, kind="stable")
    falling = -confidence[order]
    hits = np.cumsum(right[order])
    # So many answers, all right, are the fewest that can prove anything.
    fewest = np.log(RISK) / np.log(precision)
    tried = np.linspace(max(first, min(fewest / len(order), 1)), 1, TRIES) * len(order)
    # A threshold lets through all that are as sure as it.
    last = np.searchsorted(falling, falling[np.ceil(tried - 1e-9).astype(int) - 1], side="right")
    kept = None
    for answered in np.unique(last).tolist():
        if _tail(int(hits[answered - 1]), answered, precision) > RISK:
            break
        kept = OperatingPoint(precision, float(confidence[order[answered - 1]]), answered / len(order))
    return kept


def _tail(hits: int, tries: int, chance: float) -> float:
    """The probability of at least so many hits."""
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, tries + 1)))])
    n = np.arange(hits, tries + 1)
    log_share = log_factorial[tries] - log_factorial[n] - log_factorial[tries - n]
    return float(np.exp(log_share + n * np.log(chance) + (tries - n) * np.log1p(-chance)).sum())


def softmax(scores: Floats) -> Floats:
    """Probabilities along the last axis."""
    shifted = np.exp(scores - np.maximum.reduce(scores, axis=-1, keepdims=True))
    return np.asarray(shifted / np.add.reduce(shifted, axis=-1, keepdims=True))
