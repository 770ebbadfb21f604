"""Additive word features: a text is a weighted sum of its words, and a word is a sum of its parts.

    text = Σ weight(w) · ψ(w) / √(Σ weight(w)²)       weight(w) = log₂(1 + presence(w)) · idf(lemma of w)
    presence(w) = Σ over its places of max(0.3, exp(-place / 50)): people say what it is about first
    ψ(w) = [LEMMA_SHARE · one-hot lemma,  GRAM_SHARE · unit vector of character n-grams with idf]

The norm is taken over words, not features, so everything linear in ψ can be stored once per word form:
scores, contributions to an explanation, embeddings. (../shared/DESIGN.md measured that it costs nothing.)

This module is on the road of use: numpy and nothing heavier.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.morph import MAX_WORD, lemma

LEMMA_SHARE = 1.5
GRAM_SHARE = 1.5
SHORTEST_GRAM, LONGEST_GRAM = 2, 5

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


def char_grams(word: str) -> list[str]:
    """Character n-grams of a word with its edges marked by blanks, as scikit-learn's char_wb cuts them.

    Words beyond MAX_WORD letters are cut: they are no words.
    """
    padded = f" {word[:MAX_WORD]} "
    grams: list[str] = []
    for size in range(SHORTEST_GRAM, LONGEST_GRAM + 1):
        if size >= len(padded):
            grams.append(padded)
            break
        grams += [padded[i : i + size] for i in range(len(padded) - size + 1)]
    return grams


@dataclass(frozen=True, slots=True)
class WordParts:
    """ψ(w) without its shares: the lemma's column (None if unknown) and unit-length n-gram values."""

    lemma: int | None
    grams: Indices
    values: Floats


@dataclass(frozen=True)
class Vocabulary:
    """What the features know.

    `lemmas`, `grams`: name → column, in column order from 0; `forms`: word form → column of its lemma.
    `lemma_idf` (len(lemmas),), `gram_idf` (len(grams),): ln((1 + n) / (1 + df)) + 1.
    `unknown_idf`: the idf of a word never seen.
    """

    lemmas: dict[str, int]
    forms: dict[str, int]
    grams: dict[str, int]
    lemma_idf: Floats
    gram_idf: Floats
    unknown_idf: float

    def lemma_column(self, word: str) -> int | None:
        """The column of a word's lemma. Forms seen in training cost no morphology."""
        column = self.forms.get(word)
        return self.lemmas.get(lemma(word)) if column is None else column

    def parts(self, word: str) -> WordParts:
        counts = Counter(gram for gram in char_grams(word) if gram in self.grams)
        columns = np.fromiter((self.grams[gram] for gram in counts), np.int32, len(counts))
        values = np.fromiter(counts.values(), np.float32, len(counts)) * self.gram_idf[columns]
        norm = np.sqrt(np.dot(values, values))
        return WordParts(self.lemma_column(word), columns, values / norm if norm else values)

    def idf(self, column: int | None) -> float:
        return self.unknown_idf if column is None else float(self.lemma_idf[column])


EMPHASIS_FADES, EMPHASIS_STAYS = 50, 0.3
EMPHASIS = tuple(
    math.exp(-place / EMPHASIS_FADES) for place in range(math.ceil(-EMPHASIS_FADES * math.log(EMPHASIS_STAYS)))
)
"""What a word at each place adds to its presence, as long as that is more than EMPHASIS_STAYS.

docs/experiments.md: 0.005 to 0.013 of top-1 against counting all places alike.
"""


def presence(words: Iterable[str]) -> dict[str, float]:
    """Distinct words of a text, in order of appearance, with how present each is; 1 for the very first word."""
    found: dict[str, float] = {}
    for word, emphasis in zip(words, chain(EMPHASIS, repeat(EMPHASIS_STAYS)), strict=False):
        found[word] = found.get(word, 0.0) + emphasis
    return found


def word_weights(idf: Iterable[float], present: Collection[float]) -> Floats:
    """Weights of a text's distinct words from their idf and presence, shape (len(present),), of unit length."""
    weights = np.log2(1 + np.fromiter(present, np.float32, len(present))) * np.fromiter(idf, np.float32, len(present))
    norm = np.sqrt(np.dot(weights, weights))
    return np.asarray(weights / norm if norm else weights, dtype=np.float32)
