"""What a message is compared by: its words, the exact place it names, its topic and body, all as keyed hashes.

A journal that keeps no texts keeps these; without its key nobody reads words out of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.region.exact_place import ExactPlace, exact_place, name_stem, numbered_kinds, words_of
from tsur_nlp.region.kinds_of_place import DISTRICT_WORDS, SETTLEMENT_WORDS, STREET_WORDS
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.morphology import is_content, lemma
from tsur_nlp.text.tokens import words, words_of_cleaned

Hasher = Callable[[str], int]

SETS = ("lemmas", "streets", "houses", "kinds", "numbered", "names", "areas", "topics")
NUMBERS = ("topic", "group", "authority", "territory", "thread", "support", "sure")

# ------------------------------------------------------------------------------
#   Signatures
# ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """Hashes of what a message says; 0 where nothing is known.

    `lemmas`: words that say something, those of one meaning as one; `kinds` and `numbered`: what has a number, without
    and with it; `names`: other names, `areas`: those that only name the territory. `topics`: the likely ones.
    `support`: 1 for «у нас то же самое»; `sure`: 1 if the topic is.
    """

    lemmas: frozenset[int]
    streets: frozenset[int]
    houses: frozenset[int]
    kinds: frozenset[int]
    numbered: frozenset[int]
    names: frozenset[int]
    areas: frozenset[int]
    topics: frozenset[int]
    topic: int
    group: int
    authority: int
    territory: int
    thread: int
    support: int
    sure: int

    def pack(self) -> bytes:
        """Bytes for the journal: sizes of the sets, the numbers, then the sets, 8 bytes each."""
        sets = [sorted(getattr(self, name)) for name in SETS]
        plain = [getattr(self, name) for name in NUMBERS]
        return np.array([*map(len, sets), *plain, *(n for one in sets for n in one)], "<i8").tobytes()

    @classmethod
    def unpack(cls, packed: bytes) -> "Signature":
        """What `pack` wrote."""
        values = np.frombuffer(packed, "<i8").tolist()
        sizes, plain = values[: len(SETS)], values[len(SETS) : len(SETS) + len(NUMBERS)]
        start = len(SETS) + len(NUMBERS)
        sets: list[frozenset[int]] = []
        for size in sizes:
            sets.append(frozenset(values[start : start + size]))
            start += size
        fields: dict[str, Any] = dict(zip((*SETS, *NUMBERS), (*sets, *plain), strict=True))
        return cls(**fields)


def keyed_hasher(salt: bytes) -> Hasher:
    """Strings as positive numbers of 63 bits that nobody can guess without the salt."""

    @cache
    def hashed(value: str) -> int:
        digest = blake2b(value.encode("utf-8", "surrogatepass"), key=salt, digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 1 or 1

    def bounded(value: str) -> int:
        if hashed.cache_info().currsize > MOST_HASHES:
            hashed.cache_clear()
        return hashed(value)

    return bounded


MOST_HASHES = 500_000
BEGINNING = 6
"""Letters of a word that carry its meaning."""
SURE = 0.5
"""Confidence from which a topic alone says that two messages of one exact place are about one thing."""
LONGEST = 400
"""Words of a message that are compared; what comes later in a letter is seldom the matter itself."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was decided of a message, as titles, "" where nothing is known.

    `known`: whether the territory is more than assumed; `topics`: all that are likely.
    """

    topic: str = ""
    group: str = ""
    authority: str = ""
    territory: str = ""
    known: bool = True
    thread: str = ""
    support: bool = False
    topics: tuple[str, ...] = ()
    confidence: float = 0.0


def signature(text: str, said: Said, hashed: Hasher) -> tuple[Signature, ExactPlace]:
    """The signature of a message, and the place that it names in words."""
    cleaned = clean(text)
    place = exact_place(cleaned)
    around = _stems(said.territory)
    lemmas = _telling(words_of_cleaned(cleaned)[:LONGEST], place)

    def all_hashed(values: Iterable[str]) -> frozenset[int]:
        return frozenset(map(hashed, values))

    return Signature(
        lemmas=all_hashed(lemmas),
        streets=all_hashed(place.streets),
        houses=all_hashed(" ".join(house) for house in place.houses),
        kinds=all_hashed(kind for kind, _ in place.numbered),
        numbered=all_hashed(" ".join(one) for one in place.numbered),
        names=all_hashed(place.names - around),
        areas=all_hashed(place.names & around),
        topics=all_hashed(said.topics or filter(None, (said.topic,))),
        topic=hashed(said.topic) if said.topic else 0,
        group=hashed(said.group) if said.group else 0,
        authority=hashed(said.authority) if said.authority else 0,
        territory=hashed(said.territory) if said.territory and said.known else 0,
        thread=hashed(said.thread) if said.thread else 0,
        support=int(said.support),
        sure=int(said.confidence >= SURE),
    ), place


@cache
def _stems(territory: str) -> frozenset[str]:
    """Of the words of a territory's title, of which there are few."""
    return frozenset(map(name_stem, words(territory)))


@cache
def _meanings() -> dict[str, str]:
    """Lemma → the first word of its row of words of one meaning; "" for words that say nothing of a matter."""
    meanings = {word: row[0] for row in words_of("same") for word in row}
    return meanings | {word: "" for row in words_of("general") for word in row}


@cache
def _meaning(word: str) -> str:
    """What a word counts as when messages are compared, "" for nothing."""
    if word in STREET_WORDS or word in SETTLEMENT_WORDS or word in DISTRICT_WORDS or not is_content(word):
        return ""
    form = lemma(word)
    # «Затопило», «затопление»; «ливнёвка», «ливневая»: one meaning, told by one beginning.
    return _meanings().get(form, form)[:BEGINNING]


def _telling(found: Iterable[str], place: ExactPlace) -> set[str]:
    if _meaning.cache_info().currsize > MOST_HASHES:
        _meaning.cache_clear()
    kinds = {kind for kind, _ in place.numbered}
    return {
        meaning
        for word in found
        if (meaning := _meaning(word))
        and numbered_kinds().get(lemma(word)) not in kinds
        and name_stem(word) not in place.names
    }


# ------------------------------------------------------------------------------
#   MinHash
# ------------------------------------------------------------------------------

PERMUTATIONS, BANDS = 64, 16
"""Texts of which half the words are the same share a band of four with probability 0.64, of three quarters 0.998."""
FEWEST = 4
"""Words below which two texts are alike by chance."""
_random = np.random.default_rng(20260301)
_FACTORS = _random.integers(1, 2**63, PERMUTATIONS, dtype=np.uint64) | np.uint64(1)
_SHIFTS = _random.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)


def minhash(lemmas: frozenset[int]) -> NDArray[np.uint32]:
    """The least hash of a set under each permutation, shape (PERMUTATIONS,) (Broder, 1997); the set must not be empty.

    Multiply-shift hashing of 64 bits to 32 (Dietzfelbinger et al., 1997).
    """
    values = np.fromiter(lemmas, np.uint64, len(lemmas))
    hashes = (_FACTORS[:, None] * values + _SHIFTS[:, None]) >> np.uint64(32)
    least: NDArray[np.uint32] = hashes.min(axis=1).astype(np.uint32)
    return least


@lru_cache(maxsize=1000)
def bands(lemmas: frozenset[int]) -> list[bytes]:
    """Keys that near copies share, one of them at least."""
    if len(lemmas) < FEWEST:
        return []
    packed = minhash(lemmas).tobytes()
    size = len(packed) // BANDS
    return [bytes([n]) + packed[n * size : (n + 1) * size] for n in range(BANDS)]
