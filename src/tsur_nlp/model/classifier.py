"""AppealModel: a text's words → scores → probabilities of topics and authorities.

    score = Σ weight(w) · row(w) + intercept        row(w) = ψ(w) · W, kept once computed
    p = softmax(sharpness · score), for each head by itself
    p(authority) = (1 - share) · p(authority) + share · p(topic) · links, if the model has links
    the likeliest label's p is then corrected to mean what it says: see ConfidenceCalibration
    texts that this leaves unsure get a second view, if the model has one: see second_view.py

Weights are stored as signed bytes with one scale a row: W ≈ scales · codes. A word's row is computed
when the word is first seen and kept (word_cache.py), so the weights stay small on disk and a warm text costs one
look-up a word and its share of a sparse product.

Every sum runs over a text's own words and labels in an order of its own, never by a product whose rounding
depends on the number of texts: an answer is the same to the last bit alone and in any company.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.calibration import (
    ConfidenceCalibration,
    ConformalThreshold,
    HeldOutScores,
    OperatingPoint,
    softmax,
)
from tsur_nlp.model.features import Floats, Vocabulary, Weighed, weigh
from tsur_nlp.model.second_view import SecondHead, SecondView
from tsur_nlp.model.weights import Weights
from tsur_nlp.model.word_cache import Traits, WordStore
from tsur_nlp.text.vectorized import read_many

BLOCK = 256
"""Texts scored at once."""
MOST_WORDS = 20_000
"""Words of texts scored at once, unless one text alone has more: rows of their words are in memory together."""
WORTH_SPARSE = 16
"""Texts from which a sparse product is worth importing scipy for."""
WORTH_ROUNDS = 8
"""Texts from which looking for the likeliest labels one after another takes less than sorting all."""


@dataclass(frozen=True)
class Head:
    """One question the model answers («topic», «authority») and the columns that answer it.

    `labels`: what may be answered; `start`: the first of its columns in the weights.
    `sharpness`: how fast probability grows with score; `trust`: how far the result is believed. Both were
    found on out-of-fold scores.
    `examples`: how many real appeals each label was learned from; 0 means descriptions only.
    `selection`: what was found on out-of-fold scores for each wanted precision, from low to high; `sets`: for
    each wanted coverage of prediction sets.
    """

    labels: tuple[str, ...]
    start: int
    sharpness: float
    examples: tuple[int, ...]
    selection: tuple[OperatingPoint, ...] = ()
    sets: tuple[ConformalThreshold, ...] = ()
    trust: ConfidenceCalibration = field(default_factory=ConfidenceCalibration)

    @property
    def columns(self) -> slice:
        return slice(self.start, self.start + len(self.labels))

    def selected(self, precision: float) -> "OperatingPoint | None":
        """The first of `selection` that is precise enough; None if the calibration data could not promise it."""
        return next((found for found in self.selection if found.precision >= precision - 1e-9), None)

    def set_cut(self, coverage: float) -> ConformalThreshold:
        """The cut for prediction sets. Raises ValueError if the calibration data can't promise the coverage."""
        found = next((cut for cut in self.sets if cut.coverage >= coverage - 1e-9), None)
        if found is None:
            raise ValueError(f"охват {coverage} эта модель обещать не может")
        return found


@dataclass(frozen=True)
class TopicAuthorityPrior:
    """Who answers for which topic. `table` float32 (n_topics, n_authorities), rows sum to 1; `share`: its say."""

    table: Floats
    share: float


@dataclass(frozen=True)
class Contribution:
    """What one word added to a label's score."""

    word: str
    score: float


