"""Scores of texts that a head never saw → how far its answers can be believed, thresholds, and figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from tsur_nlp.learning.fitting import Floats, settled
from tsur_nlp.learning.linear import Admissible
from tsur_nlp.learning.metrics import answers, select, set_cuts
from tsur_nlp.model.calibration import ConfidenceCalibration, signs, softmax
from tsur_nlp.model.classifier import TopicAuthorityPrior, linked

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Tried weights of topic links in the choice of the authority."""

ALL_SIGNS = (0, 1, 2, 3, 4)
LEAD_AND_SPREAD = (2, 4)
"""Signs of an answer, see `model/calibration.py`. In a source nobody learned from the others mislead: how often a label
was seen elsewhere, and scores as such, which are lower where fewer words are known (docs/experiments.md)."""

Prior = Callable[[Sequence[str], Sequence[str]], NDArray[np.float64]]
Labels = Mapping[str, Sequence[Admissible]]
"""For each head, admissible labels of each text; an empty tuple where the text is not labelled for it."""


@dataclass(frozen=True)
class Judged:
    """Texts with scores by heads that never saw them, and what these heads had learned from.

    By head: `scores` (n_texts, n_labels); `truth`: the label each text counts as having, "" if none; `examples`: how
    many texts of each label taught. `links`: who answered for which topic there, (n_topics, n_authorities).
    """

    scores: Mapping[str, Floats]
    truth: Mapping[str, Sequence[str]]
    examples: Mapping[str, Sequence[int]]
    links: Floats | None = None


def judged(
    scores: Mapping[str, Floats],
    labels: Labels,
    names: Mapping[str, Sequence[str]],
    examples: Mapping[str, Sequence[int]],
    links: Floats | None = None,
) -> Judged:
    """With each text counting as having the likeliest label it may have."""
    truth = {name: settled(labels[name], scores[name], names[name]) for name in scores}
    return Judged(scores, truth, examples, links)


@dataclass(frozen=True)
class Calibration:
    """What was learned from judged texts.

    `settings`: of each head, as Head takes them; `share`: the say of topic links; `probabilities`: by head, of each
    part of the judged texts, calibrated.
    """

    settings: Mapping[str, Mapping[str, Any]]
    share: float
    probabilities: Mapping[str, Sequence[Floats]]


def calibrate(
    parts: Sequence[Judged],
    names: Mapping[str, Sequence[str]],
    enough: bool = True,
    told_by: Sequence[int] = ALL_SIGNS,
    share: float | None = None,
) -> Calibration:
    """Settle each head's confidence; `topic` comes first, since links make authorities lean on topics.

    Every text counts alike, whichever part it stands in. Not `enough` texts: nothing is settled and nothing promised.
    `told_by`: the signs of an answer that are listened to. `share`: the say of topic links, if it is settled already.
    """
    settings: dict[str, dict[str, Any]] = {}
    raw: dict[str, list[Floats]] = {}
    found: dict[str, list[Floats]] = {}
    settled_share, share = share, share or 0.0
    for name, labels in names.items():
        rows = [np.array([i for i, label in enumerate(part.truth[name]) if label], np.int64) for part in parts]
        truth = [part.truth[name][int(i)] for part, own in zip(parts, rows, strict=True) for i in own]
        scores = np.concatenate([part.scores[name][own] for part, own in zip(parts, rows, strict=True)])
        enough_here = enough and len(truth) > 0
        sharpness = _sharpness(scores, labels, truth) if enough_here else 1.0
        raw[name] = [softmax(part.scores[name] * np.float32(sharpness)) for part in parts]
        if name == "authority" and enough_here:
            share = _best_share(parts, rows, raw, labels, truth) if settled_share is None else settled_share
            raw[name] = [
                _mixed(part, values, topics, share)
                for part, values, topics in zip(parts, raw[name], raw["topic"], strict=True)
            ]
        trust = ConfidenceCalibration()
        if enough_here:
            told = [
                signs(values[own], part.scores[name][own], part.examples[name])
                for part, values, own in zip(parts, raw[name], rows, strict=True)
            ]
            flat = np.concatenate([values[own] for values, own in zip(raw[name], rows, strict=True)])
            together = np.concatenate(told)
            together[:, [i for i in ALL_SIGNS if i not in told_by]] = 0
            trust = _trust(together, answers(flat.astype(np.float64), labels, truth)[2])
        found[name] = [
            trust.correct(values, part.scores[name], part.examples[name])
            for part, values in zip(parts, raw[name], strict=True)
        ]
        settings[name] = {"sharpness": sharpness, "trust": trust}
        if enough_here:
            sure = np.concatenate([values[own] for values, own in zip(found[name], rows, strict=True)])
            probabilities = sure.astype(np.float64)
            _, confidence, right = answers(probabilities, labels, truth)
            settings[name] |= {
                "selection": select(confidence, right),
                "sets": set_cuts(probabilities, labels, truth),
            }
    return Calibration(settings, share, found)


