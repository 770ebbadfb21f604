"""Additive word features: a text is a weighted sum of its words, and a word is a sum of its parts.

    text = Σ weight(w) · ψ(w) / √(Σ weight(w)²)       weight(w) = log₂(1 + presence(w)) · idf(lemma of w)
    presence(w) = Σ over its places of max(0.3, exp(-place / 50)): people say what it is about first
    ψ(w) = [LEMMA_SHARE · one-hot lemma,  GRAM_SHARE · unit vector of character n-grams with idf]

The norm is taken over words, not features, so everything linear in ψ can be stored once per word form:
scores, contributions to an explanation, embeddings. (../shared/DESIGN.md measured that it costs nothing.)

This module is on the road of use: numpy and nothing heavier.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.text.morphology import MAX_WORD, lemma

LEMMA_SHARE = 1.5
GRAM_SHARE = 1.5
SHORTEST_GRAM, LONGEST_GRAM = 2, 5

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


def char_grams(word: str) -> list[str]:
    """Character n-grams of a word with its edges marked by blanks, as scikit-learn's char_wb cuts them.

    Words beyond MAX_WORD letters are cut: they are not words.
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
EMPHASIS = np.maximum(np.exp(-np.arange(EMPHASIS_FADES * 2) / EMPHASIS_FADES), EMPHASIS_STAYS)
"""What a word at each place adds to its presence; at all later places as much as at the last one.

docs/experiments.md: 0.005 to 0.013 of top-1 against counting all places alike.
"""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Distinct words of texts: their numbers and weights, those of text i from `bounds[i]` to `bounds[i + 1]`.

    They stand in the order of their first places, `places` among all words; `texts`: whose each of them is. The weights
    of a text are of unit length.
    """

    numbers: NDArray[np.int64]
    weights: Floats
    bounds: NDArray[np.int64]
    places: NDArray[np.int64]
    texts: NDArray[np.int64]


def weigh(numbers: NDArray[np.int64], lengths: NDArray[np.int64], idf: NDArray[np.float64]) -> Weighed:
    """Weights of the words of texts that stand one after another.

    `numbers` (n_words,): which word stands at each place; `lengths` (n_texts,): words of each text; `idf`: of each
    number. A word weighs idf · log₂(1 + presence), presence being the sum of its emphases: 1 at the very first place.
    """
    count = len(lengths)
    text = np.repeat(np.arange(count), lengths)
    place = np.arange(len(numbers)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    if not len(numbers):
        return Weighed(numbers, np.zeros(0, np.float32), np.zeros(count + 1, np.int64), numbers, text)
    key = text * len(idf) + numbers
    order = np.argsort(key, kind="stable")
    key = key[order]
    begins = np.flatnonzero(key[1:] != key[:-1]) + 1
    begins = np.concatenate((np.zeros(1, np.int64), begins))
    present = np.add.reduceat(EMPHASIS[np.minimum(place, len(EMPHASIS) - 1)][order], begins)
    # As they stand in the text: an order by number would depend on which words were seen before.
    at_first = np.zeros(len(numbers))
    at_first[order[begins]] = present
    first = np.flatnonzero(at_first)
    text, found = text[first], numbers[first]
    weights = np.log2(1 + at_first[first]) * idf[found]
    norms = np.sqrt(np.bincount(text, weights**2, count))
    bounds = np.searchsorted(text, np.arange(count + 1))
    return Weighed(found, (weights / norms[text]).astype(np.float32), bounds, first, text)
