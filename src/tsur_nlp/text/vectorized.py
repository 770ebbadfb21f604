"""Many texts at once: cleaned and cut into words just as text.py does it, a block in a few numpy passes.

Most texts hold nothing that a rule of cleaning could change; a glance at their characters tells them from
the rest, and only the rest go through the rules one by one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.text.cleaning import BROKEN_WORD, CHARACTERS, GAPS, MARKUP, MAX_CHARS, REPEATS, apply, clean, normalize
from tsur_nlp.text.spelling import LETTERS, LONGEST, Spellings, spell
from tsur_nlp.text.tokens import LETTER, words_of_cleaned

KNOWN = 0x2200
"""Tables of characters go as far as «№»; a text with a character beyond is read by itself."""
ALPHABET = "".join(map(chr, range(KNOWN)))
SPACE, NEWLINE, HYPHEN = map(ord, " \n-")

WORTH_A_BLOCK = 4
"""Texts from which the passes over all of them cost less than the rules one by one."""

Codes = NDArray[np.uint32]
Numbers = NDArray[np.int64]
NO_LETTERS, NO_WORDS = np.zeros(LONGEST, np.uint8), np.zeros(0, np.int64)


def read_many(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Texts cleaned, and their normalised words: for each, `clean` and `words_of_cleaned`."""
    if len(texts) < WORTH_A_BLOCK:
        cleaned = [clean(text) for text in texts]
        return cleaned, [words_of_cleaned(text) for text in cleaned]
    cleaned, codes, starts, apart = _cleaned(texts)
    words = _words(codes, starts)
    for row in apart:
        words[row] = words_of_cleaned(cleaned[row])
    return cleaned, words


@dataclass(frozen=True, slots=True)
class SpelledTexts:
    """Texts cleaned, and their words spelled, one text after another, `lengths` int64 (n_texts,) of each.

    `apart`: words of the texts that hold some without a spelling; their lengths are 0 here.
    """

    texts: list[str]
    spellings: Spellings
    lengths: Numbers
    apart: Mapping[int, list[str]]


def spell_many(texts: Sequence[str]) -> SpelledTexts:
    """The same words as `read_many`, spelled (see spelling.py)."""
    if len(texts) < WORTH_A_BLOCK:
        cleaned, few = read_many(texts)
        return SpelledTexts(
            cleaned, spell(NO_LETTERS, NO_WORDS, NO_WORDS), np.zeros(len(few), int), dict(enumerate(few))
        )
    cleaned, codes, starts, rows = _cleaned(texts)
    letters = np.zeros(len(codes) + LONGEST, np.uint8)
    own = letters[: len(codes)]
    np.take(_letters(), np.minimum(codes, KNOWN), out=own)
    inside = (codes[1:-1] == HYPHEN) & (own[:-2] > 0) & (own[2:] > 0)
    own[1:-1][inside] = 1 + LETTERS.index("-")
    # After the last character of all stands a line break: every word ends.
    edges = np.flatnonzero((letters[1:] > 0) != (letters[:-1] > 0)) + 1
    edges = np.concatenate((np.zeros(int(letters[0] > 0), np.int64), edges))
    begins, lengths = edges[::2], edges[1::2] - edges[::2]
    firsts = np.searchsorted(begins, starts)
    counts = np.diff(firsts, append=len(begins))
    apart = np.zeros(len(texts), bool)
    apart[rows] = True
    apart[np.searchsorted(firsts, np.flatnonzero(lengths > LONGEST), side="right") - 1] = True
    words = {row: words_of_cleaned(cleaned[row]) for row in np.flatnonzero(apart).tolist()}
    if words:
        kept = np.repeat(~apart, counts)
        begins, lengths, counts = begins[kept], lengths[kept], np.where(apart, 0, counts)
    return SpelledTexts(cleaned, spell(letters, begins, lengths), counts, words)


def _cleaned(texts: Sequence[str]) -> tuple[list[str], Codes, Numbers, list[int]]:
    """Texts cleaned; their characters and where each text starts among them, but for the rows that were read apart."""
    marked = [_without_markup(text[:MAX_CHARS]) for text in texts]
    codes, starts = codes_of(marked)
    kinds = _kinds()[np.minimum(codes, KNOWN)]
    odd = (kinds & ALONE) != 0
    # Look-alikes matter where two alphabets meet in a word.
    odd[1:] |= ((kinds[1:] | kinds[:-1]) & (LATIN | CYRILLIC)) == LATIN | CYRILLIC
    alone = _any_of(odd, starts)
    codes, starts = _squeezed(codes, starts, kinds)
    cleaned, apart = _strings(codes, starts), np.flatnonzero(alone).tolist()
    for row in apart:
        cleaned[row] = apply((*CHARACTERS, *REPEATS, *GAPS), marked[row])
    for row, text in enumerate(cleaned):
        if BROKEN_WORD.applies(text):
            cleaned[row] = BROKEN_WORD.apply(text)
            apart.append(row)
    return cleaned, codes, starts, apart


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


@cache
def _letters() -> NDArray[np.uint8]:
    """For each known character the number of its normalised letter in LETTERS, 0 for what is none."""
    number = {letter: n for n, letter in enumerate(LETTERS, 1)}
    return np.array([number.get(chr(code), 0) if code != SPACE else 0 for code in lowered_letters().tolist()], np.uint8)


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
