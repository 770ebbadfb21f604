"""AppealModel: a text's words → scores → probabilities of topics and authorities.

    score = Σ weight(w) · row(w) + intercept        row(w) = ψ(w) · W, kept once computed
    p = softmax(sharpness · score), for each head by itself
    p(authority) = (1 - share) · p(authority) + share · p(topic) · links, if the model has links
    the likeliest label's p is then corrected to mean what it says: see Trust

Weights are stored as signed bytes with one scale a row: W ≈ scales · codes. A word's row is computed
when the word is first met and kept, so the weights stay small on disk and a warm text costs one
look-up a word and its share of a sparse product.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.calibration import Selection, SetCut, Trust, softmax
from tsur_nlp.model.features import GRAM_SHARE, LEMMA_SHARE, Floats, Vocabulary, Weighed, weigh
from tsur_nlp.text.vectorized import read_many

KEPT_WORDS = 50_000
"""How many words' rows are kept; past it the store starts anew with the next block, so memory is bounded."""
BLOCK = 256
"""Texts scored at once."""
MOST_WORDS = 20_000
"""Words of texts scored at once, unless one text alone has more: rows of their words are in memory together."""
WORTH_SPARSE = 16
"""Texts from which a sparse product is worth importing scipy for."""

SHORTEST_TELLING = 3
"""Letters. Shorter words are particles, which tell a reader nothing."""


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
    selection: tuple[Selection, ...] = ()
    sets: tuple[SetCut, ...] = ()
    trust: Trust = field(default_factory=Trust)

    @property
    def columns(self) -> slice:
        return slice(self.start, self.start + len(self.labels))

    def selected(self, precision: float) -> "Selection | None":
        """The first of `selection` that is precise enough; None if the calibration data could not promise it."""
        return next((found for found in self.selection if found.precision >= precision - 1e-9), None)

    def set_cut(self, coverage: float) -> SetCut:
        """The cut for prediction sets. Raises ValueError if the calibration data can't promise the coverage."""
        found = next((cut for cut in self.sets if cut.coverage >= coverage - 1e-9), None)
        if found is None:
            raise ValueError(f"охват {coverage} эта модель обещать не может")
        return found


@dataclass(frozen=True)
class Weights:
    """Linear weights as signed bytes.

    `codes` int8 (n_lemmas + n_grams, n_columns), `scales` float32 (n_lemmas + n_grams,),
    `intercept` float32 (n_columns,).
    """

    codes: NDArray[np.int8]
    scales: Floats
    intercept: Floats

    @classmethod
    def pack(cls, dense: Floats, intercept: Floats) -> "Weights":
        """Each row is divided by its largest magnitude / 127 and rounded."""
        scales = np.maximum(np.abs(dense).max(axis=1), 1e-12) / 127
        codes = np.rint(dense / scales[:, None]).astype(np.int8)
        return cls(codes, scales.astype(np.float32), intercept.astype(np.float32))


@dataclass(frozen=True)
class Links:
    """Who answers for which topic. `table` float32 (n_topics, n_authorities), rows sum to 1; `share`: its say."""

    table: Floats
    share: float


