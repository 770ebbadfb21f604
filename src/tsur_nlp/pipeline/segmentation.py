"""Which pieces of a text speak of one matter: the likeliest labelling of pieces, a change of label costing something.

Scores are additive over words, so a piece is scored as a text is. Of all ways to label a text's pieces with groups
of topics the one with the largest Σ evidence(piece, label) - Σ cost(change) is found by dynamic programming
(Viterbi, «Error bounds for convolutional codes», 1967), a step over the pieces of all texts at once: linear.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.features import Floats

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
CLOSE = 1e-4
"""Sums of evidence nearer than this may be equal but for rounding."""


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
    sums = np.add.reduceat(evidence, bounds[:-1], axis=0) if len(evidence) else evidence
    labels = np.repeat(sums.argmax(axis=1), np.diff(bounds))
    worth = np.flatnonzero(_may_change(evidence, sums, bounds, costs))
    if len(worth):
        lengths = np.diff(bounds)[worth]
        pieces, best = _by_viterbi(evidence, costs, bounds[worth], lengths)
        labels[pieces] = best
    return labels


def _may_change(evidence: Floats, sums: Floats, bounds: Numbers, costs: Floats) -> Flags:
    """Whether a text may have several labels: if each piece had its own and paid for one change, it would gain."""
    if not len(evidence):
        return np.zeros(0, bool)
    starts = bounds[:-1]
    paid = costs.copy()
    paid[starts] = np.inf
    gain = np.add.reduceat(evidence.max(axis=1), starts) - sums.max(axis=1)
    return np.asarray(gain > np.minimum.reduceat(paid, starts) - CLOSE)


def _by_viterbi(evidence: Floats, costs: Floats, firsts: Numbers, lengths: Numbers) -> tuple[Numbers, Numbers]:
    """Pieces of texts that begin with `firsts` and have so many, and the label of each."""
    order = np.argsort(-lengths, kind="stable")
    firsts, lengths = firsts[order], lengths[order]
    # The longest texts stand first: those that have a piece at a step are a beginning of all.
    active = len(lengths) - np.searchsorted(lengths[::-1], np.arange(lengths[0]), side="right")
    ends = np.cumsum(active)
    # Pieces step by step, so that those of a step stand together.
    step_of = np.repeat(np.arange(len(active)), active)
    pieces = firsts[np.arange(len(step_of)) - (ends - active)[step_of]] + step_of
    told, paid = evidence[pieces], costs[pieces]
    steps = list(pairwise([0, *ends.tolist()]))
    best = told[: len(firsts)].copy()
    moves = np.zeros(told.shape, bool)
    tops = np.zeros(len(told), np.int64)
    for begin, end in steps[1:]:
        held = best[: end - begin]
        held.argmax(axis=1, out=tops[begin:end])
        changed = (held.max(axis=1) - paid[begin:end])[:, None]
        np.greater(changed, held, out=moves[begin:end])
        np.maximum(held, changed, out=held)
        held += told[begin:end]
    labels = np.zeros(len(told), np.int64)
    chosen = best.argmax(axis=1)
    texts = np.arange(len(firsts))
    for begin, end in reversed(steps):
        own = chosen[: end - begin]
        labels[begin:end] = own
        chosen[: end - begin] = np.where(moves[begin:end][texts[: end - begin], own], tops[begin:end], own)
    return pieces, labels
