"""What each message is: a complaint, a question, thanks, an advertisement … and what follows from it.

Only marked, never dropped: what surely asks for nothing is not an appeal; a person sees a doubtful case and the reason.
"""

from collections.abc import Sequence
from threading import Lock
from typing import cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import Kind
from tsur_nlp.model.calibration import softmax
from tsur_nlp.model.features import Floats
from tsur_nlp.model.word_cache import WordStore
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.kind_model import ASKING, OPENING, KindWeights, kind_weights, shapes, stem

FEWEST_REPEATED, TIMES_REPEATED = 4, 2.5
"""A message of so many words that says each of them so many times on average was made by a bot, or by a fist."""
SAME_AGAIN, MOST_ROUNDS_TRIED = 0.55, 3
SURE_OF_REPETITION = 0.95
SURE = 0.9
"""From here on a message that asks for nothing is settled as no appeal."""
LONGEST_SETTLED = 40
"""Words. A longer message may ask for something at its end: a person looks."""
SETTLED = frozenset(("thanks", "announcement", "advertising", "chatter", "insult"))
"""Kinds that need no answer."""
NAMING = frozenset(("thanks", "announcement"))
"""Kinds that speak of a topic and ask for nothing."""
CLEAR_TOPIC = 0.7
"""Who talks or advertises and yet surely speaks of a topic, «Огромное количество борщевика», is looked at."""
LEAST_TOPIC = 0.2
"""With less, nobody knows what thanks are for."""
SURE_OF_SUPPORT, LONGEST_SUPPORT = 0.5, 8
"""Confidence and words. Who agrees at more length has something of their own to say."""


class KnownWords:
    """What kind weights say of the words of one store, by number; grows with it."""

    def __init__(self, weights: KindWeights):
        self._weights = weights
        self.count = 0
        width = len(weights.kinds)
        self.added = np.zeros((1024, width), np.float32)
        self.opening = np.zeros((OPENING, 1024, width), np.float32)
        self.stems = np.zeros(1024, np.int64)

    def learn(self, words: Sequence[str]) -> None:
        """Take in the words beyond those known already. What stands for earlier ones is never changed."""
        weights = self._weights
        # Another thread may add words meanwhile: they are learned the next time.
        count = len(words)
        if (more := count - len(self.stems)) > 0:
            more = max(more, len(self.stems))
            self.added = np.pad(self.added, ((0, more), (0, 0)))
            self.opening = np.pad(self.opening, ((0, 0), (0, more), (0, 0)))
            self.stems = np.pad(self.stems, (0, more))
        for n in range(self.count, count):
            found = stem(words[n])
            self.added[n] = weights.of_word(words[n])
            for place in range(OPENING):
                self.opening[place, n] = weights.of(f"opens {place} {found}")
            self.stems[n] = weights.stem_number(found)
        self.count = count


