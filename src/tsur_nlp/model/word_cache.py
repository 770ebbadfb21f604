"""Words seen so far: one number each, and what is known of them by number.

A store only grows and never changes what it holds, so whoever has a number may read its row without a lock;
only learning a new word takes one. A store that is full is left to those who hold it, and a new one begun.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.features import GRAM_SHARE, LEMMA_SHARE, Floats, Vocabulary
from tsur_nlp.model.weights import Weights
from tsur_nlp.text.morphology import lemma

KEPT_WORDS = 50_000
"""How many words' rows are kept, so that memory is bounded."""
SHORTEST_TELLING = 3
"""Letters. Shorter words are particles, which mean nothing to a reader."""

Numbers = NDArray[np.int64]
Traits = Callable[[str, str], int]
"""A word and its lemma → a bit for each thing that they are known for."""


class WordStore:
    """Word → number → row of scores, idf and traits.

    `table` float32 (n, n_columns): what a word adds to the score of each of the first columns; `idf` float64 (n,);
    `known` bool (n,): the word was seen in training; `telling`: and may be quoted; `traits` int64 (n,): what the
    caller knows of it.
    """

    def __init__(self, vocabulary: Vocabulary, weights: Weights, columns: int, traits: Traits | None = None):
        """`columns`: how many of the first columns of the weights are kept of each word."""
        self._vocabulary = vocabulary
        self._lemmas = list(vocabulary.lemmas)
        self._weights = weights
        self._traits = traits
        self._lock = Lock()
        self._slots: dict[str, int] = {}
        self.words: list[str] = []
        self.table = np.zeros((1024, columns), np.float32)
        self.idf = np.zeros(1024)
        self.known = np.zeros(1024, bool)
        self.telling = np.zeros(1024, bool)
        self.traits = np.zeros(1024, np.int64)

    @property
    def full(self) -> bool:
        return len(self._slots) > KEPT_WORDS

    def fresh(self) -> "WordStore":
        """An empty store of the same kind."""
        return WordStore(self._vocabulary, self._weights, self.table.shape[1], self._traits)

    def numbers(self, texts: Sequence[Sequence[str]]) -> Numbers:
        """Numbers of the words of texts, one text after another, shape (n_words,)."""
        try:
            return self._known_numbers(texts)
        except KeyError:
            with self._lock:
                for word in chain.from_iterable(texts):
                    if word not in self._slots:
                        self._learn(word)
        return self._known_numbers(texts)

    def _known_numbers(self, texts: Sequence[Sequence[str]]) -> Numbers:
        found = map(self._slots.__getitem__, chain.from_iterable(texts))
        return np.fromiter(found, np.int64, sum(map(len, texts)))

    def _learn(self, word: str) -> None:
        slot = len(self.words)
        if slot == len(self.table):
            for name in ("table", "idf", "known", "telling", "traits"):
                held = getattr(self, name)
                setattr(self, name, np.concatenate([held, np.zeros_like(held)]))
        column = self._vocabulary.lemma_column(word)
        self.table[slot] = self._row(word)[: self.table.shape[1]]
        self.idf[slot] = self._vocabulary.idf(column)
        self.known[slot] = word in self._vocabulary.forms
        self.telling[slot] = self.known[slot] and len(word) >= SHORTEST_TELLING
        if self._traits is not None:
            self.traits[slot] = self._traits(word, lemma(word) if column is None else self._lemmas[column])
        self.words.append(word)
        # Last: a reader that sees the number finds everything in its place.
        self._slots[word] = slot

    def _row(self, word: str) -> Floats:
        parts = self._vocabulary.parts(word)
        grams = parts.grams + len(self._vocabulary.lemmas)
        codes, scales = self._weights.codes, self._weights.scales
        row: Floats = (GRAM_SHARE * parts.values * scales[grams]) @ codes[grams].astype(np.float32)
        if parts.lemma is not None:
            row += LEMMA_SHARE * scales[parts.lemma] * codes[parts.lemma]
        return row
