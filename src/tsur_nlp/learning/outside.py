"""Sources left out one by one: how a model does where it has never been, and how far it is to be believed there."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.learning.calibrating import (
    LEAD_AND_SPREAD,
    Calibration,
    Judged,
    Labels,
    Prior,
    applied,
    calibrate,
    count_links,
    judged,
)
from tsur_nlp.learning.examples import Examples, Lesson
from tsur_nlp.learning.features import WordFeatures
from tsur_nlp.learning.fitting import Floats, Room, fit_all
from tsur_nlp.learning.linear import Ridge, Setting
from tsur_nlp.learning.metrics import Quality, quality
from tsur_nlp.model.calibration import HeldOutScores
from tsur_nlp.pipeline.settings import settings_bits
from tsur_nlp.text.tokens import words

CALIBRATING = 3000
"""Texts of a source that calibrate, at most, so that the largest source does not speak for all."""
LEARNED = 0.5
"""The share of all texts that a model must have learned from for its scores to speak of the one that will be used."""
HELD_OUT_LABELS = 12
"""Likeliest topics kept of each text that calibrated."""
WORDS_OF_A_TWIN = 8
"""Shorter texts that are alike («Да, подтверждаю») say nothing that two people could label alike."""


@dataclass(frozen=True)
class Material:
    """What is learned from: labelled texts and lessons."""

    examples: Examples
    lessons: Sequence[Lesson]
    labels: Labels
    min_texts: int
    jobs: int

    def room(self, rows: NDArray[np.int64], names_found: frozenset[str]) -> tuple[WordFeatures, Room]:
        """Features learned from some of the texts and all lessons, and the place where heads are fitted from them."""
        texts = [*(self.examples.texts[i] for i in rows), *(lesson.text for lesson in self.lessons)]
        features = WordFeatures(self.min_texts, names_found).fit(texts)
        written = {"topic": [one.topic for one in self.lessons], "authority": [one.authority for one in self.lessons]}
        teaching = {name: [*(own[i] for i in rows), *written[name]] for name, own in self.labels.items()}
        weights = [self.examples.weights[i] for i in rows] if self.examples.weights else [1.0] * len(rows)
        counted = np.array([*weights, *(lesson.weight for lesson in self.lessons)])
        return features, Room(features.factors(texts), counted, teaching, self.names, len(rows), self.jobs)

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """By head, all labels of texts and lessons."""
        written = {"topic": [one.topic for one in self.lessons], "authority": [one.authority for one in self.lessons]}
        return {
            name: tuple(sorted({label for row in (*rows, *written[name]) for label in row}))
            for name, rows in self.labels.items()
        }

    def of(self, rows: NDArray[np.int64]) -> Labels:
        """Labels of some of the texts."""
        return {name: [own[i] for i in rows] for name, own in self.labels.items()}

    def counts(self, rows: NDArray[np.int64]) -> dict[str, list[int]]:
        """By head, how many of some texts may have each label."""
        found = {name: Counter(label for row in own for label in row) for name, own in self.of(rows).items()}
        return {name: [found[name][label] for label in names] for name, names in self.names.items()}


# ------------------------------------------------------------------------------
#   Sources left out
# ------------------------------------------------------------------------------


def left_out(
    material: Material,
    names_found: frozenset[str],
    chosen: Mapping[str, Setting],
    prior: Prior | None,
    told: Callable[[], None],
) -> Iterator[tuple[str, tuple[NDArray[np.int64], Judged]]]:
    """For each source, its texts and their scores by heads and words learned from the others and the lessons."""
    sources = np.array(material.examples.sources)
    for source in sorted(set(material.examples.sources)):
        own, others = np.flatnonzero(sources == source), np.flatnonzero(sources != source)
        features, room = material.room(others, names_found)
        if any(isinstance(setting, Ridge) for setting in chosen.values()):
            room = room.with_products()
        heads = fit_all(room, chosen)
        unseen = features.factors([material.examples.texts[i] for i in own])
        scores = {name: head.scores(unseen) for name, head in heads.items()}
        links = count_links(material.of(others), room.names, prior)
        yield source, (own, judged(scores, material.of(own), room.names, material.counts(others), links))
        told()


def judge_outside(
    material: Material, parts: Mapping[str, tuple[NDArray[np.int64], Judged]], groups: NDArray[np.int64]
) -> tuple[Calibration, dict[str, dict[str, Quality]], HeldOutScores]:
    """The confidence that sources left out teach, figures of each by what the others teach, and the scores.

    `groups`: texts of one number say the same. Sources of the scores are numbered in the order of their names. A
    source without which too little is left to learn from does not calibrate, and its own scores are brought to the
    common scale by themselves.
    """
    names = material.names
    random = np.random.default_rng(0)
    samples: dict[str, Judged] = {}
    rows: dict[str, NDArray[np.int64]] = {}
    for source, (own, part) in parts.items():
        taken = np.sort(random.permutation(len(own))[:CALIBRATING])
        rows[source] = own[taken]
        samples[source] = Judged(
            {name: found[taken] for name, found in part.scores.items()},
            {name: [found[i] for i in taken] for name, found in part.truth.items()},
            part.examples,
            part.links,
        )
    # A model that lost most of what it learns from gives lower scores than the one that will be used.
    whole = len(material.examples.texts)
    alike = [source for source, (own, _) in parts.items() if whole - len(own) >= LEARNED * whole]
    figures: dict[str, dict[str, Quality]] = {}
    for source, (_, part) in parts.items():
        others = [name for name in alike if name != source] or [name for name in samples if name != source]
        elsewhere = calibrate([samples[name] for name in others], names, told_by=LEAD_AND_SPREAD)
        found = applied(elsewhere, part, names)
        figures[source] = {name: head_quality(found[name], names[name], part.truth[name]) for name in names}
    together = calibrate([samples[name] for name in alike or samples], names, told_by=LEAD_AND_SPREAD)
    shares = [
        applied(together if name in alike else calibrate([part], names, told_by=LEAD_AND_SPREAD), part, names)["topic"]
        for name, part in samples.items()
    ]
    return together, figures, _scores_kept(material, rows, shares, groups)


def _scores_kept(
    material: Material,
    rows: Mapping[str, NDArray[np.int64]],
    probabilities: Sequence[Floats],
    groups: NDArray[np.int64],
) -> HeldOutScores:
    column = {label: i for i, label in enumerate(material.names["topic"])}
    texts, labels = material.examples.texts, material.labels["topic"]
    found = np.concatenate(probabilities)
    best = np.argsort(-found, axis=1, kind="stable")[:, :HELD_OUT_LABELS]
    width = max(map(len, labels))

    def positions(row: int) -> list[int]:
        return [*(column[label] for label in labels[row]), *[-1] * (width - len(labels[row]))]

    pairs = _twins(texts, groups)
    return HeldOutScores(
        topics=best.astype(np.int16),
        shares=np.take_along_axis(found, best, axis=1).astype(np.float16),
        truths=np.array([positions(i) for own in rows.values() for i in own], np.int16),
        sources=np.repeat(np.arange(len(rows)), [len(own) for own in rows.values()]).astype(np.uint8),
        settings=np.array([settings_bits(words(texts[i])) for own in rows.values() for i in own], np.uint8),
        twins=np.array([[positions(i), positions(j)] for i, j in pairs], np.int16).reshape(-1, 2, width),
    )


def _twins(texts: Sequence[str], groups: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Pairs of texts of one group that say enough to be labelled: neighbours, so that none speaks for all."""
    order = np.argsort(groups, kind="stable").tolist()
    said = [i for i in order if len(words(texts[i])) >= WORDS_OF_A_TWIN]
    return [(i, j) for i, j in pairwise(said) if groups[i] == groups[j]]


def head_quality(probabilities: Floats, names: Sequence[str], truth: Sequence[str]) -> Quality:
    """Figures of one head over the texts that are labelled for it."""
    rows = [i for i, label in enumerate(truth) if label]
    return quality(probabilities[rows].astype(np.float64), names, [truth[i] for i in rows])
