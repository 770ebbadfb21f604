"""One way to compare labels and titles, wherever they come from."""

from collections.abc import Iterable
from difflib import get_close_matches

LEAST_ALIKE = 0.4
"""Below this ratio of difflib (0 … 1) two titles have nothing to do with each other."""
LONGEST_COMPARED = 300
"""Characters of a label that the search for the nearest reads: its time grows with their square."""


# ------------------------------------------------------------------------------
#   Crosswalks
# ------------------------------------------------------------------------------


def label_key(label: str) -> str:
    """Labels are compared without case and extra blanks: exports differ in both."""
    return " ".join(label.lower().replace("ё", "е").split())


def nearest(label: str, titles: Iterable[str]) -> str | None:
    """The title most like a mistaken label; None if none is like it."""
    by_key = {label_key(title)[:LONGEST_COMPARED]: title for title in titles}
    found = get_close_matches(label_key(label)[:LONGEST_COMPARED], by_key, 1, LEAST_ALIKE)
    return by_key[found[0]] if found else None
