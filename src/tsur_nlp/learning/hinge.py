"""One label against all by squared hinges, in the primal and for all labels at once: for tables of many texts.

    ½ |w|² + c · Σ weight · max(0, 1 - y · score)²        for each label, y = 1 where a text has it and -1 elsewhere

Newton's method with conjugate gradients (Keerthi, DeCoste, «A modified finite Newton method for fast solution of
large scale linear SVMs», JMLR 6, 2005). Time and memory grow with the texts, not with their square: features stay a
product of two sparse matrices, and one pass over them serves every label. The first step is ridge regression; each
further one lets alone the texts that stand beyond the margin already. It stops long before the minimum, and that is
as good as more weight decay (docs/experiments.md).

A text that may have several labels («качество воды» for four topics) is first no example for any of them, only
against all others; from the second step on it is one of the likeliest, and still not against the others it may have.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.learning.features import Factored

Floats = NDArray[np.float32]

INNER = 12
"""Conjugate gradients of one step at most."""
NEAR = 0.15
NEARLY_ALL = 0.98
"""They also stop when for so many labels only that share of the gradient's length is left."""
STEPS_TRIED = (1.0, 0.6, 0.3, 0.1)
"""Parts of a Newton step, of which the best is taken for each label."""
LABELS_AT_ONCE = 512
"""Labels learned together, unless texts with several admissible ones bind them all."""


def fit_hinges(
    features: Factored, admissible: Sequence[Sequence[int]], n_labels: int, weights: NDArray[np.float64], steps: int
) -> tuple[Floats, Floats]:
    """Coefficients (n_features, n_labels) and intercepts (n_labels,), which are decayed like any other weight.

    `admissible`: numbers of the labels each text may have, one or more; `weights`: c times how much each text counts.
    """
    if any(len(row) > 1 for row in admissible):
        return _fit_together(features, admissible, n_labels, weights, steps)
    of = np.array([row[0] for row in admissible])
    coefficients = np.empty((features.parts.shape[1], n_labels), np.float32)
    intercept = np.empty(n_labels, np.float32)
    for start in range(0, n_labels, LABELS_AT_ONCE):
        stop = min(start + LABELS_AT_ONCE, n_labels)
        here = [(int(label) - start,) if start <= label < stop else () for label in of]
        found = _fit_together(features, here, stop - start, weights, steps)
        coefficients[:, start:stop], intercept[start:stop] = found
    return coefficients, intercept


def _fit_together(
    features: Factored, admissible: Sequence[Sequence[int]], n_labels: int, weights: NDArray[np.float64], steps: int
) -> tuple[Floats, Floats]:
    back_to_words, back_to_parts = features.words.T.tocsr(), features.parts.T.tocsr()
    targets = _Targets(admissible, n_labels)
    doubled = (2 * weights).astype(np.float32)[:, None]
    coefficients = np.zeros((features.parts.shape[1], n_labels), np.float32)
    intercept = np.zeros(n_labels, np.float32)
    scores = np.zeros((len(admissible), n_labels), np.float32)
    for step in range(steps):
        if step:
            targets.settle(scores)
        counts = doubled * targets.used
        short = np.maximum(1 - targets.signs * scores, 0)
        pull = counts * short * targets.signs
        gradient = back_to_parts @ (back_to_words @ pull) - coefficients
        gradient_0 = pull.sum(axis=0) - intercept
        active = counts * (short > 0)

        # Conjugate gradients on (1 + Xᵀ · active · X) · move = gradient, every label with its own step lengths.
        move, move_0 = np.zeros_like(coefficients), np.zeros_like(intercept)
        moved = np.zeros_like(scores)
        left, left_0 = gradient, gradient_0
        along, along_0 = left.copy(), left_0.copy()
        length = start = _squares(left, left_0)
        for _ in range(INNER):
            seen = features.times(along) + along_0
            bent = active * seen
            curved = back_to_parts @ (back_to_words @ bent) + along
            curved_0 = bent.sum(axis=0) + along_0
            far = length / np.maximum(_products(along, curved) + along_0 * curved_0, 1e-30)
            move += far * along
            move_0 += far * along_0
            moved += far * seen
            left -= far * curved
            left_0 = left_0 - far * curved_0
            shorter = _squares(left, left_0)
            if np.mean(shorter <= NEAR**2 * start) > NEARLY_ALL:
                break
            along *= shorter / np.maximum(length, 1e-30)
            along += left
            along_0 = left_0 + shorter / np.maximum(length, 1e-30) * along_0
            length = shorter
        at, step_taken = (coefficients, intercept), (move, move_0)
        share = _best_share(targets.signs * scores, targets.signs * moved, counts, at, step_taken)
        coefficients += share * move
        intercept += share * move_0
        scores += share * moved
    return coefficients, intercept


class _Targets:
    """Signs (n_texts, n_labels) to be reached, and which of them count: 1 or 0."""

    def __init__(self, admissible: Sequence[Sequence[int]], n_labels: int) -> None:
        self.signs = np.full((len(admissible), n_labels), -1, np.float32)
        self.used = np.ones((len(admissible), n_labels), np.float32)
        for i, row in enumerate(admissible):
            self.signs[i, list(row)] = 1
        wide = [i for i, row in enumerate(admissible) if len(row) > 1]
        self._rows = np.array([i for i in wide for _ in admissible[i]], np.int64)
        self._columns = np.array([label for i in wide for label in admissible[i]], np.int64)
        self.used[self._rows, self._columns] = 0

    def settle(self, scores: Floats) -> None:
        """Undecided texts become examples of the likeliest label they may have, and for no other one they may have."""
        if not len(self._rows):
            return
        order = np.lexsort((-scores[self._rows, self._columns], self._rows))
        first = np.r_[True, np.diff(self._rows[order]) != 0]
        chosen = order[first]
        self.used[self._rows, self._columns] = 0
        self.used[self._rows[chosen], self._columns[chosen]] = 1


def _squares(vectors: Floats, intercept: Floats) -> Floats:
    return np.asarray(_products(vectors, vectors) + intercept**2)


def _products(vectors: Floats, others: Floats) -> Floats:
    """Scalar products by columns, without an array of their size between."""
    return np.asarray(np.einsum("ij,ij->j", vectors, others))


def _best_share(
    margins: Floats, moved: Floats, counts: Floats, at: tuple[Floats, Floats], move: tuple[Floats, Floats]
) -> Floats:
    """For each label the part of a step that lowers its loss most, 0 if none does."""
    slope = _products(at[0], move[0]) + at[1] * move[1]
    bend = _squares(*move)
    best = np.zeros(margins.shape[1], np.float32)
    lowest = 0.5 * (counts * np.maximum(1 - margins, 0) ** 2).sum(axis=0)
    for share in STEPS_TRIED:
        errors = 0.5 * (counts * np.maximum(1 - margins - np.float32(share) * moved, 0) ** 2).sum(axis=0)
        loss = errors + share * slope + 0.5 * share**2 * bend
        best[loss < lowest] = share
        lowest = np.minimum(lowest, loss)
    return best
