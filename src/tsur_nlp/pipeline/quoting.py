"""Words of a text as their author wrote them."""

from collections.abc import Sequence

from tsur_nlp.text.cleaning import normalize

CLOSE = 6
"""Words. What met within so many is quoted as one piece, else word by word."""


def as_written(text: str, words: Sequence[str], places: Sequence[int]) -> str:
    """Words at these places, in order: a piece of the cleaned text; normalised if it was cut elsewhere."""
    wanted = set(places)
    spans = []
    plain, stop = normalize(text), 0
    for place, word in enumerate(words[: places[-1] + 1]):
        # Between two words there are no letters: the next one is found at its very place.
        start = plain.find(word, stop)
        if start < 0:
            return " … ".join(words[place] for place in places)
        stop = start + len(word)
        if place in wanted:
            spans.append((start, stop))
    if places[-1] - places[0] < CLOSE:
        return " ".join(text[spans[0][0] : spans[-1][1]].split())
    return " … ".join(text[slice(*span)] for span in spans)
