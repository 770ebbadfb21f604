"""Many texts at once: cleaned and cut into words just as text.py does it, a block in a few numpy passes.

Most texts hold nothing that a rule of cleaning could change; a glance at their characters tells them from
the rest, and only the rest go through the rules one by one.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.text.cleaning import CHARACTERS, GAPS, MARKUP, MAX_CHARS, REPEATS, Rule, apply, normalize
from tsur_nlp.text.tokens import LETTER, words_of_cleaned

KNOWN = 0x2200
"""Tables of characters go as far as «№»; a text with a character beyond is read by itself."""
ALPHABET = "".join(map(chr, range(KNOWN)))
SPACE, NEWLINE, HYPHEN = map(ord, " \n-")
LOWERED_BY_NEIGHBOURS = ord("Σ")

Codes = NDArray[np.uint32]
Numbers = NDArray[np.int64]


def read_many(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Texts cleaned, and their normalised words: for each, `clean` and `words_of_cleaned`."""
    cleaned = clean_many(texts)
    return cleaned, words_of_many(cleaned)


def clean_many(texts: Sequence[str]) -> list[str]:
    """What `clean` makes of each text."""
    texts = [text[:MAX_CHARS] for text in texts]
    for rules in (MARKUP, CHARACTERS, REPEATS, GAPS):
        codes, starts = _codes(texts)
        twice = codes[1:] == codes[:-1]
        if rules is REPEATS:
            seen = np.zeros(len(codes), bool)
            seen[2:] = twice[1:] & twice[:-1]
        else:
            seen = _seen(rules)[np.minimum(codes, KNOWN)]
        if rules is GAPS:
            seen[1:] |= twice & (codes[1:] == SPACE)
        flags = _any_of(seen, starts)
        texts = [apply(rules, text) if flag else text for text, flag in zip(texts, flags, strict=True)]
    return texts


def words_of_many(cleaned: Sequence[str]) -> list[list[str]]:
    """What `words_of_cleaned` makes of each cleaned text."""
    codes, starts = _codes(cleaned)
    alone = _any_of((codes >= KNOWN) | (codes == LOWERED_BY_NEIGHBOURS), starts)
    lowered = _lowered()[np.minimum(codes, KNOWN)]
    letter = lowered != SPACE
    inside = (codes[1:-1] == HYPHEN) & letter[:-2] & letter[2:]
    lowered[1:-1][inside] = HYPHEN
    lowered[starts[1:] - 1] = NEWLINE
    lines = lowered.tobytes().decode("utf-32-le").split("\n")
    # `zip` drops the one empty line that no texts leave.
    return [
        words_of_cleaned(text) if flag else line.split()
        for text, flag, line in zip(cleaned, alone, lines, strict=False)
    ]


def _codes(texts: Sequence[str]) -> tuple[Codes, Numbers]:
    """Characters of all texts, a line break after each, and where each text starts."""
    joined = "".join([text + "\n" for text in texts])
    lengths = np.array([len(text) + 1 for text in texts], np.int64)
    # Broken halves of characters must come as they are: a rule takes them out.
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4"), np.cumsum(lengths) - lengths


def _any_of(seen: NDArray[np.bool_], starts: Numbers) -> list[bool]:
    """For each text, whether something was seen in it."""
    return [bool(flag) for flag in np.logical_or.reduceat(seen, starts)] if len(starts) else []


@cache
def _seen(rules: tuple[Rule, ...]) -> NDArray[np.bool_]:
    """For each known character, whether it may make one of the rules apply; at the end, for any other."""
    seen = np.zeros(KNOWN + 1, bool)
    for rule in rules:
        seen[list(rule.sees(ALPHABET))] = True
    seen[KNOWN] = True
    return seen


@cache
def _lowered() -> Codes:
    """For each known character its normalised letter, or a blank; at the end, for any other."""
    lowered = np.full(KNOWN + 1, SPACE, "<u4")
    for match in re.finditer(LETTER, ALPHABET):
        lowered[match.start()] = ord(normalize(match[0]))
    return lowered
