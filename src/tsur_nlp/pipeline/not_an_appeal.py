"""Messages with nothing to answer: greetings, thanks and wishes alone."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.morphology import lemma

LONGEST_COURTESY = 25
"""Words. Nobody says only thank-you for longer; a longer text is read by the model."""


@cache
def courtesy_words() -> frozenset[str]:
    """Words of `data/courtesies.csv`, as written there and as lemmas."""
    records = read_reference(files("tsur_nlp") / "data" / "courtesies.csv", ("word",), CatalogError)
    return frozenset(record.required("word").replace("ё", "е") for record in records)


def is_courtesy(words: Sequence[str]) -> bool:
    """Whether each normalised word of a short text is a courtesy."""
    known = courtesy_words()
    return len(words) <= LONGEST_COURTESY and all(word in known or lemma(word) in known for word in words)
