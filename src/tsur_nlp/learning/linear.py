"""One linear head: ridge regression or support vector machines, also for labels that are only narrowed down.

Ridge regression on ±1 targets in which rare labels weigh more was better on every table of one's own tried
(docs/experiments.md), and it is solved in the dual, through the scalar products of the texts, in seconds.
These grow with the square of the texts, so the largest tables are learned by support vector machines; so is
the shipped model, where half of the topics have no appeal and written lessons would pull a ridge too far.

A label of another source may be wider than the catalogue's («качество воды» for four topics). Such a
text carries all topics it may mean; the head settles on one of them by what it has learned elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from sklearn.svm import LinearSVC

Admissible = tuple[str, ...]
"""The labels a text may have: one, if it is known."""

ROUNDS = 2
"""How often undecided texts are settled anew."""
BLOCK = 1024


@dataclass(frozen=True)
class Ridge:
    """`alpha` weighs large weights against errors; a text of a label with n texts weighs n ** -`balance`."""

    alpha: float
    balance: float


@dataclass(frozen=True)
class Margin:
    """Support vector machines, one against all; `c` weighs errors against large weights."""

    c: float


Setting = Ridge | Margin


@dataclass(frozen=True)
class LinearHead:
    """`coefficients` float32 (n_features, n_labels), `intercept` (n_labels,)."""

    labels: tuple[str, ...]
    coefficients: NDArray[np.float32]
    intercept: NDArray[np.float32]

    def scores(self, features: sp.csr_matrix) -> NDArray[np.float32]:
        """Scores, shape (n_texts, n_labels)."""
        return np.asarray(features @ self.coefficients + self.intercept, dtype=np.float32)


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
    features: sp.csr_matrix,
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
    settled = np.array([labels[0] if len(labels) == 1 else "" for labels in admissible], dtype=object)
    known = settled != ""
    head = _fit_known(features, products, rows[known], settled[known], setting, weights[known])
    for _ in range(ROUNDS if not known.all() else 0):
        column = {label: i for i, label in enumerate(head.labels)}
        scores = head.scores(features[rows[~known]])
        for row, i in zip(scores, np.flatnonzero(~known), strict=True):
            # A label nobody has surely is reachable only by being the first admissible one.
            settled[i] = max(admissible[int(i)], key=lambda label: row[column[label]] if label in column else -np.inf)
        head = _fit_known(features, products, rows, settled, setting, weights)
    return head


def _fit_known(
    features: sp.csr_matrix,
    products: NDArray[np.float32] | None,
    rows: NDArray[np.int64],
    labels: NDArray[np.object_],
    setting: Setting,
    weights: NDArray[np.float64],
) -> LinearHead:
    names, column, counts = np.unique(labels.astype(str), return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise ValueError(f"a head needs two labels, got {len(names)}")
    if isinstance(setting, Margin):
        coefficients, intercept = _machines(features[rows], column, setting, weights)
    elif products is None:
        raise ValueError("a ridge needs the products of the texts")
    else:
        coefficients, intercept = _ridge(features[rows], products[np.ix_(rows, rows)], column, counts, setting, weights)
    return LinearHead(tuple(str(name) for name in names), coefficients.astype(np.float32), intercept.astype(np.float32))


def _ridge(
    features: sp.csr_matrix,
    products: NDArray[np.float32],
    column: NDArray[np.int64],
    counts: NDArray[np.int64],
    ridge: Ridge,
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weighted ridge regression in the dual: (K + alpha / weight) · dual = targets, weights one on the average.

    K is overwritten. See Saunders, Gammerman, Vovk, «Ridge regression learning algorithm in dual variables», 1998.
    """
    weight = weights / counts[column] ** ridge.balance
    weight *= len(weight) / weight.sum()
    targets = np.full((len(column), len(counts)), -1, np.float32)
    targets[np.arange(len(column)), column] = 1
    products.flat[:: len(products) + 1] += ridge.alpha / weight
    # Transposed, a symmetric matrix is itself, and in the order LAPACK works in without a copy.
    factor = cho_factor(products.T, lower=True, overwrite_a=True, check_finite=False)
    dual = cho_solve(factor, targets, check_finite=False)
    return np.asarray(features.T @ dual), dual.sum(axis=0)


def _machines(
    features: sp.csr_matrix, column: NDArray[np.int64], margin: Margin, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    machine = LinearSVC(C=margin.c, tol=1e-3, random_state=0).fit(features, column, weights)
    coefficients, intercept = machine.coef_.T, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients, intercept = np.hstack([-coefficients, coefficients]), np.r_[-intercept, intercept]
    return coefficients.astype(np.float32), intercept.astype(np.float32)
