"""Which pieces of a text speak of one matter: the likeliest labelling of pieces, a change of label costing something.

Scores are additive over words, so a piece is scored as a text is. Of all ways to label a text's pieces with groups
of topics the one with the largest Σ evidence(piece, label) - Σ cost(change) is found by dynamic programming
(Viterbi, «Error bounds for convolutional codes», 1967), a step over the pieces of all texts at once: linear.
"""

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.features import Floats

Numbers = NDArray[np.int64]


def group_chances(scores: Floats, starts: Numbers, sharpness: float) -> Floats:
    """Log-probabilities of groups of labels, each known by its best label, (n, n_groups).

    `scores` (n, n_labels); `starts` (n_groups,): the first label of each group; `sharpness`: see `Head`.
    """
    best = np.maximum.reduceat(scores, starts, axis=1)
    shifted = sharpness * (best - best.max(axis=1, keepdims=True))
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), np.float32)


def likeliest_labels(evidence: Floats, bounds: Numbers, costs: Floats) -> Numbers:
    """The label of each piece, int64 (n_pieces,).

    `evidence` (n_pieces, n_labels); `bounds` (n_texts + 1,): pieces of text i from bounds[i] to bounds[i + 1], at
    least one; `costs` (n_pieces,): of changing the label before a piece.
    """
    lengths = np.diff(bounds)
    order = np.argsort(-lengths, kind="stable")
    firsts, lengths = bounds[:-1][order], lengths[order]
    longest = int(lengths[0]) if len(lengths) else 0
    # The longest texts stand first: those that have a piece at a step are a beginning of all.
    active = [int(np.searchsorted(-lengths, -step, side="left")) for step in range(longest)]
    texts, every = np.arange(len(order)), np.arange(evidence.shape[1])
    best = evidence[firsts]
    came_from = np.zeros(evidence.shape, np.int64)
    for step in range(1, longest):
        count = active[step]
        pieces, held = firsts[:count] + step, best[:count]
        top = held.argmax(axis=1)
        changed = held[texts[:count], top] - costs[pieces]
        moves = changed[:, None] > held
        came_from[pieces] = np.where(moves, top[:, None], every)
        best[:count] = np.where(moves, changed[:, None], held) + evidence[pieces]
    labels = np.zeros(len(evidence), np.int64)
    labels[firsts + lengths - 1] = best.argmax(axis=1)
    for step in range(longest - 1, 0, -1):
        pieces = firsts[: active[step]] + step
        labels[pieces - 1] = came_from[pieces, labels[pieces]]
    return labels
