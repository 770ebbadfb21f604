"""What can be promised of bodies in this very region: held-out scores passed through its own matrix.

How often a body is right depends on the matrix: topics that are confused with each other mostly belong to one body.
So confidence and thresholds are made for each kind of territory, from texts of sources the model had not learned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.calibration import NEVER, HeldOutScores, OperatingPoint, operating_point, within
from tsur_nlp.region.competence import CompetenceMatrix, Table
from tsur_nlp.region.rule import CONDITIONS

TYPICAL = 2
"""Territories of a kind that the scores are passed through."""
COMMON = ("urban_district", "municipal_district", "city_district")
ROUNDS = 25
RIDGE = 1.0
"""Keeps the slope finite where all answers are right."""
FEWEST_TWINS = 50
LIKELIER = 0.5
"""A body less sure than this is likelier wrong than right. It is never sent by itself, not even where nearly all topics
are one administration's and the other messages would keep the promise for it."""
LEAST_RELIABLE = 0.9
"""Labels that agree less are no measure of anything."""
ENOUGH = 0.5
"""A body answers for a topic if its share is at least this part of the largest one."""

NOBODY = -2
"""Stands for a body that answers for nothing; -1 is where a table has none."""

Array = NDArray[np.float64]
Passed = tuple[Array, NDArray[np.bool_]]


@dataclass(frozen=True)
class BodyBelief:
    """How far the sum of the matrix can be believed, and where to send on.

        q = sigmoid(slope · logit p + offset)        p' = q / (reliable + (1 - reliable) · q)

    `reliable`: how often the labels that taught it are right themselves.
    """

    slope: float
    offset: float
    reliable: float
    point: OperatingPoint | None

    def believed(self, share: Array) -> Array:
        """Calibrated confidence of the likeliest bodies whose summed probabilities are `share`."""
        clipped = within(share)
        agreed = 1 / (1 + np.exp(-(self.slope * np.log(clipped / (1 - clipped)) + self.offset)))
        # Not cut off: the surest must stay told apart.
        return np.asarray(agreed / (self.reliable + (1 - self.reliable) * agreed))

    @property
    def threshold(self) -> float:
        """The least confidence for sending automatically; above 1 where nothing can be promised."""
        return self.point.threshold if self.point else NEVER


@dataclass(frozen=True)
class Promise:
    """Beliefs by kind of territory, «» for messages whose place is not known."""

    beliefs: Mapping[str, BodyBelief]

    def of(self, kind: str) -> BodyBelief:
        """The belief for a kind of territory; that of the region as a whole for a kind never measured."""
        return self.beliefs.get(kind) or self.beliefs[""]

    def typical(self) -> BodyBelief:
        """The belief that a message with a known place of the commonest kind meets: a city or district of its own."""
        return next((self.beliefs[kind] for kind in COMMON if kind in self.beliefs), self.beliefs[""])


def promise(matrix: CompetenceMatrix, scores: HeldOutScores, precision: float) -> Promise:
    """Pass held-out scores through the matrix of a region."""
    region = matrix.region
    places: dict[str, list[str]] = {"": [region.capital]}
    for territory in region.territories.values():
        if territory.parent and len(found := places.setdefault(territory.kind, [])) < TYPICAL:
            found.append(territory.code)
    passed = {place: _pass(scores, matrix, place) for place in set(chain.from_iterable(places.values()))}
    beliefs = {}
    for kind, codes in places.items():
        reliable = min(_labels_agree(scores, matrix.at(place)) for place in codes)
        beliefs[kind] = _belief([passed[place] for place in codes], reliable, precision)
    return Promise(beliefs)


def _belief(passed: Sequence[Passed], reliable: float, precision: float) -> BodyBelief:
    share = np.concatenate([sums for sums, _ in passed])
    right = np.concatenate([hit for _, hit in passed])
    belief = BodyBelief(*_platt(share, right), reliable, None)
    # One place at a time: the same text at three places does not count as three texts.
    points = [operating_point(belief.believed(sums), hit, precision * reliable) for sums, hit in passed]
    promised = [point for point in points if point is not None]
    strictest = max(promised, key=lambda point: point.threshold) if len(promised) == len(points) else None
    if strictest is not None and strictest.threshold < LIKELIER:
        coverage = min(float((belief.believed(sums) >= LIKELIER).mean()) for sums, _ in passed)
        strictest = replace(strictest, threshold=LIKELIER, coverage=coverage)
    return replace(belief, point=strictest)


