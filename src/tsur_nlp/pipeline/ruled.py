"""Components that read a message by rules of words that must meet (catalog/word_rules.py)."""

from collections.abc import Iterator, Sequence

from tsur_nlp.catalog.word_rules import Met, WordRule, WordRules
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component


class RuledComponent(Component):
    """A component triggered by the words that rules begin with. Only what stands around those is looked at."""

    def __init__(self, rules: Sequence[WordRule], covers: frozenset[int]):
        """`covers`: numbers of the rules that raise nothing."""
        self._words = WordRules(rules, covers)

    def triggered_by(self, word: str, lemma: str) -> bool:
        return self._words.learn(word, lemma)

    def met(self, block: Block, rows: Sequence[int]) -> Iterator[tuple[int, list[Met]]]:
        """Rows of these that were triggered, in their order, in which a rule is met, and the rules."""
        begun, bounds = block.triggers(self.name), block.bounds.tolist()
        for row in rows:
            places = begun[bounds[row] : bounds[row + 1]].nonzero()[0].tolist()
            if met := self._words.found(block.words[row], places):
                yield row, met
