"""Many texts at once: cleaned and cut into words just as text.py does it, a block in a few numpy passes.

Most texts hold nothing that a rule of cleaning could change; a glance at their characters tells them from
the rest, and only the rest go through the rules one by one.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.text.cleaning import BROKEN_WORD, CHARACTERS, GAPS, MARKUP, MAX_CHARS, REPEATS, apply, clean, normalize
from tsur_nlp.text.tokens import LETTER, words_of_cleaned

KNOWN = 0x2200
"""Tables of characters go as far as «№»; a text with a character beyond is read by itself."""
ALPHABET = "".join(map(chr, range(KNOWN)))
SPACE, NEWLINE, HYPHEN = map(ord, " \n-")

WORTH_A_BLOCK = 4
"""Texts from which the passes over all of them cost less than the rules one by one."""

Codes = NDArray[np.uint32]
Numbers = NDArray[np.int64]


def read_many(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Texts cleaned, and their normalised words: for each, `clean` and `words_of_cleaned`."""
    if len(texts) < WORTH_A_BLOCK:
        cleaned = [clean(text) for text in texts]
        return cleaned, [words_of_cleaned(text) for text in cleaned]
    marked = [_without_markup(text[:MAX_CHARS]) for text in texts]
    codes, starts = codes_of(marked)
    kinds = _kinds()[np.minimum(codes, KNOWN)]
    odd = (kinds & ALONE) != 0
    # Look-alikes matter where two alphabets meet in a word.
    odd[1:] |= ((kinds[1:] | kinds[:-1]) & (LATIN | CYRILLIC)) == LATIN | CYRILLIC
    alone = _any_of(odd, starts)
    codes, starts = _squeezed(codes, starts, kinds)
    cleaned, words = _strings(codes, starts), _words(codes, starts)
    for row in np.flatnonzero(alone).tolist():
        cleaned[row] = apply((*CHARACTERS, *REPEATS, *GAPS), marked[row])
        words[row] = words_of_cleaned(cleaned[row])
    for row, text in enumerate(cleaned):
        if BROKEN_WORD.applies(text):
            cleaned[row] = BROKEN_WORD.apply(text)
            words[row] = words_of_cleaned(cleaned[row])
    return cleaned, words


MARKUP_SIGNS = re.compile("[" + re.escape("".join(sign for rule in MARKUP for sign in rule.needles)) + "]")


def _without_markup(text: str) -> str:
    return apply(MARKUP, text) if MARKUP_SIGNS.search(text) else text


def _squeezed(codes: Codes, starts: Numbers, kinds: NDArray[np.uint8]) -> tuple[Codes, Numbers]:
    """What REPEATS and GAPS leave: one of three same letters and more, three of more same marks, one blank of many."""
    same = np.zeros(len(codes) + 3, bool)
    same[1 : len(codes)] = codes[1:] == codes[:-1]
    own, before, after = same[:-3], np.roll(same, 1)[:-3], same[1:-2]
    dropped = own & (before | after) & ((kinds & STRETCHED) != 0)
    dropped |= own & before & np.roll(same, 2)[:-3] & ((kinds & MARK) != 0)
    blank = (kinds & BLANK) != 0
    dropped[1:] |= blank[1:] & blank[:-1]
    codes = np.where(blank, np.uint32(SPACE), codes)
    if dropped.any():
        gone = np.concatenate([[0], np.cumsum(dropped)])
        starts = starts - gone[starts]
        codes = codes[~dropped]
    return codes, starts


def _strings(codes: Codes, starts: Numbers) -> list[str]:
    """The texts of which these are the characters, without the line break after each."""
    joined = codes.tobytes().decode("utf-32-le", "surrogatepass")
    stops = [*(starts[1:] - 1).tolist(), len(joined) - 1]
    return [joined[start:stop] for start, stop in zip(starts.tolist(), stops, strict=True)] if len(starts) else []


def _words(codes: Codes, starts: Numbers) -> list[list[str]]:
    """Normalised words of texts of known characters."""
    lowered = lowered_letters()[np.minimum(codes, KNOWN)]
    letter = lowered != SPACE
    inside = (codes[1:-1] == HYPHEN) & letter[:-2] & letter[2:]
    lowered[1:-1][inside] = HYPHEN
    lowered[starts[1:] - 1] = NEWLINE
    lines = lowered.tobytes().decode("utf-32-le").split("\n")
    # `zip` drops the one empty line that no texts leave.
    return [line.split() for line, _ in zip(lines, starts.tolist(), strict=False)]


def codes_of(texts: Sequence[str]) -> tuple[Codes, Numbers]:
    """Characters of all texts, a line break after each, and where each text starts."""
    joined = "".join([text + "\n" for text in texts])
    lengths = np.array([len(text) + 1 for text in texts], np.int64)
    # Broken halves of characters must come as they are: a rule takes them out.
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4"), np.cumsum(lengths) - lengths


def _any_of(seen: NDArray[np.bool_], starts: Numbers) -> NDArray[np.bool_]:
    """For each text, whether something was seen in it."""
    return np.logical_or.reduceat(seen, starts) if len(starts) else np.zeros(0, bool)


ALONE, STRETCHED, MARK, BLANK, LATIN, CYRILLIC = 1, 2, 4, 8, 16, 32
"""Kinds of characters: one that only the rules themselves can handle; a letter that is never said thrice; a mark; a
blank other than a line break; letters of the two alphabets."""
PATTERNS = {
    ALONE: r"[^\W\d_a-zA-Zа-яёА-ЯЁëË]",
    STRETCHED: "[а-яёА-ЯЁA-Za-z]",
    MARK: r"[^\w\s]",
    BLANK: r"[^\S\n]",
    LATIN: "[A-Za-zëË]",
    CYRILLIC: "[а-яёА-ЯЁ]",
}


@cache
def _kinds() -> NDArray[np.uint8]:
    """For each known character its kinds; at the end, for any other."""
    kinds = np.zeros(KNOWN + 1, np.uint8)
    for rule in CHARACTERS:
        if rule.name != "look-alikes":
            kinds[list(rule.sees(ALPHABET))] |= ALONE
    for kind, pattern in PATTERNS.items():
        for match in re.finditer(pattern, ALPHABET):
            kinds[match.start()] |= kind
    kinds[KNOWN] = ALONE
    return kinds


@cache
def lowered_letters() -> Codes:
    """For each known character its normalised letter, or a blank; at the end, for any other."""
    lowered = np.full(KNOWN + 1, SPACE, "<u4")
    for match in re.finditer(LETTER, ALPHABET):
        lowered[match.start()] = ord(normalize(match[0]))
    return lowered
