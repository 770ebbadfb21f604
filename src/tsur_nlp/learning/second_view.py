"""Whether vectors of an encoder help where words leave a text unsure, and what is learned from them.

    vectors ─► folds ─► out-of-fold scores ─┐
    scores by words ─► confidence ─► unsure ┴─► sums, for each share of texts and each weight ─► the best ─► confidence

Heads are of the same kind as those by words, on the same folds. All is chosen out of fold: how many texts are encoded
and how much their vectors weigh; of what is about as good, the fewest texts. If nothing is better, words stay alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tsur_nlp.learning.calibrating import Calibration, Judged, calibrate
from tsur_nlp.learning.features import Factored
from tsur_nlp.learning.fitting import FEWEST_TO_CALIBRATE, Floats, Folds, Room, fit_all
from tsur_nlp.learning.linear import Margin, Ridge, Setting
from tsur_nlp.learning.metrics import answers, quality, select, set_cuts
from tsur_nlp.model.encoder import Encoder
from tsur_nlp.model.second_view import SecondHead, SecondView, centred
from tsur_nlp.text.cleaning import clean

SHARES = (0.25, 0.5, 0.75)
"""Tried shares of texts, the unsure ones first, that are encoded."""
WEIGHTS = (0.0, 0.25, 0.5, 1.0)
"""Tried weights of vectors beside words."""
PARTS = 10
"""In which texts are encoded, so that progress can be told."""
ENOUGH = 0.005
"""What the sum of top-1, top-3 and macro-F1 must gain to be more than chance and worth the time."""
DENSE_ALPHA = 1.0
"""Of ridges over vectors; from 0.3 to 3 all was alike (docs/experiments.md)."""
DENSE_C = 0.3
"""Of hinges over vectors: there are hundreds of features and not a hundred thousand."""


@dataclass(frozen=True)
class Encoded:
    """What came of a try with an encoder.

    `view`: to be kept with the model; None if vectors brought nothing. `calibration`: of the texts, by words and
    vectors together. `share`: of texts that are encoded. `told`: the same in Russian, with the figures.
    """

    view: SecondView | None
    calibration: Calibration
    share: float
    told: str


def look_again(
    encoder: Encoder,
    texts: Sequence[str],
    room: Room,
    folds: NDArray[np.int64],
    settings: Mapping[str, Setting],
    inside: Judged,
    by_words: Calibration,
    told: Callable[[], None] = lambda: None,
) -> Encoded:
    """Try an encoder beside heads by words.

    `texts`: those of the room, then its lessons; `settings`: how heads by words are fitted; `inside`: the texts with
    out-of-fold scores by words; `by_words`: their calibration. `told` is called PARTS times while texts are
    encoded. Raises ModelError if the encoder falls.
    """
    if room.texts < FEWEST_TO_CALIBRATE:
        why = f"Кодировщик не проверен: текстов {room.texts}, а нужно {FEWEST_TO_CALIBRATE}; модель обучена без него"
        return Encoded(None, by_words, 0.0, why)
    vectors = _vectors(encoder, texts, room.jobs, told)
    centre = vectors[: room.texts].mean(axis=0)
    dense = _dense_room(room, centred(vectors, centre))
    chosen = {name: _dense(setting) for name, setting in settings.items()}
    checked = Folds(dense, folds)
    added = {name: checked.scores(name, [setting])[0] for name, setting in chosen.items()}

    sure = by_words.probabilities["topic"][0].max(axis=1)
    share, weights = _best(sure, inside, added, room.names)
    if not weights["topic"]:
        return Encoded(None, by_words, 0.0, f"Кодировщик {encoder.place} ничего не прибавил: модель обучена без него")
    unsure_below = float(np.quantile(sure, share))
    unsure = np.flatnonzero(sure < unsure_below)
    both = _sums(inside, added, weights, unsure)
    again = calibrate([_of(both, unsure)], room.names, share=by_words.share)
    merged = _merged(by_words, again, unsure, room.names, inside.truth)
    heads = {
        name: SecondHead(
            weights[name] * head.coefficients,
            weights[name] * head.intercept,
            again.settings[name]["sharpness"],
            again.settings[name]["trust"],
        )
        for name, head in fit_all(dense, chosen).items()
    }
    view = SecondView(encoder, centre, unsure_below, heads)
    before, after = (_figures(one.probabilities["topic"][0], room.names, inside) for one in (by_words, merged))
    said = (
        f"Кодировщик {encoder.place} (размерность {encoder.dimension}): тема {before[0]:.3f} → {after[0]:.3f}, среди "
        f"трёх {before[1]:.3f} → {after[1]:.3f}; кодируются тексты с уверенностью ниже {unsure_below:.2f}, "
        f"их {len(unsure) / len(sure):.0%}; вес {weights['topic']:g}"
    )
    return Encoded(view, merged, len(unsure) / len(sure), said)


def _vectors(encoder: Encoder, texts: Sequence[str], jobs: int, told: Callable[[], None]) -> Floats:
    """Vectors of texts, equal ones encoded once."""
    cleaned = [clean(text) for text in texts]
    number = {text: n for n, text in enumerate(dict.fromkeys(cleaned))}
    distinct = list(number)
    ends = [len(distinct) * part // PARTS for part in range(PARTS + 1)]
    parts = []
    for start, stop in pairwise(ends):
        parts.append(encoder.encode(distinct[start:stop], jobs))
        told()
    return np.asarray(np.concatenate(parts)[[number[text] for text in cleaned]])


def _dense_room(room: Room, vectors: Floats) -> Room:
    """The same texts and labels with vectors for features."""
    dimension = vectors.shape[1]
    features = Factored(sp.csr_matrix(vectors), sp.identity(dimension, np.float32, format="csr"))
    products = None if room.products is None else vectors @ vectors.T + np.float32(1)
    return replace(room, features=features, products=products)


def _dense(setting: Setting) -> Setting:
    if isinstance(setting, Margin):
        return replace(setting, c=DENSE_C)
    return Ridge(DENSE_ALPHA, setting.balance)


def _best(
    sure: Floats, inside: Judged, added: Mapping[str, Floats], names: Mapping[str, Sequence[str]]
) -> tuple[float, dict[str, float]]:
    """The share of texts to encode, and the weight of vectors by head; all weights 0 if words alone are as good."""

    def worth(name: str, share: float, weight: float) -> float:
        unsure = np.flatnonzero(sure < np.quantile(sure, share))
        scores = _sums(inside, added, {name: weight}, unsure).scores[name]
        rows = [i for i, label in enumerate(inside.truth[name]) if label]
        found = quality(scores[rows].astype(np.float64), names[name], [inside.truth[name][i] for i in rows])
        return found.top1 + found.top3 + found.macro_f1

    tried = {(share, weight): worth("topic", share, weight) for share in SHARES for weight in WEIGHTS if weight}
    most = max(tried.values())
    if most < worth("topic", 0.0, 0.0) + ENOUGH:
        return 0.0, dict.fromkeys(added, 0.0)
    share = min(share for (share, _), value in tried.items() if value > most - ENOUGH)
    weights = {"topic": max((weight for weight in WEIGHTS if weight), key=lambda weight: tried[share, weight])}
    for name in added:
        if name != "topic":
            worths = {weight: worth(name, share, weight) for weight in WEIGHTS}
            weights[name] = max(WEIGHTS, key=worths.__getitem__)
    return share, weights


def _sums(
    inside: Judged, added: Mapping[str, Floats], weights: Mapping[str, float], unsure: NDArray[np.int64]
) -> Judged:
    """The texts with scores by words, and by vectors where they are unsure, of the heads that have a weight."""
    scores = {name: inside.scores[name].copy() for name in weights}
    for name, weight in weights.items():
        scores[name][unsure] += np.float32(weight) * added[name][unsure]
    return replace(inside, scores=scores)


def _of(part: Judged, rows: NDArray[np.int64]) -> Judged:
    """Some of the texts."""
    return replace(
        part,
        scores={name: found[rows] for name, found in part.scores.items()},
        truth={name: [found[int(i)] for i in rows] for name, found in part.truth.items()},
    )


def _merged(
    by_words: Calibration,
    again: Calibration,
    unsure: NDArray[np.int64],
    names: Mapping[str, Sequence[str]],
    truth: Mapping[str, Sequence[str]],
) -> Calibration:
    """What is said of all texts when the unsure ones are looked at again: one promise for both kinds."""
    settings = {name: dict(found) for name, found in by_words.settings.items()}
    probabilities = {name: [found[0].copy()] for name, found in by_words.probabilities.items()}
    for name, (all_of, *_) in probabilities.items():
        all_of[unsure] = again.probabilities[name][0]
        rows = [i for i, label in enumerate(truth[name]) if label]
        labels, found = [truth[name][i] for i in rows], all_of[rows].astype(np.float64)
        if "selection" in settings[name]:
            _, confidence, right = answers(found, names[name], labels)
            settings[name] |= {
                "selection": select(confidence, right),
                "sets": set_cuts(found, names[name], labels),
            }
    return Calibration(settings, by_words.share, probabilities)


def _figures(probabilities: Floats, names: Mapping[str, Sequence[str]], inside: Judged) -> tuple[float, float]:
    """Top-1 and top-3 of topics."""
    found = quality(probabilities.astype(np.float64), names["topic"], inside.truth["topic"])
    return found.top1, found.top3
