"""From labelled texts to a calibrated model. Reads from top to bottom.

    texts ─► folds ─► out-of-fold scores ─► sharpness, links, thresholds ─┐
      └────────────────────────────────────► features ─► heads ─────────┴─► AppealModel

Everything that is promised (probabilities, thresholds, the figures of the card) is measured on
out-of-fold scores, near-duplicates always in one fold; then the model is fitted on all texts. The
vocabulary and its idf, which know nothing of labels, are learned once from all texts.

Texts of several sources are also judged source by source, by a model that never saw that source, its words included.
A model for regions it has never seen is believed as far as these scores go, and not the folds.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.learning.calibrating import Calibration, Judged, Labels, Prior, applied, calibrate, count_links, judged
from tsur_nlp.learning.examples import Examples, Lesson, check_learnable, lessons_for_labels
from tsur_nlp.learning.features import WordFeatures
from tsur_nlp.learning.fitting import FEWEST_TO_CALIBRATE, MANY_TEXTS, Floats, Folds, Room, fit_all
from tsur_nlp.learning.folds import grouped_folds, near_duplicate_groups
from tsur_nlp.learning.linear import LinearHead, Margin, Ridge, Setting
from tsur_nlp.learning.metrics import Quality, quality
from tsur_nlp.learning.names import personal_names
from tsur_nlp.model.calibration import HeldOutScores
from tsur_nlp.model.classifier import AppealModel, Head, TopicAuthorityPrior
from tsur_nlp.model.weights import Weights
from tsur_nlp.text.tokens import words

FOLDS = 5
CALIBRATING = 3000
"""Texts of a source that calibrate, at most, so that the largest source does not speak for all."""
HELD_OUT_LABELS = 12
"""Likeliest topics kept of each text that calibrated."""


@dataclass(frozen=True)
class Trained:
    """A model and what cross-validation said of it.

    `quality`: by head, out of fold; `outside`: by source and head, each source judged by a model that never saw it,
    its confidence settled on the others. `oof`: out-of-fold probabilities by head; `truth`: the true label of each
    text, "" where there is none; `lengths`: words of each text.
    """

    model: AppealModel
    quality: Mapping[str, Quality]
    remarks: tuple[str, ...]
    oof: Mapping[str, Floats]
    truth: Mapping[str, Sequence[str]]
    lengths: tuple[int, ...]
    outside: Mapping[str, Mapping[str, Quality]] = field(default_factory=dict)


def train(
    examples: Examples,
    lessons: Sequence[Lesson] | None = None,
    links_prior: Prior | None = None,
    min_texts: int | None = None,
    setting: Setting | None = None,
    seed: int = 0,
    jobs: int | None = None,
    progress: Callable[[str], None] = lambda stage: None,
    **settings: Any,
) -> Trained:
    """Fit, calibrate and measure.

    `lessons`: written texts that teach beside the appeals; by default what is known of the labels.
    `links_prior`: what is known of who answers for which topic, as counts for given topics and authorities;
    the table's own counts are added. `min_texts`: see WordFeatures; 1 for small tables by default, else 2.
    `setting`: how the heads are fitted, if that is known; else it is chosen on the folds.
    `progress` is told each stage, with the share done where it takes long.
    `settings` go to AppealModel. Deterministic for one seed, one number of `jobs` (cores used; all, up to five, if
    not given) and one version of scikit-learn. Raises TableError for a topic for every other text.
    """
    check_learnable(examples)
    jobs = jobs or default_jobs()
    labels: dict[str, Sequence[Any]] = {"topic": examples.topics}
    if examples.authorities is not None:
        labels["authority"] = examples.authorities
    if lessons is None:
        lessons = list(
            lessons_for_labels(*(sorted({label for row in rows for label in row}) for rows in labels.values()))
        )
    many = len(examples.texts) >= MANY_TEXTS
    material = _Material(examples, lessons, labels, min_texts or (2 if many else 1), jobs)

    progress("Похожие тексты собираются вместе")
    folds = grouped_folds(near_duplicate_groups(examples.texts), FOLDS, seed)
    progress("Имена людей, чтобы их не выучить")
    names_found = personal_names(examples.texts, jobs)
    progress("Слова и их части")
    everything = np.arange(len(examples.texts))
    features, room = material.room(everything, names_found)
    room = room if isinstance(setting, Margin) else room.with_products()

    stage = "Проверка на отложенных частях"
    progress(stage)
    checked = Folds(room, folds)
    checked.done = _counted(progress, stage, len(labels) * (FOLDS if setting else checked.fits_to_choose))
    chosen = {name: setting or checked.best(name) for name in labels}
    scores = {name: checked.scores(name, [chosen[name]])[0] for name in labels}
    del checked

    progress("Настройка уверенности")
    counts = material.counts(everything)
    table = count_links(labels, room.names, links_prior)
    inside = judged(scores, labels, room.names, counts, table)
    enough = len(examples.texts) >= FEWEST_TO_CALIBRATE
    by_folds = calibrate([inside], room.names, enough)
    oof = {name: found[0] for name, found in by_folds.probabilities.items()}
    used, held_out = by_folds, None
    outside: dict[str, dict[str, Quality]] = {}
    if len(set(examples.sources)) > 1:
        told = _counted(progress, "Проверка на источниках, которых модель не видела", len(set(examples.sources)))
        parts = dict(_left_out(material, names_found, chosen, links_prior, told))
        used, outside, held_out = _of_sources(material, parts)

    progress("Обучение на всех текстах")
    heads = fit_all(room, chosen)
    links = TopicAuthorityPrior(table, used.share) if table is not None and used.share else None
    model = _assemble(features, heads, counts, used, links, held_out, settings)
    remarks = (*examples.remarks, *_remarks(examples, enough))
    lengths = tuple(len(words(text)) for text in examples.texts)
    figures_inside = {name: _quality(oof[name], room.names[name], inside.truth[name]) for name in labels}
    return Trained(model, figures_inside, remarks, oof, inside.truth, lengths, outside)


def default_jobs() -> int:
    return min(os.cpu_count() or 1, FOLDS)


def _counted(progress: Callable[[str], None], stage: str, total: int) -> Callable[[], None]:
    """To be called at each of `total` steps of a stage: tells the share done, at every tenth."""
    done = 0

    def told() -> None:
        nonlocal done
        done += 1
        if done * 10 // total > (done - 1) * 10 // total:
            progress(f"{stage}: {done / total:.0%}")

    return told


@dataclass(frozen=True)
class _Material:
    """What is learned from: labelled texts and lessons."""

    examples: Examples
    lessons: Sequence[Lesson]
    labels: Labels
    min_texts: int
    jobs: int

    def room(self, rows: NDArray[np.int64], left_out: frozenset[str]) -> tuple[WordFeatures, Room]:
        """Features learned from some of the texts and all lessons, and the place where heads are fitted from them."""
        texts = [*(self.examples.texts[i] for i in rows), *(lesson.text for lesson in self.lessons)]
        features = WordFeatures(self.min_texts, left_out).fit(texts)
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


def _left_out(
    material: _Material,
    left_out: frozenset[str],
    chosen: Mapping[str, Setting],
    prior: Prior | None,
    told: Callable[[], None],
) -> Iterator[tuple[str, tuple[NDArray[np.int64], Judged]]]:
    """For each source, its texts and their scores by heads and words learned from the others and the lessons."""
    sources = np.array(material.examples.sources)
    for source in sorted(set(material.examples.sources)):
        own, others = np.flatnonzero(sources == source), np.flatnonzero(sources != source)
        features, room = material.room(others, left_out)
        if any(isinstance(setting, Ridge) for setting in chosen.values()):
            room = room.with_products()
        heads = fit_all(room, chosen)
        unseen = features.factors([material.examples.texts[i] for i in own])
        scores = {name: head.scores(unseen) for name, head in heads.items()}
        links = count_links(material.of(others), room.names, prior)
        yield source, (own, judged(scores, material.of(own), room.names, material.counts(others), links))
        told()


def _of_sources(
    material: _Material, parts: Mapping[str, tuple[NDArray[np.int64], Judged]]
) -> tuple[Calibration, dict[str, dict[str, Quality]], HeldOutScores]:
    """The confidence that sources left out teach, figures of each by what the others teach, and the scores.

    Sources of the scores are numbered in the order of their names.
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
    figures: dict[str, dict[str, Quality]] = {}
    for source, (_, part) in parts.items():
        elsewhere = calibrate([other for name, other in samples.items() if name != source], names)
        found = applied(elsewhere, part, names)
        figures[source] = {name: _quality(found[name], names[name], part.truth[name]) for name in names}
    together = calibrate(list(samples.values()), names)
    return together, figures, _held_out(material, rows, together.probabilities["topic"])


