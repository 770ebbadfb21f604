"""From labelled texts to a calibrated model. Reads from top to bottom.

    texts ─► folds ─► out-of-fold scores ─► sharpness, links, thresholds ─┐
      └────────────────────────────────────► features ─► heads ─────────┴─► AppealModel

Everything that is promised (probabilities, thresholds, the figures of the card) is measured on
out-of-fold scores, near-duplicates always in one fold; then the model is fitted on all texts. The
vocabulary and its idf, which know nothing of labels, are learned once from all texts.

With an encoder, texts that words leave unsure are looked at again by their vectors, if that helps out of fold
(second_view.py).

Texts of several sources are also judged source by source, by a model that never saw that source, its words included.
A model for regions it has never seen is believed as far as these scores go, and not the folds.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.learning.calibrating import Calibration, Prior, calibrate, count_links, judged
from tsur_nlp.learning.examples import Examples, Lesson, check_learnable, lessons_for_labels
from tsur_nlp.learning.features import WordFeatures
from tsur_nlp.learning.fitting import FEWEST_TO_CALIBRATE, MANY_TEXTS, Floats, Folds, Room, fit_all
from tsur_nlp.learning.folds import grouped_folds, near_duplicate_groups
from tsur_nlp.learning.linear import LinearHead, Margin, Setting
from tsur_nlp.learning.metrics import Quality
from tsur_nlp.learning.names import personal_names
from tsur_nlp.learning.outside import Material, head_quality, judge_outside, left_out
from tsur_nlp.learning.second_view import PARTS, Encoded, look_again
from tsur_nlp.model.calibration import HeldOutScores
from tsur_nlp.model.classifier import AppealModel, Head, TopicAuthorityPrior
from tsur_nlp.model.encoder import Encoder
from tsur_nlp.model.second_view import SecondView
from tsur_nlp.model.weights import Weights
from tsur_nlp.text.tokens import words

FOLDS = 5
LONG, A_MINUTE = 50_000, 6000
"""Texts from which it is said how long training takes; texts learned in a minute."""


@dataclass(frozen=True)
class Trained:
    """A model and what cross-validation said of it.

    `quality`: by head, out of fold; `outside`: by source and head, each source judged by a model that never saw it,
    its confidence settled on the others. `oof`: out-of-fold probabilities by head; `truth`: the true label of each
    text, "" where there is none; `lengths`: words of each text; `encoded`: what came of an encoder, if one was tried.
    """

    model: AppealModel
    quality: Mapping[str, Quality]
    remarks: tuple[str, ...]
    oof: Mapping[str, Floats]
    truth: Mapping[str, Sequence[str]]
    lengths: tuple[int, ...]
    outside: Mapping[str, Mapping[str, Quality]] = field(default_factory=dict)
    encoded: Encoded | None = None


def train(
    examples: Examples,
    lessons: Sequence[Lesson] | None = None,
    further: Sequence[Lesson] = (),
    links_prior: Prior | None = None,
    min_texts: int | None = None,
    setting: Setting | None = None,
    seed: int = 0,
    jobs: int | None = None,
    encoder: Encoder | None = None,
    progress: Callable[[str], None] = lambda stage: None,
    **settings: Any,
) -> Trained:
    """Fit, calibrate and measure.

    `lessons`: written texts that teach beside the appeals; by default what is known of the labels. `further`: more.
    `links_prior`: what is known of who answers for which topic, as counts for given topics and authorities;
    the table's own counts are added. `min_texts`: see WordFeatures; 1 for small tables by default, else 2.
    `setting`: how the heads are fitted, if that is known; else it is chosen on the folds. `encoder`: to be tried as a
    second view; for texts of one source.
    `progress` is told each stage, with the share done where it takes long.
    `settings` go to AppealModel. Deterministic for one seed, one number of `jobs` (cores used; all, up to five, if
    not given) and one version of scikit-learn. Raises TableError for a topic for every other text, ModelError for an
    encoder that falls.
    """
    if encoder and len(set(examples.sources)) > 1:
        raise ValueError("an encoder is tried on the folds of one source, not on sources left out")
    check_learnable(examples)
    jobs = jobs or default_jobs()
    material = _material(examples, lessons, further, min_texts, jobs)
    labels = material.labels
    if len(examples.texts) >= LONG:
        progress(
            f"Текстов {len(examples.texts)}: это надолго, минут на двух ядрах около {len(examples.texts) // A_MINUTE}"
        )
    progress("Похожие тексты собираются вместе")
    groups = near_duplicate_groups(examples.texts)
    folds = grouped_folds(groups, FOLDS, seed)
    progress("Имена людей, чтобы их не выучить")
    names_found = personal_names(examples.texts, jobs)
    progress("Слова и их части")
    everything = np.arange(len(examples.texts))
    features, room = material.room(everything, names_found)
    room = room if isinstance(setting, Margin) else room.with_products()

    chosen, scores = _scored_on_folds(room, folds, setting, progress)

    progress("Настройка уверенности")
    counts = material.counts(everything)
    table = count_links(labels, room.names, links_prior)
    inside = judged(scores, labels, room.names, counts, table)
    enough = len(examples.texts) >= FEWEST_TO_CALIBRATE
    by_folds = calibrate([inside], room.names, enough)
    encoded = None
    if encoder:
        told = _counted(progress, "Векторы текстов", PARTS)
        texts = [*examples.texts, *(lesson.text for lesson in material.lessons)]
        encoded = look_again(encoder, texts, room, folds, chosen, inside, by_folds, told)
        by_folds = encoded.calibration
    oof = {name: found[0] for name, found in by_folds.probabilities.items()}
    used, held_out = by_folds, None
    outside: dict[str, dict[str, Quality]] = {}
    if len(set(examples.sources)) > 1:
        told = _counted(progress, "Проверка на источниках, которых модель не видела", len(set(examples.sources)))
        parts = dict(left_out(material, names_found, chosen, links_prior, told))
        used, outside, held_out = judge_outside(material, parts, groups)

    progress("Обучение на всех текстах")
    heads = fit_all(room, chosen)
    links = TopicAuthorityPrior(table, used.share) if table is not None and used.share else None
    second = encoded.view if encoded else None
    model = _assemble(features, heads, counts, used, links, held_out, second, settings)
    remarks = (*examples.remarks, *_remarks(examples, enough))
    lengths = tuple(len(words(text)) for text in examples.texts)
    figures_inside = {name: head_quality(oof[name], room.names[name], inside.truth[name]) for name in labels}
    return Trained(model, figures_inside, remarks, oof, inside.truth, lengths, outside, encoded)


def _material(
    examples: Examples,
    lessons: Sequence[Lesson] | None,
    further: Sequence[Lesson],
    min_texts: int | None,
    jobs: int,
) -> Material:
    labels: dict[str, Sequence[Any]] = {"topic": examples.topics}
    if examples.authorities is not None:
        labels["authority"] = examples.authorities
    if lessons is None:
        lessons = list(
            lessons_for_labels(*(sorted({label for row in rows for label in row}) for rows in labels.values()))
        )
    fewest = min_texts or (2 if len(examples.texts) >= MANY_TEXTS else 1)
    return Material(examples, [*lessons, *further], labels, fewest, jobs)


def _scored_on_folds(
    room: Room, folds: NDArray[np.int64], setting: Setting | None, progress: Callable[[str], None]
) -> tuple[dict[str, Setting], dict[str, Floats]]:
    """By head: how it is fitted, chosen on the folds if not given, and its scores of texts that it did not learn."""
    stage = "Проверка на отложенных частях"
    progress(stage)
    checked = Folds(room, folds)
    checked.done = _counted(progress, stage, len(room.names) * (FOLDS if setting else checked.fits_to_choose))
    chosen = {name: setting or checked.best(name) for name in room.names}
    return chosen, {name: checked.scores(name, [chosen[name]])[0] for name in room.names}


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
    second: SecondView | None,
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
    return AppealModel(
        features.vocabulary_, weights, assembled, links=links, held_out=held_out, second=second, **settings
    )


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
