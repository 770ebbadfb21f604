"""Words spelled as numbers: a block of texts is looked up at once, and no string is made of a word that is known.

A byte a letter, eight letters in each of three integers, and zeros after the last. Words that are longer or hold other
letters have no spelling.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

LETTERS = "-abcdefghijklmnopqrstuvwxyzëабвгдежзийклмнопрстуфхцчшщъыьэюя"
"""Letters of normalised words, numbered from 1. («ë» is Latin: a look-alike only where Cyrillic letters are near.)"""
PARTS, PART = 3, 8
LONGEST = PARTS * PART

Spellings = NDArray[np.uint64]
"""(n_words, PARTS)."""

_NUMBERS = {letter: number for number, letter in enumerate(LETTERS, 1)}
_OWN = np.array([[255] * length + [0] * (LONGEST - length) for length in range(LONGEST + 1)], np.uint8).view(np.uint64)
"""Bits that belong to a word, by its length."""


def spelled(word: str) -> Spellings | None:
    """The spelling of a normalised word, (PARTS,); None if it has none."""
    if not 0 < len(word) <= LONGEST or not _NUMBERS.keys() >= set(word):
        return None
    letters = bytes([_NUMBERS[letter] for letter in word])
    return np.frombuffer(letters.ljust(LONGEST, b"\0"), np.uint64)


def word_of(spelling: Spellings) -> str:
    """The word that is spelled so."""
    return "".join([LETTERS[number - 1] for number in spelling.tobytes().rstrip(b"\0")])


def spell(letters: NDArray[np.uint8], begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> Spellings:
    """Spellings of the words that begin there and are so long, LONGEST at most.

    `letters`: the numbers of the letters of all texts, and LONGEST more of anything.
    """
    letters_on = sliding_window_view(letters, LONGEST)
    return letters_on[begins].view(np.uint64) & _OWN[lengths]
