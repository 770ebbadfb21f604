"""Texts that do not say what the matter is."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.errors import CatalogError
from tsur_nlp.model.word_cache import SHORTEST_TELLING
from tsur_nlp.pipeline.ask import OTHER
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.explain import Explainer

FEW_WORDS = 2
"""A text with fewer telling words says too little to be sure of anything."""
CLEAR_GROUP = 0.5
"""The least probability of a group of topics to say «прочее» of it rather than a topic at random."""


@cache
def empty_words() -> frozenset[str]:
    """Words and lemmas of data/empty_words.csv: people say them of any matter."""
    records = read_reference(files("tsur_nlp") / "data" / "empty_words.csv", ("word",), CatalogError)
    return frozenset(record.required("word").replace("ё", "е") for record in records)


class SufficiencyComponent(Component):
    """Marks texts that say too little for a sure topic; of a clear group they are its «прочее»."""

    name = "sufficiency"
    requires = ("weighed", "topics", "topic_shares", "hinted")
    assigns = ("outcomes", "topics", "topic_shares", "doubts")
    always = True

    def __init__(self, explainer: Explainer, threshold: Callable[[], float]):
        """`threshold`: the least confidence of a sure topic."""
        self._threshold = threshold
        self._groups = [code.split(".")[0] for code, _, _ in explainer.titles]
        ends = [(code, n) for n, (code, _, _) in enumerate(explainer.titles) if code.endswith(OTHER)]
        self._others = {code.removesuffix(OTHER): n for code, n in ends}

        self._empty = empty_words()

    def triggered_by(self, word: str, lemma: str) -> bool:
        """Whether a word tells of a matter."""
        return len(word) >= SHORTEST_TELLING and word not in self._empty and lemma not in self._empty

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        weighed, polite = block.weighed, block.triggers("not_an_appeal")
        speaks = block.store.known[weighed.numbers] & (block.triggers(self.name) & ~polite)[weighed.places]
        spoken = np.bincount(weighed.texts[speaks], minlength=len(block))
        short = (spoken < FEW_WORDS).nonzero()[0].tolist()
        for row in set(short).intersection(rows) if short else ():
            sure = spoken[row] and block.topic_shares[row, 0] >= self._threshold()
            if block.hinted[row] or (sure and not self._one_word(block, row, polite)):
                continue
            block.outcomes[row] = "insufficient_information"
            block.doubts[row].append(Reason("says_little"))
            if spoken[row]:
                self._say_other(block, row)

    def _one_word(self, block: Block, row: int, polite: NDArray[np.bool_]) -> bool:
        """Whether a row says one word and courtesies: «лифт» names no matter, however sure its topic."""
        courteous = polite[block.bounds[row] : block.bounds[row + 1]].tolist()
        said = {
            word
            for word, courtesy in zip(block.words[row], courteous, strict=True)
            if not courtesy and len(word) > 1 and (len(word) >= SHORTEST_TELLING or word not in self._empty)
        }
        return len(said) < FEW_WORDS

    def _say_other(self, block: Block, row: int) -> None:
        """Put the «прочее» of a clear group first, with all that its topics have."""
        ranked = list(zip(block.topics[row].tolist(), block.topic_shares[row].tolist(), strict=True))
        group = self._groups[ranked[0][0]]
        share = sum(share for topic, share in ranked if self._groups[topic] == group)
        other = self._others.get(group)
        if other is None or share < CLEAR_GROUP:
            return
        left = [(topic, share) for topic, share in ranked if self._groups[topic] != group]
        told = [(other, share), *left, *((topic, 0.0) for topic, _ in ranked if self._groups[topic] == group)]
        told = [one for n, one in enumerate(told) if n == 0 or one[0] != other][: len(ranked)]
        block.topics[row], block.topic_shares[row] = zip(*told, strict=True)
