"""Additive word features: a text is a weighted sum of its words, and a word is a sum of its parts.

    text = Σ weight(w) · ψ(w) / √(Σ weight(w)²)       weight(w) = (1 + ln tf) · idf(lemma of w)
    ψ(w) = [LEMMA_SHARE · one-hot lemma,  GRAM_SHARE · unit vector of character n-grams with idf]

The norm is taken over words, not features, so everything linear in ψ can be stored once per word form:
scores, contributions to an explanation, embeddings. (../shared/DESIGN.md measured that it costs nothing.)

This module is on the road of use: numpy and nothing heavier.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

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


def word_weights(idf: Iterable[float], counts: Collection[int]) -> Floats:
    """Weights of a text's distinct words from their idf and counts, shape (len(counts),), of unit length."""
    frequency = np.fromiter(counts, np.float32, len(counts))
    weights = (1 + np.log(frequency)) * np.fromiter(idf, np.float32, len(counts))
    norm = np.sqrt(np.dot(weights, weights))
    return weights / norm if norm else weights
