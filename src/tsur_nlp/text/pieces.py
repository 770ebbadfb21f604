"""Where a text may be cut into pieces that each say one thing: ends of sentences, line breaks, points, joints.

A block of texts in a few numpy passes: breaks are found among the characters, words among their places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.text.tokens import WORD
from tsur_nlp.text.vectorized import HYPHEN, KNOWN, NEWLINE, SPACE, Numbers, codes_of, lowered_letters

WEAK, STRONG, POINT = 1, 2, 3
"""A strong break ends a piece, and so does the number of a point; a weak one only before a word that joins."""
LONGEST_SHORTENING = 2
"""Letters. A full stop after a shorter word («ул.», «д.») ends nothing."""
OTHER, LETTER, DIGIT, JOINS, BLANK, WEAKENS, BRACKET, ENDS, BREAKS_LINE, STOP = range(10)
"""Kinds of characters; from WEAKENS on, those that may part two words."""
BREAKING = np.array([0, 0, 0, 0, 0, WEAK, WEAK, STRONG, STRONG, STRONG], np.int8)
"""How each kind breaks a text."""
Kinds = NDArray[np.uint8]
Flags = NDArray[np.bool_]


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
    kinds = _kinds().take(np.minimum(codes, KNOWN))
    # Characters beyond the table are letters or not as Python says; they are few.
    for place in np.flatnonzero(codes >= KNOWN).tolist():
        kinds[place] = LETTER if WORD.match(chr(codes[place])) else OTHER
    part = letter = kinds == LETTER
    if JOINS in kinds:
        part = letter.copy()
        part[1:-1] |= (kinds[1:-1] == JOINS) & letter[:-2] & letter[2:]
    edges = np.flatnonzero(part[1:] != part[:-1]) + 1
    if len(part) and part[0]:
        edges = np.concatenate([[0], edges])
    starts, stops = edges[::2], edges[1::2]
    firsts = np.searchsorted(starts, text_starts)
    own = np.repeat(text_starts, np.diff(firsts, append=len(starts)))
    seen = np.flatnonzero(kinds >= WEAKENS)
    after = np.searchsorted(starts, seen)
    # What ends a text stands before no word of it.
    inside = seen >= np.append(own, len(codes))[after]
    seen, after = seen[inside], after[inside]
    marks = kinds[seen]
    strength = BREAKING[marks]
    stop = np.flatnonzero(marks == STOP)
    strength[stop[~_ends_sentence(kinds, starts, stops, seen[stop], after[stop])]] = 0
    strength[_points(kinds, seen, strength)] = POINT
    breaks = np.zeros(len(starts), np.int8)
    cuts = starts.copy()
    # Backwards, and the stronger after the weaker, so that the first of the strongest stays: the number of a point
    # belongs to what follows it.
    for kind in (WEAK, STRONG, POINT):
        at = np.flatnonzero(strength == kind)[::-1]
        breaks[after[at]] = kind
        cuts[after[at]] = seen[at] + (0 if kind == POINT else 1)
    return WordPlaces(starts - own, stops - own, breaks, cuts - own)


def _ends_sentence(kinds: Kinds, starts: Numbers, stops: Numbers, dots: Numbers, after: Numbers) -> Flags:
    """Whether full stops end something: not within «12.30», not after «ул.»."""
    before = np.maximum(after - 1, 0)
    short = (stops[before] == dots) & (stops[before] - starts[before] <= LONGEST_SHORTENING)
    # A line break follows every text.
    return np.asarray(~short & (kinds[dots + 1] != DIGIT))


def _points(kinds: Kinds, marks: Numbers, strength: NDArray[np.int8]) -> Numbers:
    """Which marks follow a digit that begins a line or a sentence: «1. …; 2) …», and not «дом 12.»."""
    told = kinds[marks]
    ends = (told == BRACKET) | ((told == STOP) & (strength > 0))
    # Before the first character stands the last one of all, a line break.
    found = np.flatnonzero(ends & (kinds[marks - 1] == DIGIT))
    at = marks[found]
    second, third = kinds[np.maximum(at - 2, 0)], kinds[np.maximum(at - 3, 0)]
    after_mark = (second == BLANK) & ((kinds[at] == BRACKET) | ((third != LETTER) & (third != DIGIT)))
    points: Numbers = found[after_mark | (second == BREAKS_LINE) | (at == 1)]
    return points


@cache
def _kinds() -> Kinds:
    """The kind of each known character."""
    kinds = np.full(KNOWN + 1, OTHER, np.uint8)
    kinds[lowered_letters() != SPACE] = LETTER
    kinds[ord("0") : ord("9") + 1] = DIGIT
    kinds[[HYPHEN, SPACE, NEWLINE]] = JOINS, BLANK, BREAKS_LINE
    for marks, kind in ((",:–—(", WEAKENS), (")", BRACKET), ("!?;…", ENDS), (".", STOP)):
        kinds[[ord(mark) for mark in marks]] = kind
    return kinds
