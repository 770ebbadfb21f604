"""The weights that tell kinds of messages apart, and the features that they are of.

    score = Σ over words (form + stem + pair with the next word) / √words + opening + shape      p = softmax(score)

Learned by `learning/kinds.py` from texts written for it (data/kinds.csv) and kept in data/kind_weights.json.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise

import numpy as np

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import CatalogError, ModelError
from tsur_nlp.model.features import Floats
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.morphology import MAX_WORD

Signs = tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]
TABLE, WEIGHTS = "kinds.csv", "kind_weights.json"
ASKING = frozenset(("complaint", "question", "request", "proposal"))
"""Kinds that ask a body for something of their own."""
STEM = 5
"""Letters of a word that tell its meaning from its endings, roughly and at no cost."""
ENDING = 3
"""Letters of a word's end: «-ите» asks to do something."""
OPENING = 2
"""Words at the start of a text that count by themselves."""
LENGTHS = (1, 3, 6, 10, 16, 30, 60)
"""Words. A text is as long as the first of these that it does not exceed."""
SIGNS = {"question": "?", "exclamation": "!", "emphasis": "!!", "plus": "+", "star": "*", "money": "₽"}
"""Name of a shape → characters that a cleaned text of this shape holds."""
SHAPES = (*SIGNS, "asks last", "number", "capitals")
ASKS_LAST, NUMBER, CAPITALS = (1 << SHAPES.index(name) for name in ("asks last", "number", "capitals"))
SIGN_BITS = tuple((1 << bit, sign) for bit, sign in enumerate(SIGNS.values()))
DIGIT = re.compile("[0-9]")
SHORT_TEXT = 400
"""Characters. Capitals and digits are counted only in texts as short; in longer ones they tell nothing."""


def stem(word: str) -> str:
    return word[:STEM]


@cache
def signs() -> Signs:
    """Words of data/kind_signs.csv: whole words → signs, and beginnings of words («дурак*») → signs."""
    whole: dict[str, list[str]] = {}
    beginnings: dict[str, list[str]] = {}
    for record in read_reference(files("tsur_nlp") / "data" / "kind_signs.csv", ("sign", "words"), CatalogError):
        for word in record.words("words"):
            found = beginnings if word.endswith("*") else whole
            found.setdefault(normalize(word.rstrip("*")), []).append(record.required("sign"))
    return whole, beginnings


@lru_cache(maxsize=50_000)
def word_features(word: str) -> tuple[str, ...]:
    """Names of the features of a normalised word: itself, its beginning, its ending, the signs it bears."""
    whole, beginnings = signs()
    borne = {*whole.get(word, ())}
    # The beginning of what is too long for a word tells all that a beginning can.
    for length in range(2, min(len(word), MAX_WORD) + 1):
        borne.update(beginnings.get(word[:length], ()))
    ending = (f"ends {word[-ENDING:]}",) if len(word) > ENDING + 1 else ()
    return (f"word {word}", f"stem {stem(word)}", *ending, *(f"sign {sign}" for sign in sorted(borne)))


def shape(text: str, n_words: int) -> int:
    """The shape of a cleaned text: a bit for each of SHAPES, and above them how long it is among LENGTHS."""
    found = bisect_left(LENGTHS, n_words) << len(SHAPES)
    for bit, sign in SIGN_BITS:
        if sign in text:
            found |= bit
    if text.rstrip().endswith("?"):
        found |= ASKS_LAST
    if len(text) < SHORT_TEXT:
        if DIGIT.search(text):
            found |= NUMBER
        if text.isupper():
            found |= CAPITALS
    return found


def shape_features(found: int) -> list[str]:
    """Names of the features of a shape."""
    named = [f"shape {name}" for bit, name in enumerate(SHAPES) if found >> bit & 1]
    return [*named, f"shape length {found >> len(SHAPES)}"]


