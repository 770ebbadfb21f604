"""How far an answer can be believed: confidence, operating points, prediction sets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.features import Floats

NEVER = 1.01
"""A threshold no confidence reaches."""


@dataclass(frozen=True)
class Selection:
    """Answers at least `threshold` sure are right with at least `precision`, at 95 % confidence.

    `coverage`: the share of calibration texts that reached the threshold.
    """

    precision: float
    threshold: float
    coverage: float


@dataclass(frozen=True)
class SetCut:
    """Labels of at least `cut` probability hold the truth with at least `coverage`; so many on the average."""

    coverage: float
    cut: float
    mean_size: float


@dataclass(frozen=True)
class Trust:
    """How far the likeliest label can be believed: logit p' = slopes · signs + offset.

    One scale for all labels is not enough when there are many (Platt, «Probabilistic outputs for support vector
    machines», 1999), and how far an answer's score stands above the next one, and how often its label was seen,
    tell more than its probability alone. The other labels share what is left in the same proportions.
    """

    slopes: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    offset: float = 0.0

    def correct(self, probabilities: Floats, scores: Floats, examples: Sequence[int]) -> Floats:
        """Corrected probabilities, shape (n_texts, n_labels); the likeliest label stays the likeliest."""
        rows = np.arange(len(probabilities))
        best = probabilities.argmax(axis=1)
        top = probabilities[rows, best].clip(1e-6, 1 - 1e-6)
        believed = 1 / (1 + np.exp(-(signs(probabilities, scores, examples) @ np.array(self.slopes) + self.offset)))
        corrected = probabilities * ((1 - believed) / (1 - top))[:, None]
        # An answer believed less than the second one must stay the answer, by a hair.
        second = corrected.copy()
        second[rows, best] = 0
        corrected[rows, best] = np.maximum(believed, 1.0001 * second.max(axis=1))
        return np.asarray(corrected / corrected.sum(axis=1, keepdims=True), dtype=np.float32)


def signs(probabilities: Floats, scores: Floats, examples: Sequence[int]) -> NDArray[np.float64]:
    """What tells whether the likeliest label is right, shape (n_texts, 4).

    The logit of its probability, its score, the lead of its score over the best other one, and the logarithm of
    one more than its examples.
    """
    rows = np.arange(len(probabilities))
    best = probabilities.argmax(axis=1)
    top = probabilities[rows, best].astype(np.float64).clip(1e-6, 1 - 1e-6)
    own = scores[rows, best].astype(np.float64)
    others = scores.copy()
    others[rows, best] = -np.inf
    lead = own - others.max(axis=1)
    return np.stack([np.log(top / (1 - top)), own, lead, np.log1p(np.array(examples))[best]], axis=1)


def softmax(scores: Floats) -> Floats:
    """Probabilities along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))
