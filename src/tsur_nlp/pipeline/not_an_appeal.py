"""Messages with nothing to answer: no words, or greetings, thanks and wishes alone."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.errors import CatalogError
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component

LONGEST_COURTESY = 25
"""Words. Nobody says only thank-you for longer; a longer text is read by the model."""


@cache
def courtesy_words() -> frozenset[str]:
    """Words of `data/courtesies.csv`, as written there and as lemmas."""
    records = read_reference(files("tsur_nlp") / "data" / "courtesies.csv", ("word",), CatalogError)
    return frozenset(record.required("word").replace("ё", "е") for record in records)


class NotAnAppealComponent(Component):
    """Closes rows without words and short rows of courtesies alone."""

    name = "not_an_appeal"
    requires = ("words", "numbers")
    assigns = ("actions",)
    always = True

    def __init__(self) -> None:
        self._courtesies = courtesy_words()

    def triggered_by(self, word: str, lemma: str) -> bool:
        return word in self._courtesies or lemma in self._courtesies

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        courtesy = np.append(block.triggers("not_an_appeal"), False)
        polite = np.add.reduceat(courtesy.astype(np.int64), block.bounds[:-1])
        lengths = np.diff(block.bounds)
        settled = (lengths == 0) | ((polite == lengths) & (lengths <= LONGEST_COURTESY))
        closed = [row for row in rows if settled[row]]
        for row in closed:
            block.reasons[row].append(Reason("courtesy" if lengths[row] else "no_words"))
        block.close(closed)