def applied(calibration: Calibration, part: Judged, names: Mapping[str, Sequence[str]]) -> dict[str, Floats]:
    """Calibrated probabilities of texts by head, by what was learned from others."""
    raw: dict[str, Floats] = {}
    for name in names:
        raw[name] = softmax(part.scores[name] * np.float32(calibration.settings[name]["sharpness"]))
        if name == "authority":
            raw[name] = _mixed(part, raw[name], raw["topic"], calibration.share)
    return {
        name: calibration.settings[name]["trust"].correct(values, part.scores[name], part.examples[name])
        for name, values in raw.items()
    }


def _mixed(part: Judged, authorities: Floats, topics: Floats, share: float) -> Floats:
    """Probabilities of authorities by their own words and by the likely topics, if it is known who answers for them."""
    return authorities if part.links is None else linked(authorities, topics, TopicAuthorityPrior(part.links, share))


def _sharpness(scores: Floats, names: Sequence[str], truth: Sequence[str]) -> float:
    """The softmax scale at which the likeliest label's probability tells best whether it is right.

    Log loss of the answer, not of all labels: labels with one example are never learned out of fold, and
    their hopeless probabilities would drown everything else.
    """
    best = scores.argmax(axis=1)
    right = np.array([names[int(i)] == label for i, label in zip(best, truth, strict=True)])

    def loss(log_sharpness: float) -> float:
        confidence = softmax(scores * np.float32(np.exp(log_sharpness))).max(axis=1).clip(1e-6, 1 - 1e-6)
        return float(-np.log(np.where(right, confidence, 1 - confidence)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 5.0), method="bounded").x))


def _trust(told: NDArray[np.float64], right: NDArray[np.bool_]) -> ConfidenceCalibration:
    """Slopes and offset with the least log loss of the answer, by logistic regression on its signs."""
    if right.all() or not right.any():
        return ConfidenceCalibration()
    middle, spread = told.mean(axis=0), np.maximum(told.std(axis=0), 1e-9)
    found = LogisticRegression(C=1.0).fit((told - middle) / spread, right)
    slopes = found.coef_[0] / spread
    return ConfidenceCalibration(tuple(float(slope) for slope in slopes), float(found.intercept_[0] - slopes @ middle))


def _best_share(
    parts: Sequence[Judged],
    rows: Sequence[NDArray[np.int64]],
    raw: Mapping[str, Sequence[Floats]],
    labels: Sequence[str],
    truth: Sequence[str],
) -> float:
    """The share of topic links that best names the right body out of fold, first or among three; 0 if none helps."""
    column = {label: i for i, label in enumerate(labels)}
    right = np.array([column[label] for label in truth])[:, None]

    def named(share: float) -> float:
        mixed = [
            values[own]
            if part.links is None
            else linked(values[own], topics[own], TopicAuthorityPrior(part.links, share))
            for part, own, values, topics in zip(parts, rows, raw["authority"], raw["topic"], strict=True)
        ]
        hits = np.argsort(-np.concatenate(mixed), axis=1, kind="stable")[:, :3] == right
        return float(hits[:, 0].mean() + hits.any(axis=1).mean())

    return max(SHARES, key=named)


def count_links(labels: Labels, names: Mapping[str, Sequence[str]], prior: Prior | None) -> Floats | None:
    """Shares of authorities by topic, counted in the texts and drawn towards the shares over all topics."""
    if "authority" not in labels:
        return None
    topic = {name: i for i, name in enumerate(names["topic"])}
    authority = {name: i for i, name in enumerate(names["authority"])}
    counts = prior(names["topic"], names["authority"]) if prior else np.zeros((len(topic), len(authority)))
    for topics, authorities in zip(labels["topic"], labels["authority"], strict=True):
        for one in topics:
            for other in authorities:
                counts[topic[one], authority[other]] += 1 / (len(topics) * len(authorities))
    smoothed = counts + counts.sum(axis=0) / counts.sum()
    return np.asarray(smoothed / smoothed.sum(axis=1, keepdims=True), dtype=np.float32)
