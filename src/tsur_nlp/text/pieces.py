"""Where a text may be cut into pieces that each say one thing: ends of sentences, line breaks, points, joints.

A block of texts in a few numpy passes: breaks are found among the characters, words among their places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.text.vectorized import HYPHEN, KNOWN, SPACE, Codes, Numbers, codes_of, lowered_letters
from tsur_nlp.text.tokens import WORD

STRONG, WEAK = 1, 2
"""A strong break ends a piece; a weak one does only before a word that joins."""
LONGEST_SHORTENING = 2
"""Letters. A full stop after a shorter word («ул.», «д.») ends nothing."""
NEWLINE, STOP, BRACKET = map(ord, "\n.)")


@dataclass(frozen=True, slots=True)
class WordPlaces:
    """Where the words of texts stand, and what stands before them.

    `starts`, `stops` int64 (n_words,): characters of the own cleaned text. `breaks` int8 (n_words,): STRONG, WEAK
    or 0, what stands between a word and the one before it; `cuts` int64 (n_words,): where the text may be cut there.
    """

    starts: Numbers
    stops: Numbers
    breaks: NDArray[np.int8]
    cuts: Numbers


def word_places(cleaned: Sequence[str]) -> WordPlaces:
    """Places of the words of cleaned texts, one text after another: the words of `words_of_many`."""
    codes, text_starts = codes_of(cleaned)
    known = np.minimum(codes, KNOWN)
    letter = lowered_letters()[known] != SPACE
    # Characters beyond the table are letters or not as Python says; they are few.
    for place in np.flatnonzero(codes >= KNOWN).tolist():
        letter[place] = WORD.match(chr(codes[place])) is not None
    part = letter.copy()
    part[1:-1] |= (codes[1:-1] == HYPHEN) & letter[:-2] & letter[2:]
    edges = np.flatnonzero(part[1:] != part[:-1]) + 1
    if len(part) and part[0]:
        edges = np.concatenate([[0], edges])
    starts, stops = edges[::2], edges[1::2]
    seen = np.flatnonzero(_breaking()[known])
    kinds = _breaking()[known[seen]]
    after = np.searchsorted(starts, seen)
    strong = kinds == STRONG
    dots = np.flatnonzero(codes[seen] == STOP)
    strong[dots] = _ends_sentence(codes, letter, starts, stops, seen[dots], after[dots])
    brackets = np.flatnonzero(codes[seen] == BRACKET)
    strong[brackets] = _is_digit(codes[seen[brackets] - 1]) & (seen[brackets] > 0)
    breaks = np.zeros(len(starts) + 1, np.int8)
    cuts = np.append(starts, 0)
    breaks[after] = WEAK
    breaks[after[strong]] = STRONG
    # The first strong break counts: the number of a point belongs to what follows it. Assigned last, it stays.
    for chosen in (np.flatnonzero(~strong)[::-1], np.flatnonzero(strong)[::-1]):
        cuts[after[chosen]] = seen[chosen] + 1
    own = text_starts[np.searchsorted(text_starts, starts, side="right") - 1]
    return WordPlaces(starts - own, stops - own, breaks[:-1], cuts[:-1] - own)


def _ends_sentence(
    codes: Codes, letter: NDArray[np.bool_], starts: Numbers, stops: Numbers, dots: Numbers, after: Numbers
) -> NDArray[np.bool_]:
    """Whether full stops end something: not within «12.30», not after «ул.»."""
    following = codes[np.minimum(dots + 1, len(codes) - 1)]
    before = np.maximum(after - 1, 0)
    if not len(starts):
        return np.zeros(len(dots), bool)
    short = (stops[before] == dots) & (stops[before] - starts[before] <= LONGEST_SHORTENING)
    return np.asarray(~short & ~_is_digit(following))


def _is_digit(codes: Codes) -> NDArray[np.bool_]:
    return (codes >= ord("0")) & (codes <= ord("9"))


@cache
def _breaking() -> NDArray[np.int8]:
    """For each known character, how it breaks a text."""
    kinds = np.zeros(KNOWN + 1, np.int8)
    kinds[[ord(mark) for mark in ".!?;\n…)"]] = STRONG
    kinds[[ord(mark) for mark in ",:–—("]] = WEAK
    return kinds
