"""One linear head: ridge regression or squared hinges, also for labels that are only narrowed down.

Ridge regression on ±1 targets in which rare labels weigh more was the best on every small table tried
(docs/experiments.md), and it is solved in the dual, through the scalar products of the texts, in a second. These grow
with the square of the texts, and squares punish scores that are too right, which costs points where texts are many:
larger tables and the shipped model are learned by squared hinges (`hinge.py`).

A label of another source may be wider than the catalogue's («качество воды» for four topics). Such a
text carries all topics it may mean; the head settles on one of them by what it has learned elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from tsur_nlp.learning.features import Factored
from tsur_nlp.learning.hinge import fit_hinges

Admissible = tuple[str, ...]
"""The labels a text may have: one, if it is known."""

ROUNDS = 2
"""How often a ridge reconsiders undecided texts."""
BLOCK = 1024


@dataclass(frozen=True)
class Ridge:
    """`alpha` weighs large weights against errors; a text of a label with n texts weighs n ** -`balance`."""

    alpha: float
    balance: float


@dataclass(frozen=True)
class Margin:
    """Squared hinges; `c` weighs errors against large weights, `balance` is that of Ridge, `steps` are Newton's."""

    c: float
    balance: float = 0.3
    steps: int = 4


Setting = Ridge | Margin


@dataclass(frozen=True)
class LinearHead:
    """`coefficients` float32 (n_features, n_labels), `intercept` (n_labels,)."""

    labels: tuple[str, ...]
    coefficients: NDArray[np.float32]
    intercept: NDArray[np.float32]

    def scores(self, features: Factored) -> NDArray[np.float32]:
        """Scores, shape (n_texts, n_labels)."""
        return np.asarray(features.times(self.coefficients) + self.intercept, dtype=np.float32)


def scalar_products(features: sp.csr_matrix) -> NDArray[np.float32]:
    """Scalar products of all texts, one added for the intercept, shape (n_texts, n_texts)."""
    count = features.shape[0]
    found = np.empty((count, count), np.float32)
    across = features.T.tocsr()
    for start in range(0, count, BLOCK):
        found[start : start + BLOCK] = (features[start : start + BLOCK] @ across).toarray()
    found += 1
    return found


def fit_linear(
    features: Factored,
    products: NDArray[np.float32] | None,
    rows: NDArray[np.int64],
    admissible: Sequence[Admissible],
    setting: Setting,
    weights: NDArray[np.float64] | None = None,
) -> LinearHead:
    """Fit a head to some rows of the features; `admissible`: labels of these rows, in their order.

    `products`: see `scalar_products`; only a ridge needs them. `weights`: how much each of these rows counts; all
    alike by default. Raises ValueError if fewer than two labels occur.
    """
    weights = np.ones(len(rows)) if weights is None else weights
    if isinstance(setting, Margin):
        return _margin(features.of(rows), admissible, setting, weights)
    if products is None:
        raise ValueError("a ridge needs the products of the texts")
    settled = np.array([labels[0] if len(labels) == 1 else "" for labels in admissible], dtype=object)
    known = settled != ""
    head = _ridge(features, products, rows[known], settled[known], setting, weights[known])
    for _ in range(ROUNDS if not known.all() else 0):
        column = {label: i for i, label in enumerate(head.labels)}
        scores = head.scores(features.of(rows[~known]))
        for row, i in zip(scores, np.flatnonzero(~known), strict=True):
            # A label nobody has surely is reachable only by being the first admissible one.
            settled[i] = max(admissible[int(i)], key=lambda label: row[column[label]] if label in column else -np.inf)
        head = _ridge(features, products, rows, settled, setting, weights)
    return head


def _ridge(
    features: Factored,
    products: NDArray[np.float32],
    rows: NDArray[np.int64],
    labels: NDArray[np.object_],
    ridge: Ridge,
    weights: NDArray[np.float64],
) -> LinearHead:
    """Weighted ridge regression in the dual: (K + alpha / weight) · dual = targets, weights one on the average.

    See Saunders, Gammerman, Vovk, «Ridge regression learning algorithm in dual variables», 1998.
    """
    names, column = np.unique(labels.astype(str), return_inverse=True)
    _check(names.tolist())
    counts = np.maximum(np.bincount(column, weights), 1)
    weight = weights / counts[column] ** ridge.balance
    weight *= len(weight) / weight.sum()
    targets = np.full((len(column), len(counts)), -1, np.float32)
    targets[np.arange(len(column)), column] = 1
    between = products[np.ix_(rows, rows)]
    between.flat[:: len(between) + 1] += ridge.alpha / weight
    # Transposed, a symmetric matrix is itself, and in the order LAPACK works in without a copy.
    factor = cho_factor(between.T, lower=True, overwrite_a=True, check_finite=False)
    dual = cho_solve(factor, targets, check_finite=False)
    coefficients = np.asarray(features.of(rows).back(dual), np.float32)
    return LinearHead(tuple(map(str, names)), coefficients, dual.sum(axis=0).astype(np.float32))


def _margin(
    features: Factored, admissible: Sequence[Admissible], margin: Margin, weights: NDArray[np.float64]
) -> LinearHead:
    names = sorted({label for row in admissible for label in row})
    _check(names)
    column = {name: i for i, name in enumerate(names)}
    numbers = [[column[label] for label in row] for row in admissible]
    counts = np.zeros(len(names))
    for row, weight in zip(numbers, weights, strict=True):
        counts[row] += weight / len(row)
    rarity = np.array([np.maximum(counts[row], 1).mean() for row in numbers]) ** -margin.balance
    # On the average a text weighs as much as without balance.
    balanced = weights * rarity * (weights.sum() / (weights * rarity).sum())
    return LinearHead(tuple(names), *fit_hinges(features, numbers, len(names), margin.c * balanced, margin.steps))


def _check(names: Sequence[str]) -> None:
    if len(names) < 2:
        raise ValueError(f"a head needs two labels, got {len(names)}")