def _held_out(
    material: _Material, rows: Mapping[str, NDArray[np.int64]], probabilities: Sequence[Floats]
) -> HeldOutScores:
    column = {label: i for i, label in enumerate(material.names["topic"])}
    found = np.concatenate(probabilities)
    best = np.argsort(-found, axis=1, kind="stable")[:, :HELD_OUT_LABELS]
    admissible = [[column[label] for label in material.labels["topic"][i]] for own in rows.values() for i in own]
    truth = np.full((len(admissible), max(map(len, admissible))), -1, np.int16)
    for row, known in zip(truth, admissible, strict=True):
        row[: len(known)] = known
    return HeldOutScores(
        topics=best.astype(np.int16),
        shares=np.take_along_axis(found, best, axis=1).astype(np.float16),
        truths=truth,
        sources=np.repeat(np.arange(len(rows)), [len(own) for own in rows.values()]).astype(np.uint8),
    )


# ------------------------------------------------------------------------------
#   Assembly
# ------------------------------------------------------------------------------


def _assemble(
    features: WordFeatures,
    heads: Mapping[str, LinearHead],
    examples: Mapping[str, Sequence[int]],
    found: Calibration,
    links: TopicAuthorityPrior | None,
    held_out: HeldOutScores | None,
    settings: Mapping[str, Any],
) -> AppealModel:
    assembled: dict[str, Head] = {}
    start = 0
    for name, head in heads.items():
        assembled[name] = Head(head.labels, start, examples=tuple(examples[name]), **found.settings[name])
        start += len(head.labels)
    weights = Weights.pack(
        np.hstack([head.coefficients for head in heads.values()]),
        np.concatenate([head.intercept for head in heads.values()]),
    )
    return AppealModel(features.vocabulary_, weights, assembled, links=links, held_out=held_out, **settings)


def _quality(probabilities: Floats, names: Sequence[str], truth: Sequence[str]) -> Quality:
    rows = [i for i, label in enumerate(truth) if label]
    return quality(probabilities[rows].astype(np.float64), names, [truth[i] for i in rows])


def _remarks(examples: Examples, calibrated: bool) -> list[str]:
    if calibrated:
        return []
    return [
        f"Текстов {len(examples.texts)}, меньше {FEWEST_TO_CALIBRATE}: уверенность не проверена, всё пойдёт на просмотр"
    ]


def figures(quality_by_head: Mapping[str, Quality]) -> dict[str, dict[str, float]]:
    """Figures as plain numbers, rounded for people."""
    return {
        name: {key: round(value, 4) for key, value in asdict(found).items()} for name, found in quality_by_head.items()
    }
