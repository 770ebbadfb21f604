"""Messages with nothing to answer: no words, or greetings, thanks and wishes alone."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

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
    requires = ("numbers", "met")
    assigns = ("actions",)
    always = True

    def __init__(self) -> None:
        self._courtesies = courtesy_words()

    def triggered_by(self, word: str, lemma: str) -> bool:
        return word in self._courtesies or lemma in self._courtesies

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        lengths, polite = block.lengths.tolist(), block.met_by(self.name)
        closed = [row for row in rows if not lengths[row]]
        for row in closed:
            block.reasons[row].append(Reason("no_words"))
        if short := [row for row in rows if polite[row] and lengths[row] <= LONGEST_COURTESY]:
            courtesy, bounds = block.triggers(self.name), block.bounds.tolist()
            for row in short:
                # Most texts end with a word of something else.
                if courtesy[bounds[row + 1] - 1] and courtesy[bounds[row] : bounds[row + 1]].all():
                    block.reasons[row].append(Reason("courtesy"))
                    closed.append(row)
        block.close(closed)