def _pass(scores: HeldOutScores, matrix: CompetenceMatrix, place: str) -> Passed:
    """The summed probability of each text's likeliest body at a place, and whether a true topic is that body's."""
    sums, hit = np.zeros(len(scores.topics)), np.zeros(len(scores.topics), bool)
    for told in np.unique(scores.settings).tolist():
        conditions = frozenset(condition for n, condition in enumerate(CONDITIONS) if told & 1 << n)
        table, rows = matrix.at(place, "", conditions), np.flatnonzero(scores.settings == told)
        best, sums[rows] = _likeliest_body(scores, rows, table)
        hit[rows] = _answers(table, scores.truths[rows], best)
    return sums, hit


def _likeliest_body(scores: HeldOutScores, rows: NDArray[np.int64], table: Table) -> tuple[NDArray[np.int64], Array]:
    topics, shares = scores.topics[rows], scores.shares[rows].astype(np.float64)
    most = np.count_nonzero(table.bodies.max(axis=0) >= 0)
    bodies = table.bodies[:, :most]
    parts = table.shares[:, :most].take(topics, axis=0) * shares[:, :, None]
    # A column for each body of the table; the last takes what nobody answers for.
    answering = np.union1d([0], bodies[bodies >= 0])
    width = len(answering) + 1
    columns = np.where(bodies < 0, width - 1, np.searchsorted(answering, bodies))
    flat = columns.take(topics, axis=0) + np.arange(0, len(rows) * width, width)[:, None, None]
    sums = np.bincount(flat.ravel(), parts.ravel(), len(rows) * width).reshape(len(rows), width)[:, :-1]
    best = sums.argmax(axis=1)
    return answering[best], sums[np.arange(len(rows)), best]


def _answers(table: Table, truths: NDArray[np.int16], bodies: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a body usually answers for one of the true topics of each row."""
    usual = np.where(table.shares >= ENOUGH * table.shares.max(axis=1, keepdims=True), table.bodies, NOBODY)
    # A last row, for truths that are none (-1), that no body answers for.
    usual = np.concatenate([usual, np.full_like(usual[:1], NOBODY)])
    return np.asarray((usual.take(truths, axis=0) == bodies[:, None, None]).any(axis=(1, 2)))


def _labels_agree(scores: HeldOutScores, table: Table) -> float:
    """How often a label names the body that a careful reader would, 0 … 1.

    Two labels of texts that say the same name one body for the share r² of pairs if each is right for r and they err
    apart. What is measured against such labels is r times too low.
    """
    if len(scores.twins) < FEWEST_TWINS:
        return 1.0
    first, second = scores.twins[:, 0], scores.twins[:, 1]
    agreed = _answers(table, second, table.bodies[first[:, 0].astype(np.int64), 0].astype(np.int64))
    return max(float(np.sqrt(agreed.mean())), LEAST_RELIABLE)


def _platt(share: Array, right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of a logistic curve through (logit share, right): Platt (1999), by Newton's steps."""
    clipped = np.clip(share, 1e-4, 1 - 1e-4)
    signs = np.stack([np.log(clipped / (1 - clipped)), np.ones(len(share))], axis=1)
    found = np.array([1.0, 0.0])
    for _ in range(ROUNDS):
        believed = 1 / (1 + np.exp(-signs @ found))
        gradient = signs.T @ (right - believed) - RIDGE * (found - [1.0, 0.0])
        curvature = (signs * (believed * (1 - believed))[:, None]).T @ signs + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        found = found + step
        if np.abs(step).max() < 1e-6:
            break
    # A curve that falls would put the surest last.
    return max(float(found[0]), 0.05), float(found[1])
