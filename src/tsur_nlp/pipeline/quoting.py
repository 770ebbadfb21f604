"""Words of a text as their author wrote them."""

from collections.abc import Sequence

from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.tokens import WORD

CLOSE = 6
"""Words. What met within so many is quoted as one piece, else word by word."""


def as_written(text: str, words: Sequence[str], places: Sequence[int]) -> str:
    """Words at these places, in order: a piece of the cleaned text; normalised if it was cut elsewhere."""
    wanted = set(places)
    spans = []
    for place, match in enumerate(WORD.finditer(text)):
        if place in wanted:
            if normalize(match[0]) != words[place]:
                break
            spans.append(match.span())
            if place == places[-1]:
                break
    if len(spans) != len(wanted):
        return " … ".join(words[place] for place in places)
    if places[-1] - places[0] < CLOSE:
        return " ".join(text[spans[0][0] : spans[-1][1]].split())
    return " … ".join(text[slice(*span)] for span in spans)
