"""One way to compare labels and titles, wherever they come from."""

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

from tsur_nlp.text.cleaning import CHARACTERS, LOOK_ALIKES, apply, normalize

LEAST_ALIKE = 0.4
"""Below this ratio of difflib (0 … 1) two titles have nothing to do with each other."""
LONGEST_COMPARED = 300
"""Characters of a label that the search for the nearest reads: its time grows with their square."""


# ------------------------------------------------------------------------------
#   Crosswalks
# ------------------------------------------------------------------------------


MARKS = str.maketrans({**dict.fromkeys("«»“”„‟’'`", '"'), **dict.fromkeys("‐‑‒–—−", "-")})


@lru_cache(maxsize=20_000)
def label_key(label: str) -> str:
    """What two spellings of one label have in common.

    Exports and people differ in case, blanks, «ё», kinds of quotes and dashes, invisible characters, and in Latin
    letters that look like Cyrillic ones.
    """
    seen = normalize(apply(CHARACTERS, label)).translate(MARKS)
    return " ".join(map(_as_drawn, seen.split()))


def _as_drawn(word: str) -> str:
    """A Latin word in Cyrillic letters, if all of them look so: «BOB» may be «ВОВ» and is compared as if it were."""
    drawn = word.upper().translate(LOOK_ALIKES)
    return word if drawn.isascii() or any("A" <= letter <= "Z" for letter in drawn) else normalize(drawn)


def merged(labels: Sequence[str]) -> tuple[list[str], int]:
    """Labels with blanks in order, all spellings of one as the commonest; and how many spellings went."""
    tidy = [" ".join(label.split()) for label in labels]
    spellings: dict[str, Counter[str]] = {}
    for label in tidy:
        spellings.setdefault(label_key(label), Counter())[label] += 1
    usual = {key: found.most_common(1)[0][0] for key, found in spellings.items()}
    return [usual[label_key(label)] for label in tidy], sum(len(found) - 1 for found in spellings.values())


def nearest(label: str, titles: Iterable[str]) -> str | None:
    """The title most like a mistaken label; None if none is like it."""
    by_key = {label_key(title)[:LONGEST_COMPARED]: title for title in titles}
    found = get_close_matches(label_key(label)[:LONGEST_COMPARED], by_key, 1, LEAST_ALIKE)
    return by_key[found[0]] if found else None
