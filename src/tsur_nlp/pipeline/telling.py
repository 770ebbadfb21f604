"""The words that speak most for a topic, as they are quoted to a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from tsur_nlp.text.cleaning import normalize

BESIDE = 0.25
"""A word stands in a quoted phrase if it speaks at least this much of what its neighbour does."""
NEGATIONS = frozenset(("не", "нет", "нету", "без"))
"""«Работает» convinces nobody that something is broken; «не работает» does."""
LONGEST_PREPOSITION = 2
"""Letters. Of «воды в деревне нет» it is not the village that is missing."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a text by their numbers in a list of all words: of most texts few are ever made into strings."""

    words: Sequence[str]
    numbers: Sequence[int]

    def __len__(self) -> int:
        return len(self.numbers)

    def word(self, place: int) -> str:
        return self.words[self.numbers[place]]

    def phrase(self, first: int, last: int) -> str:
        """Words from one place to another, the last one included."""
        return " ".join([self.words[number] for number in self.numbers[first : last + 1]])


def phrases(said: Said, text: str, margins: Sequence[float], places: Sequence[int]) -> list[str]:
    """Words of a text, two together where nothing parts them, with their negation.

    `margins`: how much each word speaks for the topic against the runner-up; `places`: where the words stand that speak
    most, best first.
    """
    found: list[str] = []
    taken: set[int] = set()
    for place in places:
        if place in taken:
            continue
        first = last = place
        enough = BESIDE * margins[place]
        if place + 1 < len(said) and margins[place + 1] > enough and place + 1 not in taken:
            last += 1
        elif place and margins[place - 1] > enough and place - 1 not in taken:
            first -= 1
        if first < last and not _stands(said.phrase(first, last), text):
            first = last = place
        first, last = _with_negation(said, first, last, text)
        taken.update(range(first, last + 1))
        found.append(said.phrase(first, last))
    return found


def _with_negation(said: Said, first: int, last: int, text: str) -> tuple[int, int]:
    """A phrase of a text, from `first` to `last`, with «не», «нет» or «без» beside it, if one is."""
    if first and said.word(first - 1) in NEGATIONS and _stands(said.phrase(first - 1, last), text):
        return first - 1, last
    if last + 1 < len(said) and said.word(last + 1) == "нет":
        alone = not first or len(said.word(first - 1)) > LONGEST_PREPOSITION
        if alone and _stands(said.phrase(first, last + 1), text):
            return first, last + 1
    return first, last


def _stands(phrase: str, text: str) -> bool:
    """Whether normalised words stand in a text with nothing but a blank between them."""
    # Most are written in small letters, and need no other text made.
    return phrase in text or phrase in normalize(text)
