"""Where a text may be cut into pieces that each say one thing: ends of sentences, line breaks, points, joints.

A block of texts in a few numpy passes: breaks are found among the characters, words among their places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.text.tokens import WORD
from tsur_nlp.text.vectorized import HYPHEN, KNOWN, SPACE, Codes, Numbers, codes_of, lowered_letters

WEAK, STRONG, POINT = 1, 2, 3
"""A strong break ends a piece, and so does the number of a point; a weak one only before a word that joins."""
LONGEST_SHORTENING = 2
"""Letters. A full stop after a shorter word («ул.», «д.») ends nothing."""
Flags = NDArray[np.bool_]
NEWLINE, STOP, BRACKET = map(ord, "\n.)")


@dataclass(frozen=True, slots=True)
class WordPlaces:
    """Where the words of texts stand, and what stands before them.

    `starts`, `stops` int64 (n_words,): characters of the own cleaned text. `breaks` int8 (n_words,): WEAK,
    STRONG, POINT or 0, what stands between a word and the one before it; `cuts` int64 (n_words,): where the text may
    be cut there.
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
    own = text_starts[np.searchsorted(text_starts, starts, side="right") - 1]
    kinds = _breaking()[known]
    seen = np.flatnonzero(kinds)
    after = np.searchsorted(starts, seen)
    # What ends a text stands before no word of it.
    inside = seen >= np.append(own, len(codes))[after]
    seen, after = seen[inside], after[inside]
    kinds, marks = kinds[seen], codes[seen]
    kinds[(marks == STOP) & ~_ends_sentence(codes, starts, stops, seen, after)] = 0
    kinds[_numbers_point(codes, letter, seen) & (kinds > 0)] = POINT
    breaks = np.zeros(len(starts), np.int8)
    cuts = starts.copy()
    # Backwards, and the stronger after the weaker, so that the first of the strongest stays: the number of a point
    # belongs to what follows it.
    for kind in (WEAK, STRONG, POINT):
        at = np.flatnonzero(kinds == kind)[::-1]
        breaks[after[at]] = kind
        cuts[after[at]] = seen[at] + (0 if kind == POINT else 1)
    return WordPlaces(starts - own, stops - own, breaks, cuts - own)


def _ends_sentence(codes: Codes, starts: Numbers, stops: Numbers, dots: Numbers, after: Numbers) -> Flags:
    """Whether full stops end something: not within «12.30», not after «ул.»."""
    following = codes[np.minimum(dots + 1, len(codes) - 1)]
    before = np.maximum(after - 1, 0)
    short = (stops[before] == dots) & (stops[before] - starts[before] <= LONGEST_SHORTENING)
    return np.asarray(~short & ~_is_digit(following))


def _numbers_point(codes: Codes, letter: Flags, marks: Numbers) -> Flags:
    """Whether marks follow a digit that begins a line or a sentence: «1. …; 2) …», and not «дом 12.»."""
    bracket = codes[marks] == BRACKET
    ends = (bracket | (codes[marks] == STOP)) & (marks > 0)
    second, third = codes[np.maximum(marks - 2, 0)], np.maximum(marks - 3, 0)
    after_mark = (second == SPACE) & (bracket | (~letter[third] & ~_is_digit(codes[third])))
    return np.asarray(ends & _is_digit(codes[marks - 1]) & (after_mark | (second == NEWLINE) | (marks == 1)))


def _is_digit(codes: Codes) -> Flags:
    return (codes >= ord("0")) & (codes <= ord("9"))


@cache
def _breaking() -> NDArray[np.int8]:
    """For each known character, how it breaks a text."""
    kinds = np.zeros(KNOWN + 1, np.int8)
    kinds[[ord(mark) for mark in ".!?;\n…"]] = STRONG
    kinds[[ord(mark) for mark in ",:–—()"]] = WEAK
    return kinds
