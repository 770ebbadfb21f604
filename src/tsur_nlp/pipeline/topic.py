"""Topics: what the model says of each text, and what the host said before it."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

import numpy as np

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.errors import CatalogError
from tsur_nlp.model.classifier import AppealModel, likeliest
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.explain import Explainer
from tsur_nlp.text.cleaning import MAX_CHARS
from tsur_nlp.text.labels import LONGEST_COMPARED, label_key

KEPT_TOPICS = 12
"""Likeliest topics that bodies are summed over; the rest hold a few per cent of probability."""
QUOTED = 3
HINT_SHARE = 0.9
"""How much of the doubt about a topic its being chosen by a person takes away."""


@cache
def unquoted_words() -> frozenset[str]:
    """Lemmas of data/unquoted.csv: words that may weigh for a topic, and mean nothing to a reader."""
    records = read_reference(files("tsur_nlp") / "data" / "unquoted.csv", ("word",), CatalogError)
    return frozenset(record.required("word").replace("ё", "е") for record in records)


class TopicComponent(Component):
    """Scores every text; a topic that somebody chose already comes first."""

    name = "topic"
    requires = ("weighed",)
    assigns = ("topics", "topic_shares", "telling", "label_shares", "hinted")
    always = True

    def __init__(self, model: AppealModel, explainer: Explainer, threshold: Callable[[], float], labels: bool):
        """`threshold`: the least confidence of a sure topic; `labels`: whether the model's authorities are wanted."""
        self._model = model
        self._explainer = explainer
        self._threshold = threshold
        self.heads = ("topic", "authority") if labels and "authority" in model.heads else ("topic",)
        """Heads of the model that are asked."""
        self._positions: Mapping[str, int] = {
            label_key(name): n for n, title in reversed(list(enumerate(explainer.titles))) for name in title[:2]
        }
        self._unquoted = unquoted_words()

    def triggered_by(self, word: str, lemma: str) -> bool:
        """Whether a word may be quoted as a reason."""
        return lemma not in self._unquoted and word not in self._unquoted

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        block.explainer = self._explainer
        scores = self._model.score(block.weighed, block.store)
        probabilities, encoded = self._model.judged(scores, block.texts, self.heads)
        block.topics, block.topic_shares = likeliest(probabilities["topic"], KEPT_TOPICS)
        if "authority" in probabilities:
            block.label_shares = likeliest(probabilities["authority"], KEPT_TOPICS)
        for row in encoded:
            block.reasons[row].append(Reason("encoded"))
        for row in rows:
            appeal = block.appeals[row]
            if appeal.topic or len(appeal.text) > MAX_CHARS:
                self._note(block, row)
        self._find_telling(block)

    def _find_telling(self, block: Block) -> None:
        """Places of the words that speak most for the topic against the runner-up."""
        weighed, store = block.weighed, block.store
        start = self._model.heads["topic"].start
        table, numbers, row_of = store.table, weighed.numbers, weighed.texts
        added = weighed.weights * table[numbers, start + block.topics[row_of, 0]]
        if block.topics.shape[1] > 1:
            against = weighed.weights * table[numbers, start + block.topics[row_of, 1]]
            # For the topic by itself, and not more for the next one: else it says nothing of the choice.
            added = np.minimum(added, added - against)
        added = np.where(store.telling[numbers] & block.triggers("topic")[weighed.places], added, np.float32(0))
        speaking = np.flatnonzero(added > 0)
        # Bits of positive floats stand in the order of their values (IEEE 754): one sort by text and by weight.
        key = (row_of[speaking] << 32) - added[speaking].view(np.int32)
        # Of equals the first one stays first.
        ranked = weighed.places[speaking[np.argsort(key, kind="stable")]]
        begins = np.searchsorted(row_of[speaking], np.arange(len(block) + 1))
        at = begins[:-1, None] + np.arange(QUOTED)
        block.telling = np.full(at.shape, -1)
        found = at < begins[1:, None]
        block.telling[found] = ranked[at[found]]
        margins = np.zeros(len(block.numbers))
        margins[weighed.places] = added
        block.margins = margins

    def _note(self, block: Block, row: int) -> None:
        """What is said of a text that is too long, or whose topic somebody chose."""
        appeal = block.appeals[row]
        if len(appeal.text) > MAX_CHARS:
            block.reasons[row].append(Reason("cut", (str(MAX_CHARS),)))
        if appeal.topic:
            self._respect(block, row, appeal.topic)

    def _respect(self, block: Block, row: int, chosen: str) -> None:
        """Put a topic that was chosen first, and say what the words think of it."""
        position = self._positions.get(label_key(chosen))
        if position is None:
            nearest = get_close_matches(label_key(chosen)[:LONGEST_COMPARED], self._positions, 1, 0)
            title = self._explainer.titles[self._positions[nearest[0]]][1] if nearest else "—"
            block.doubts[row].append(Reason("hint_unknown", (chosen[:100], title)))
            return
        own, sure = int(block.topics[row, 0]), float(block.topic_shares[row, 0])
        title = self._explainer.titles[position][1]
        block.reasons[row].append(Reason("hint", (title,)))
        if own != position and sure >= self._threshold():
            block.doubts[row].append(Reason("hint_disputed", (title, self._explainer.titles[own][1])))
        ranked = dict(zip(block.topics[row].tolist(), block.topic_shares[row].tolist(), strict=True))
        ranked = {position: ranked.get(position, 0.0)} | ranked
        shares = np.array(list(ranked.values())[:KEPT_TOPICS], np.float32) * (1 - HINT_SHARE)
        shares[0] += HINT_SHARE
        block.topics[row] = list(ranked)[: block.topics.shape[1]]
        block.topic_shares[row] = shares[: block.topics.shape[1]]
        block.hinted[row] = self._explainer.titles[position][0]
