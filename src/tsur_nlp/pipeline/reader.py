"""Texts of a block → cleaned texts and the numbers of their authors' own words: what every component begins with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tsur_nlp.model.word_cache import Numbers, WordStore, with_rows
from tsur_nlp.text.letter import CITED, LetterReader
from tsur_nlp.text.vectorized import spell_many

MARKS = 1 << 62
"""The trait of words that mark what may not be the author's own; the lower bits are those of components."""
MOST_TEXTS, MOST_CHARS = 768, 300_000
"""Read at once, unless one text alone has more characters. Fewer would not be worth a pass over a block, and more would
take memory without limit."""


@dataclass(frozen=True, slots=True)
class ReadTexts:
    """`texts`: cleaned, with blanks where others are quoted; `numbers` int64 (n_words,) of the words in a store, one
    text after another; `lengths` int64 (n_texts,); `only_quoted`: texts with next to no words of their own, left whole.
    """

    texts: list[str]
    numbers: Numbers
    lengths: Numbers
    only_quoted: list[int]


class Reader:
    """Reads texts by blocks. Threads may share one."""

    def __init__(self, letters: LetterReader):
        self._letters = letters

    def traits(self, word: str) -> int:
        """What the reader must know of each word of a store."""
        return MARKS if self._letters.marks(word) else 0

    def read(self, texts: Sequence[str], store: WordStore) -> ReadTexts:
        """The same words as `LetterReader.read_many`."""
        spelled = spell_many(texts)
        numbers, lengths = store.read(spelled)
        ends = np.cumsum(lengths)
        rows = set(np.searchsorted(ends, np.flatnonzero(store.traits[numbers] & MARKS), side="right").tolist())
        rows.update([row for row, text in enumerate(spelled.texts) if CITED in text])
        worth = [
            (row, [store.words[number] for number in numbers[ends[row] - lengths[row] : ends[row]].tolist()])
            for row in sorted(rows)
        ]
        changed, only_quoted = self._letters.tell_apart(spelled.texts, worth)
        own = {row: store.numbers([words]) for row, words in changed.items()}
        return ReadTexts(spelled.texts, *with_rows(numbers, lengths, own), only_quoted)
