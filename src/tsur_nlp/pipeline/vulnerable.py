"""Who is hurt: groups of people named in a text, by data/vulnerable.csv and the rule of the region.

They raise a message in the queue and change nothing else of it.
"""

from collections.abc import Sequence

from tsur_nlp.catalog.vulnerable import NOBODY, vulnerable_table
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import Urgency
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.quoting import as_written
from tsur_nlp.pipeline.ruled import RuledComponent
from tsur_nlp.region.region import Region


class VulnerableComponent(RuledComponent):
    """Names the groups and, where a region wants it, has the message seen before others."""

    name = "vulnerable"
    requires = ("texts", "words", "urgencies")
    assigns = ("vulnerable", "urgencies")

    def __init__(self, region: Region | None):
        """A region with groups of its own counts those alone, in its order."""
        groups, rules = vulnerable_table()
        own = groups if region is None or region.vulnerable is None else region.vulnerable
        kept = [(code, rule) for code, rule in rules if code == NOBODY or code in own]
        self._groups = [own.get(code) for code, _ in kept]
        covers = frozenset(n for n, (code, _) in enumerate(kept) if code == NOBODY)
        super().__init__([rule for _, rule in kept], covers)

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        for row, met in self.met(block, rows):
            named = [(group, one) for one in met if (group := self._groups[one.rule]) is not None]
            named.sort(key=lambda pair: pair[0].order)
            block.vulnerable[row] = tuple(dict.fromkeys(group.title for group, _ in named))
            raising = [(group, one) for group, one in named if group.raises]
            if raising and not block.urgencies[row].level:
                group, one = raising[0]
                words = as_written(block.texts[row], block.words[row], one.places)
                block.urgencies[row] = Urgency(1, (words,))
                block.reasons[row].append(Reason("vulnerable", (group.title, words)))
