"""What can be promised of bodies in this very region: held-out scores passed through its own matrix.

How often a body is right depends on the matrix: topics that are confused with each other mostly belong to one body.
So confidence and thresholds are made for each kind of territory, from texts of sources the model had not learned.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.calibration import NEVER, HeldOutScores, OperatingPoint, operating_point
from tsur_nlp.region.competence import CompetenceMatrix, Table

TYPICAL = 3
"""Territories of a kind that the scores are passed through."""
COMMON = ("urban_district", "municipal_district", "city_district")
ROUNDS = 25
RIDGE = 1.0
"""Keeps the slope finite where all answers are right."""
ENOUGH = 0.5
"""A body answers for a topic if its share is at least this part of the largest one."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BodyBelief:
    """How far the sum of the matrix can be believed: logit p' = slope · logit p + offset; and where to send on."""

    slope: float
    offset: float
    point: OperatingPoint | None

    def believed(self, share: Array) -> Array:
        """Calibrated confidence of the likeliest bodies whose summed probabilities are `share`."""
        clipped = np.clip(share, 1e-6, 1 - 1e-6)
        return np.asarray(1 / (1 + np.exp(-(self.slope * np.log(clipped / (1 - clipped)) + self.offset))))

    @property
    def threshold(self) -> float:
        """The least confidence to send on by itself; above 1 where nothing can be promised."""
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
    return Promise({kind: _belief(matrix, scores, codes, precision) for kind, codes in places.items()})


def _belief(matrix: CompetenceMatrix, scores: HeldOutScores, places: list[str], precision: float) -> BodyBelief:
    passed = [_pass(scores, matrix.at(place), len(matrix.bodies)) for place in places]
    share = np.concatenate([sums for sums, _ in passed])
    right = np.concatenate([hit for _, hit in passed])
    slope, offset = _platt(share, right)
    belief = BodyBelief(slope, offset, None)
    # One place at a time: the same text at three places is no three texts.
    points = [operating_point(belief.believed(sums), hit, precision) for sums, hit in passed]
    promised = [point for point in points if point is not None]
    strictest = max(promised, key=lambda point: point.threshold) if len(promised) == len(points) else None
    return BodyBelief(slope, offset, strictest)


def _pass(scores: HeldOutScores, table: Table, count: int) -> tuple[Array, NDArray[np.bool_]]:
    """The summed probability of each text's likeliest body at a place, and whether a true topic is that body's."""
    topics, shares = scores.topics.astype(np.int64), scores.shares.astype(np.float64)
    rows = np.arange(len(topics))
    bodies = table.bodies[topics].reshape(len(topics), -1)
    sums = np.zeros((len(topics), count + 1), np.float32)
    parts = (table.shares[topics] * shares[:, :, None]).reshape(len(topics), -1)
    for column in range(bodies.shape[1]):
        # The last column takes what nobody answers for.
        sums[rows, bodies[:, column]] += parts[:, column]
    sums[:, count] = 0
    best = sums.argmax(axis=1)
    truths = scores.truths.astype(np.int64)
    answering = table.bodies[truths]
    answers = (answering == best[:, None, None]) & (
        table.shares[truths] >= ENOUGH * table.shares[truths].max(axis=2, keepdims=True)
    )
    hit = (answers.any(axis=2) & (truths >= 0)).any(axis=1)
    return sums[rows, best].astype(np.float64), hit


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
