"""Words seen so far: one number each, and what is known of them by number.

A store only grows and never changes what it holds, so whoever has a number may read its row without a lock;
only learning a new word takes one. A store that is full is left to those who hold it, and a new one begun.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from secrets import randbits
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.features import GRAM_SHARE, LEMMA_SHARE, Floats, Vocabulary
from tsur_nlp.model.weights import Weights
from tsur_nlp.text.morphology import lemma
from tsur_nlp.text.spelling import PARTS, Spellings, spelled, word_of
from tsur_nlp.text.vectorized import SpelledTexts

KEPT_WORDS = 50_000
"""How many words' rows are kept, so that memory is bounded."""
PLACES_BITS = 18
"""Of the hash table: some times as many places as words, those of the last block included."""
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
        # A hash table of spellings, looked up by the block. Whoever does not know the factors can't crowd a place.
        self._factors = np.array([randbits(64) | 1 for _ in range(PARTS)], np.uint64)
        self._numbered = np.full(1 << PLACES_BITS, -1, np.int32)
        self._spellings = np.zeros((1024, PARTS), np.uint64)
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

    def read(self, texts: SpelledTexts) -> tuple[Numbers, Numbers]:
        """Numbers of the words of spelled texts, one text after another, and how many each text has."""
        numbers = self._look_up(texts.spellings)
        if (unknown := np.flatnonzero(numbers < 0)).size:
            self.numbers([[word_of(spelling) for spelling in texts.spellings[unknown]]])
            numbers = self._look_up(texts.spellings)
        return with_rows(numbers, texts.lengths, {row: self.numbers([words]) for row, words in texts.apart.items()})

    def _look_up(self, spellings: Spellings) -> Numbers:
        """Numbers of spelled words, -1 for one never met. Each is sought from its own place on (linear probing)."""
        places = self._places(spellings)
        # The table before the spellings: what stands in it has its spelling by then.
        numbers = self._numbered[places].astype(np.int64)
        left = np.flatnonzero(self._taken_by_others(numbers, spellings))
        while left.size:
            places[left] = (places[left] + 1) % len(self._numbered)
            numbers[left] = self._numbered[places[left]]
            left = left[self._taken_by_others(numbers[left], spellings[left])]
        return numbers

    def _places(self, spellings: Spellings) -> Numbers:
        mixed = spellings[:, 0] * self._factors[0]
        for part in range(1, PARTS):
            mixed += spellings[:, part] * self._factors[part]
        return np.asarray(mixed >> np.uint64(64 - PLACES_BITS), np.int64)

    def _taken_by_others(self, numbers: Numbers, spellings: Spellings) -> NDArray[np.bool_]:
        other = np.bitwise_or.reduce(self._spellings[numbers] ^ spellings, axis=1) != 0
        return np.asarray(other & (numbers >= 0))

    def _learn(self, word: str) -> None:
        slot = len(self.words)
        if slot == len(self.table):
            for name in ("table", "idf", "known", "telling", "traits", "_spellings"):
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
        if (spelling := spelled(word)) is not None:
            self._spellings[slot] = spelling
            place = int(self._places(spelling[None])[0])
            while self._numbered[place] >= 0:
                place = (place + 1) % len(self._numbered)
            self._numbered[place] = slot

    def _row(self, word: str) -> Floats:
        parts = self._vocabulary.parts(word)
        grams = parts.grams + len(self._vocabulary.lemmas)
        codes, scales = self._weights.codes, self._weights.scales
        row: Floats = (GRAM_SHARE * parts.values * scales[grams]) @ codes[grams].astype(np.float32)
        if parts.lemma is not None:
            row += LEMMA_SHARE * scales[parts.lemma] * codes[parts.lemma]
        return row


def with_rows(numbers: Numbers, lengths: Numbers, rows: Mapping[int, Numbers]) -> tuple[Numbers, Numbers]:
    """Numbers of words of texts that stand one after another, and how many each has, with some texts' put in place."""
    if not rows:
        return numbers, lengths
    bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    lengths = lengths.copy()
    pieces: list[Numbers] = []
    position = 0
    for row in sorted(rows):
        pieces += numbers[position : bounds[row]], rows[row]
        position = bounds[row + 1]
        lengths[row] = len(rows[row])
    return np.concatenate((*pieces, numbers[position:])), lengths