@dataclass(frozen=True)
class Contribution:
    """What one word added to a label's score."""

    word: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says of one text: the likeliest labels of each head with their probabilities, best first.

    `telling`: words that speak for the likeliest topic most, never one outside the vocabulary: it may be a name.
    """

    ranked: Mapping[str, list[tuple[int, float]]]
    telling: list[str]


@dataclass
class AppealModel:
    """A trained model: it knows words and labels, not bodies or places.

    `heads`: «topic» always, then «authority» if it was trained, in the order of their columns.
    `about`: the facts of its card as written to model.json (name, version, sources, figures).
    `catalog_topics`: topics are codes of the catalogue;
    `roles`: authorities are codes of roles, to be resolved by a region.

    Threads may share a model: one at a time computes, since the rows of words met before are kept for all.
    """

    vocabulary: Vocabulary
    weights: Weights
    heads: Mapping[str, Head]
    about: dict[str, object] = field(default_factory=dict)
    catalog_topics: bool = False
    roles: bool = False
    links: Links | None = None

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._forget()

    def __getstate__(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self.__post_init__()

    def _forget(self) -> None:
        self._slots: dict[str, int] = {}
        self._words: list[str] = []
        self._tells = np.zeros(1024, bool)
        self._table = np.zeros((1024, len(self.weights.intercept)), np.float32)
        self._idf = np.zeros(1024)

    def scores(self, texts: Sequence[Sequence[str]]) -> Floats:
        """Scores of all columns for texts cut into words, shape (n_texts, n_columns); the intercept for no words."""
        parts = [np.zeros((0, len(self.weights.intercept)), np.float32)]
        for part in _bounded(texts):
            with self._lock:
                parts.append(self._score(self._weigh(part)))
        return np.concatenate(parts)

    def probabilities(self, texts: Sequence[str]) -> dict[str, Floats]:
        """For each head, probabilities of its labels, shape (n_texts, n_labels)."""
        return self.probabilities_of_words(read_many(texts)[1])

    def probabilities_of_words(self, texts: Sequence[Sequence[str]]) -> dict[str, Floats]:
        """The same for texts cut into normalised words already."""
        blocks = [self.calibrated(self.scores(texts[start : start + BLOCK])) for start in range(0, len(texts), BLOCK)]
        return {
            name: np.concatenate([np.zeros((0, len(head.labels)), np.float32), *(block[name] for block in blocks)])
            for name, head in self.heads.items()
        }

    def answers(self, texts: Sequence[Sequence[str]], labels: int, telling: int) -> list[Answer]:
        """The likeliest `labels` of each head and up to so many telling words, for texts cut into words."""
        found = []
        for part in _bounded(texts):
            with self._lock:
                found += self._answers(part, labels, telling)
        return found

    def _answers(self, texts: Sequence[Sequence[str]], labels: int, telling: int) -> list[Answer]:
        weighed = self._weigh(texts)
        ranked = {name: likeliest(found, labels) for name, found in self.calibrated(self._score(weighed)).items()}
        start = self.heads["topic"].start
        named = np.array([start + one[0][0] for one in ranked["topic"]], np.int64)
        lengths = np.diff(weighed.bounds)
        added = weighed.weights * self._table[weighed.numbers, np.repeat(named, lengths)]
        added[~self._tells[weighed.numbers]] = 0
        order = np.lexsort((-added, np.repeat(np.arange(len(texts)), lengths)))
        found = []
        for i, (begin, end) in enumerate(pairwise(weighed.bounds.tolist())):
            best = order[begin : min(begin + telling, end)]
            spoken = [self._words[weighed.numbers[at]] for at in best if added[at] > 0]
            found.append(Answer({name: one[i] for name, one in ranked.items()}, spoken))
        return found

    def _score(self, weighed: Weighed) -> Floats:
        count = len(weighed.bounds) - 1
        if count < WORTH_SPARSE:
            scores = np.empty((count, len(self.weights.intercept)), np.float32)
            for row, (start, stop) in zip(scores, pairwise(weighed.bounds), strict=True):
                row[:] = weighed.weights[start:stop] @ self._table[weighed.numbers[start:stop]]
            return scores + self.weights.intercept
        from scipy.sparse import csr_matrix

        counts = csr_matrix((weighed.weights, weighed.numbers, weighed.bounds), (count, len(self._table)))
        return np.asarray(counts @ self._table + self.weights.intercept)

    def calibrated(self, scores: Floats) -> dict[str, Floats]:
        """Scores of all columns → calibrated probabilities by head."""
        raw: dict[str, Floats] = {}
        for name, head in self.heads.items():
            raw[name] = softmax(scores[:, head.columns] * head.sharpness)
            if name == "authority" and self.links is not None:
                raw[name] = linked(raw[name], raw["topic"], self.links)
        return {
            name: head.trust.correct(raw[name], scores[:, head.columns], head.examples)
            for name, head in self.heads.items()
        }

    def contributions(self, found: Sequence[str], head: str, position: int) -> tuple[Contribution, ...]:
        """What each distinct word of a text added to the score of a head's label, largest first.

        With the label's intercept they sum to its score.
        """
        with self._lock:
            weighed = self._weigh([found])
            added = weighed.weights * self._table[weighed.numbers, self.heads[head].start + position]
            order = np.argsort(-added, kind="stable")
            return tuple(Contribution(self._words[weighed.numbers[i]], float(added[i])) for i in order)

    def _weigh(self, texts: Sequence[Sequence[str]]) -> Weighed:
        """Rows of the table and weights of the distinct words of texts."""
        lengths = np.array([len(found) for found in texts], np.int64)
        if len(self._slots) > KEPT_WORDS:
            self._forget()
        slots = self._slots
        numbers = [slots[word] if word in slots else self._learn(word) for found in texts for word in found]
        return weigh(np.array(numbers, np.int64), lengths, self._idf)

    def _learn(self, word: str) -> int:
        """Compute a word's row and keep it."""
        slot = len(self._slots)
        if slot == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
            self._idf = np.concatenate([self._idf, np.zeros_like(self._idf)])
            self._tells = np.concatenate([self._tells, np.zeros_like(self._tells)])
        parts = self.vocabulary.parts(word)
        grams = parts.grams + len(self.vocabulary.lemmas)
        codes, scales = self.weights.codes, self.weights.scales
        row = (GRAM_SHARE * parts.values * scales[grams]) @ codes[grams].astype(np.float32)
        if parts.lemma is not None:
            row += LEMMA_SHARE * scales[parts.lemma] * codes[parts.lemma]
        self._table[slot] = row
        self._idf[slot] = self.vocabulary.idf(parts.lemma)
        self._tells[slot] = word in self.vocabulary.forms and len(word) >= SHORTEST_TELLING
        self._words.append(word)
        self._slots[word] = slot
        return slot


def _bounded(texts: Sequence[Sequence[str]]) -> Iterator[Sequence[Sequence[str]]]:
    """Texts in their order, in parts of at most MOST_WORDS words; a longer text is a part by itself."""
    start = taken = 0
    for i, words in enumerate(texts):
        if taken + len(words) > MOST_WORDS and i > start:
            yield texts[start:i]
            start, taken = i, 0
        taken += len(words)
    if start < len(texts):
        yield texts[start:]


def likeliest(probabilities: Floats, count: int) -> list[list[tuple[int, float]]]:
    """Positions and probabilities of each text's likeliest labels, best first."""
    count = min(count, probabilities.shape[1])
    top = np.argpartition(-probabilities, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(probabilities, top, axis=1)
    # By position among equals, so that an answer never depends on the company of a text.
    order = np.lexsort((top, -values), axis=1)
    positions = np.take_along_axis(top, order, axis=1).tolist()
    shares = np.take_along_axis(values, order, axis=1).tolist()
    return [list(zip(at, share, strict=True)) for at, share in zip(positions, shares, strict=True)]


def linked(authorities: Floats, topics: Floats, links: Links) -> Floats:
    """Probabilities of authorities by their own words and by the likely topics together."""
    return np.asarray((1 - links.share) * authorities + links.share * (topics @ links.table))
