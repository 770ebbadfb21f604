"""Texts with too few words that mean anything to the model."""

from collections.abc import Sequence

import numpy as np

from tsur_nlp.decision.reasons import Reason
from tsur_nlp.model.word_cache import SHORTEST_TELLING
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component

FEW_WORDS = 2
"""A text with fewer telling words says too little to be sure of anything."""


class SufficiencyComponent(Component):
    """Marks texts that are in doubt and say too little to settle it."""

    name = "sufficiency"
    requires = ("weighed", "doubts", "topics")
    assigns = ("outcomes",)
    always = True

    def triggered_by(self, word: str, lemma: str) -> bool:
        return len(word) >= SHORTEST_TELLING

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        speaks = block.store.known[block.numbers] & block.triggers("sufficiency") & ~block.triggers("not_an_appeal")
        distinct = np.append(speaks[block.weighed.places], False)
        spoken = np.add.reduceat(distinct.astype(np.int64), block.weighed.bounds[:-1]).tolist()
        for row in rows:
            place = block.places[row]
            if spoken[row] < FEW_WORDS and block.doubts[row] and not (place and place.foreign):
                block.outcomes[row] = "insufficient_information"
                block.reasons[row].append(Reason("says_little"))