def features(words: Sequence[str], text: str) -> dict[str, float]:
    """Features of a text with their values; what `KindWeights` scores by the block."""
    values: dict[str, float] = {}
    scale = 1 / np.sqrt(max(len(words), 1))
    stems = [stem(word) for word in words]
    named = [name for word in words for name in word_features(word)]
    named += [f"pair {one} {other}" for one, other in pairwise(stems)]
    for name in named:
        values[name] = values.get(name, 0.0) + scale
    for n, found in enumerate(stems[:OPENING]):
        values[f"opens {n} {found}"] = 1.0
    for name in shape_features(shape(text, len(words))):
        values[name] = 1.0
    return values


class KindWeights:
    """Weights by feature, as tables that a block of texts is scored with.

    `kinds`: the answers, in the order of columns; `rows`: feature → its weights, float32 (n_kinds,);
    `table`: SHA-256 of the texts that they were learned from; `shaped` (n_shapes, n_kinds): the weights of each shape;
    `pair_rows` (n_pairs + 1, n_kinds): of pairs, the first of them of none; `pair_at`: where those of a pair stand.
    """

    def __init__(self, kinds: Sequence[str], rows: Mapping[str, Floats], intercept: Floats, table: str):
        self.kinds = tuple(kinds)
        self.rows = rows
        self.intercept = intercept
        self.table = table
        self.nothing = np.zeros(len(self.kinds), np.float32)
        self.shaped = self._shaped()
        pairs = [name for name in rows if name.startswith("pair ")]
        firsts, seconds = ({name.split()[place]: 0 for name in pairs} for place in (1, 2))
        self._first = {found: n + 1 for n, found in enumerate(firsts)}
        self._second = {found: n + 1 for n, found in enumerate(seconds)}
        self.pair_rows = np.array([self.nothing, *(rows[name] for name in pairs)], np.float32)
        self.pair_at = np.zeros((len(firsts) + 1) * (len(seconds) + 1), np.min_scalar_type(len(pairs)))
        for n, name in enumerate(pairs, 1):
            _, one, other = name.split()
            self.pair_at[self.pair_codes(one)[0] + self.pair_codes(other)[1]] = n

    def of(self, feature: str) -> Floats:
        """Weights of a feature, nothing for one never learned."""
        return self.rows.get(feature, self.nothing)

    def of_word(self, word: str) -> Floats:
        """What a word adds wherever it stands."""
        return sum((self.of(name) for name in word_features(word)), self.nothing)

    def _shaped(self) -> Floats:
        found = np.arange(len(LENGTHS) + 1 << len(SHAPES))
        summed = np.zeros((len(found), len(self.kinds)), np.float32)
        lengths = np.array([self.of(f"shape length {n}") for n in range(len(LENGTHS) + 1)], np.float32)
        for bit, name in enumerate(SHAPES):
            summed[found >> bit & 1 == 1] += self.of(f"shape {name}")
            if bit == len(SIGNS) - 1:
                summed += lengths[found >> len(SHAPES)]
        return summed

    def pair_codes(self, found: str) -> tuple[int, int]:
        """What a stem adds to the place of a pair in `pair_at` where it is the first, and where it is the second."""
        return self._first.get(found, 0) * (len(self._second) + 1), self._second.get(found, 0)


def table_digest() -> str:
    """SHA-256 of the texts that kinds are learned from."""
    return sha256((files("tsur_nlp") / "data" / TABLE).read_bytes()).hexdigest()


@cache
def kind_weights() -> KindWeights:
    """The shipped weights. Raises ModelError if their file can't be used."""
    try:
        kept = json.loads((files("tsur_nlp") / "data" / WEIGHTS).read_text(encoding="utf-8"))
        rows = {name: np.array(row, np.float32) * np.float32(kept["scale"]) for name, row in kept["rows"].items()}
        return KindWeights(kept["kinds"], rows, np.array(kept["intercept"], np.float32), kept["table"])
    except (OSError, ValueError, KeyError, TypeError) as reason:
        raise ModelError(
            f"{WEIGHTS}: веса видов сообщений не читаются ({type(reason).__name__}); переустановите tsur-nlp"
        ) from None