@dataclass
class AppealModel:
    """A trained model: it knows words and labels, not bodies or places.

    `heads`: «topic» always, then «authority» if it was trained, in the order of their columns.
    `about`: the facts of its card as written to model.json (name, version, sources, figures).
    `catalog_topics`: topics are codes of the catalogue;
    `roles`: authorities are codes of roles, to be resolved by a region.
    `held_out`: its scores of texts from sources it had not learned, for a region to pass through its matrix.
    `second`: what the vectors of an encoder add for unsure texts.

    Threads may share a model.
    """

    vocabulary: Vocabulary
    weights: Weights
    heads: Mapping[str, Head]
    about: dict[str, object] = field(default_factory=dict)
    catalog_topics: bool = False
    roles: bool = False
    links: TopicAuthorityPrior | None = None
    held_out: HeldOutScores | None = None
    second: SecondView | None = None

    def __post_init__(self) -> None:
        self._store = self.word_store()

    def __getstate__(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self.__post_init__()

    def word_store(self, traits: Traits | None = None, heads: Collection[str] = ()) -> WordStore:
        """An empty store of this model's words; `traits`: what else is to be known of each word.

        `heads`: those that will be asked, all by default; the columns of the heads after them are not kept.
        """
        columns = max(self.heads[name].columns.stop for name in heads or self.heads)
        return WordStore(self.vocabulary, self.weights, columns, traits)

    def scores(self, texts: Sequence[Sequence[str]]) -> Floats:
        """Scores of all columns for texts cut into words, shape (n_texts, n_columns); the intercept for no words."""
        parts = [np.zeros((0, len(self.weights.intercept)), np.float32)]
        for part in bounded([len(words) for words in texts], MOST_WORDS):
            store, weighed = self._weighed(texts[part])
            parts.append(self.score(weighed, store))
        return np.concatenate(parts)

    def probabilities(self, texts: Sequence[str]) -> dict[str, Floats]:
        """For each head, probabilities of its labels, shape (n_texts, n_labels)."""
        cleaned, found = read_many(texts)
        return self.probabilities_of_words(found, cleaned)

    def probabilities_of_words(self, texts: Sequence[Sequence[str]], cleaned: Sequence[str] = ()) -> dict[str, Floats]:
        """The same for texts cut into normalised words already; `cleaned`: uncut, for the second view."""
        blocks = [
            self.judged(self.scores(texts[start : start + BLOCK]), cleaned[start : start + BLOCK])[0]
            for start in range(0, len(texts), BLOCK)
        ]
        return {
            name: np.concatenate([np.zeros((0, len(head.labels)), np.float32), *(block[name] for block in blocks)])
            for name, head in self.heads.items()
        }

    def score(self, weighed: Weighed, store: WordStore) -> Floats:
        """Scores of all columns that a store keeps for weighed texts, shape (n_texts, n_columns)."""
        count = len(weighed.bounds) - 1
        table = store.table
        intercept = self.weights.intercept[: table.shape[1]]
        if count < WORTH_SPARSE:
            # Row after row, as the sparse product does it.
            scores = np.zeros((count, table.shape[1]), np.float32)
            for row, (start, stop) in zip(scores, pairwise(weighed.bounds.tolist()), strict=True):
                if stop > start:
                    added = weighed.weights[start:stop, None] * table[weighed.numbers[start:stop]]
                    np.add.reduce(added, axis=0, out=row)
            return scores + intercept
        from scipy.sparse import csr_matrix

        counts = csr_matrix((weighed.weights, weighed.numbers, weighed.bounds), (count, len(table)))
        return np.asarray(counts @ table + intercept)

    def judged(
        self, scores: Floats, texts: Sequence[str], wanted: Sequence[str] = ()
    ) -> tuple[dict[str, Floats], list[int]]:
        """Calibrated probabilities by head, and the rows that had a second view.

        `scores` of the columns of the `wanted` heads by words; `texts`: the same ones, cleaned. Raises
        ModelError if an encoder falls.
        """
        found = self.calibrated(scores, wanted)
        if self.second is None or not texts:
            return found, []
        doubtful = np.flatnonzero(found["topic"].max(axis=1) < self.second.unsure_below)
        unsure = [row for row in doubtful.tolist() if texts[row].strip()]
        if unsure:
            both = scores[unsure]
            for name, added in self.second.added([texts[row] for row in unsure]).items():
                if not wanted or name in wanted:
                    both[:, self.heads[name].columns] += added
            for name, again in self.calibrated(both, wanted, self.second.heads).items():
                found[name][unsure] = again
        return found, unsure

    def calibrated(
        self, scores: Floats, wanted: Sequence[str] = (), believed: Mapping[str, Head | SecondHead] | None = None
    ) -> dict[str, Floats]:
        """Scores of all columns → calibrated probabilities by head, of the wanted heads or all.

        `believed`: how far they are, as the heads by default.
        """
        believed = believed or self.heads
        raw: dict[str, Floats] = {}
        for name in wanted or self.heads:
            raw[name] = softmax(scores[:, self.heads[name].columns] * believed[name].sharpness)
            if name == "authority" and self.links is not None:
                raw[name] = linked(raw[name], raw["topic"], self.links)
        return {
            name: believed[name].trust.correct(found, scores[:, self.heads[name].columns], self.heads[name].examples)
            for name, found in raw.items()
        }

    def contributions(self, found: Sequence[str], head: str, position: int) -> tuple[Contribution, ...]:
        """What each distinct word of a text added to the score of a head's label, largest first.

        With the label's intercept they sum to its score.
        """
        store, weighed = self._weighed([found])
        added = weighed.weights * store.table[weighed.numbers, self.heads[head].start + position]
        order = np.argsort(-added, kind="stable")
        return tuple(Contribution(store.words[weighed.numbers[i]], float(added[i])) for i in order)

    def _weighed(self, texts: Sequence[Sequence[str]]) -> tuple[WordStore, Weighed]:
        """The distinct words of texts, weighed, and the store that holds their rows."""
        if self._store.full:
            self._store = self._store.fresh()
        store = self._store
        numbers = store.numbers(texts)
        return store, weigh(numbers, np.array([len(words) for words in texts], np.int64), store.idf)


def bounded(sizes: Sequence[int], most: int) -> Iterator[slice]:
    """Neighbours in their order, in slices that add up to `most` at most; what is larger is a slice by itself."""
    start = taken = 0
    for i, size in enumerate(sizes):
        if taken + size > most and i > start:
            yield slice(start, i)
            start, taken = i, 0
        taken += size
    if start < len(sizes):
        yield slice(start, len(sizes))


def likeliest(probabilities: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Positions and probabilities of each text's likeliest labels, best first, each (n_texts, count).

    By position among equals. For many texts a few rounds over the rows are cheaper than sorting hundreds of labels.
    """
    count = min(count, probabilities.shape[1])
    rows = np.arange(len(probabilities))
    if len(probabilities) < WORTH_ROUNDS:
        positions = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
        return positions, probabilities[rows[:, None], positions]
    left = probabilities.copy()
    positions = np.empty((len(left), count), np.int64)
    for n in range(count):
        positions[:, n] = best = left.argmax(axis=1)
        left[rows, best] = -1
    return positions, probabilities[rows[:, None], positions]


def linked(authorities: Floats, topics: Floats, links: TopicAuthorityPrior) -> Floats:
    """Probabilities of authorities by their own words and by the likely topics together."""
    # Not by a matrix product: its rounding depends on the number of texts.
    return np.asarray((1 - links.share) * authorities + links.share * np.einsum("ij,jk->ik", topics, links.table))