class KindComponent(Component):
    """Names the kind of every message."""

    name = "kind"
    requires = ("texts", "numbers", "weighed")
    assigns = ("kinds",)
    always = True

    def __init__(self) -> None:
        self._weights = kind_weights()
        self._asking = np.flatnonzero([kind in ASKING for kind in self._weights.kinds])
        self._known: WeakKeyDictionary[WordStore, KnownWords] = WeakKeyDictionary()
        self._lock = Lock()
        self._shapes: dict[str, Floats] = {}

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        lengths = np.diff(block.bounds)
        shares = softmax(self.scores(block))
        kinds = cast(tuple[Kind, ...], self._weights.kinds)
        best = shares.argmax(axis=1)
        # Four ways to ask share what one way to advertise has alone: they are weighed against it together.
        asked = shares[:, self._asking]
        asks = asked.sum(axis=1) >= shares[np.arange(len(best)), best]
        best[asks] = self._asking[asked[asks].argmax(axis=1)]
        sure = shares[np.arange(len(best)), best].tolist()
        block.kinds = [(kinds[n], share) for n, share in zip(best.tolist(), sure, strict=True)]
        distinct = np.diff(block.weighed.bounds)
        repeated = (lengths >= FEWEST_REPEATED) & (distinct * TIMES_REPEATED <= lengths)
        for row in np.flatnonzero(repeated).tolist():
            if goes_round(block.words[row]):
                block.kinds[row] = ("repetition", SURE_OF_REPETITION)

    def scores(self, block: Block) -> Floats:
        """Scores of the kinds for each row, (n, n_kinds)."""
        numbers, bounds = block.numbers, block.bounds
        known = self._words_of(block.store)
        lengths = np.diff(bounds)
        added = np.concatenate([known.added[numbers], np.zeros((1, len(self._weights.kinds)), np.float32)])
        self._add_pairs(added, known.stems[numbers], bounds)
        sums = np.add.reduceat(added, bounds[:-1], axis=0)
        sums[lengths == 0] = 0
        scores = sums / np.sqrt(np.maximum(lengths, 1)).astype(np.float32)[:, None]
        for n, opening in enumerate(known.opening):
            rows = np.flatnonzero(lengths > n)
            scores[rows] += opening[numbers[bounds[rows] + n]]
        shaped = [self._shape(text, n) for text, n in zip(block.texts, lengths.tolist(), strict=True)]
        return np.asarray(scores + np.array(shaped, np.float32) + self._weights.intercept, np.float32)

    def _add_pairs(self, added: Floats, stems: NDArray[np.int64], bounds: NDArray[np.int64]) -> None:
        """Weights of pairs of neighbours, added to those of the first of the two."""
        paired = (stems[:-1] > 0) & (stems[1:] > 0)
        inner = bounds[1:-1]
        paired[inner[(inner > 0) & (inner < len(stems))] - 1] = False
        places = np.flatnonzero(paired)
        codes = self._weights.pair_code(stems[places], stems[places + 1])
        found = np.searchsorted(self._weights.pair_codes, codes)
        hit = self._weights.pair_codes[found] == codes
        added[places[hit]] += self._weights.pair_rows[found[hit]]

    def _shape(self, text: str, n_words: int) -> Floats:
        named = "|".join(shapes(text, n_words))
        row = self._shapes.get(named)
        if row is None:
            row = np.sum([self._weights.of(f"shape {name}") for name in named.split("|")], axis=0)
            self._shapes[named] = row
        return row

    def _words_of(self, store: WordStore) -> KnownWords:
        words = store.words
        known = self._known.get(store)
        if known is None or known.count < len(words):
            with self._lock:
                known = self._known.setdefault(store, KnownWords(self._weights))
                if known.count < len(words):
                    known.learn(words)
        return known


def goes_round(words: Sequence[str]) -> bool:
    """Whether most words are followed, one round later, by themselves."""
    starts = [n for n, word in enumerate(words) if n and word == words[0]][:MOST_ROUNDS_TRIED]
    return any(sum(map(str.__eq__, words, words[length:])) >= SAME_AGAIN * (len(words) - length) for length in starts)


class KindActionComponent(Component):
    """What follows from a kind that asks for nothing: settled where that is sure, else a person looks."""

    name = "kind_action"
    requires = ("kinds", "topics", "topic_shares")
    assigns = ("actions", "outcomes", "doubts")
    always = True

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        lengths = np.diff(block.bounds).tolist()
        unclear = (block.topic_shares[:, 0] < CLEAR_TOPIC).tolist()
        thanks: list[int] = []
        others: list[int] = []
        supports: list[int] = []
        for row in rows:
            kind, sure = block.kinds[row]
            if kind in ASKING:
                continue
            reason = Reason(f"kind_{kind}", (f"{sure:.2f}",))
            # A page is a body's own: only there an announcement is nobody's question.
            settled = kind in SETTLED and (kind != "announcement" or block.appeals[row].account is not None)
            if block.urgencies[row].level or block.hinted[row]:
                block.doubts[row].append(reason)
            elif kind == "support" and sure >= SURE_OF_SUPPORT and lengths[row] <= LONGEST_SUPPORT:
                supports.append(row)
                block.outcomes[row] = "insufficient_information"
                block.reasons[row].append(reason)
            elif settled and sure >= SURE and lengths[row] <= LONGEST_SETTLED and (unclear[row] or kind in NAMING):
                (thanks if kind == "thanks" else others).append(row)
                block.reasons[row].append(reason)
            else:
                block.doubts[row].append(reason)
        named = [row for row in thanks if block.topic_shares[row, 0] >= LEAST_TOPIC]
        block.close(named, topics=True)
        block.close([row for row in [*thanks, *others] if row not in set(named)])
        block.close(supports, "review")
