"""One linear head: one-against-all support vectors, also for labels that are only narrowed down.

A label of another source may be wider than the catalogue's («качество воды» for four topics). Such a
text carries all topics it may mean; the head settles on one of them by what it has learned elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

Admissible = tuple[str, ...]
"""The labels a text may have: one, if it is known."""

ROUNDS = 2
"""How often undecided texts are settled anew."""


@dataclass(frozen=True)
class LinearHead:
    """`coefficients` float32 (n_features, n_labels), `intercept` (n_labels,)."""

    labels: tuple[str, ...]
    coefficients: NDArray[np.float32]
    intercept: NDArray[np.float32]

    def scores(self, features: sp.csr_matrix) -> NDArray[np.float32]:
        """Scores, shape (n_texts, n_labels)."""
        return np.asarray(features @ self.coefficients + self.intercept, dtype=np.float32)


def fit_linear(features: sp.csr_matrix, admissible: Sequence[Admissible], c: float) -> LinearHead:
    """Fit a head; `c` weighs errors against large weights. Raises ValueError if fewer than two labels occur."""
    settled = np.array([labels[0] if len(labels) == 1 else "" for labels in admissible], dtype=object)
    known = settled != ""
    head = _fit_known(features[known], settled[known], c)
    for _ in range(ROUNDS if not known.all() else 0):
        column = {label: i for i, label in enumerate(head.labels)}
        scores = head.scores(features[~known])
        for row, i in zip(scores, np.flatnonzero(~known), strict=True):
            # A label nobody has surely is reachable only by being the first admissible one.
            settled[i] = max(admissible[int(i)], key=lambda label: row[column[label]] if label in column else -np.inf)
        head = _fit_known(features, settled, c)
    return head


def _fit_known(features: sp.csr_matrix, labels: NDArray[np.object_], c: float) -> LinearHead:
    machine = LinearSVC(C=c, tol=1e-3, random_state=0).fit(features, labels.astype(str))
    coefficients, intercept = machine.coef_.T, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients, intercept = np.hstack([-coefficients, coefficients]), np.r_[-intercept, intercept]
    return LinearHead(
        tuple(str(label) for label in machine.classes_),
        coefficients.astype(np.float32),
        intercept.astype(np.float32),
    )
