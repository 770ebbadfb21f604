"""What each message is: a complaint, a question, thanks, an advertisement … and what follows from it.

Only marked, never dropped: what surely asks for nothing is not an appeal; a person sees a doubtful case and the reason.
"""

from collections.abc import Sequence
from threading import Lock
from typing import cast
from weakref import WeakKeyDictionary

import numpy as np

from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import Kind
from tsur_nlp.model.calibration import softmax
from tsur_nlp.model.features import Floats
from tsur_nlp.model.word_cache import Numbers, WordStore
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.kind_model import ASKING, OPENING, KindWeights, kind_weights, shape, stem

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
        self.firsts = np.zeros(1024, np.int64)
        self.seconds = np.zeros(1024, np.int64)

    def learn(self, words: Sequence[str]) -> None:
        """Take in the words beyond those known already. What stands for earlier ones is never changed."""
        weights = self._weights
        # Another thread may add words meanwhile: they are learned the next time.
        count = len(words)
        if (more := count - len(self.added)) > 0:
            more = max(more, len(self.added))
            self.added = np.pad(self.added, ((0, more), (0, 0)))
            self.opening = np.pad(self.opening, ((0, 0), (0, more), (0, 0)))
            self.firsts = np.pad(self.firsts, (0, more))
            self.seconds = np.pad(self.seconds, (0, more))
        for n in range(self.count, count):
            found = stem(words[n])
            self.added[n] = weights.of_word(words[n])
            for place in range(OPENING):
                self.opening[place, n] = weights.of(f"opens {place} {found}")
            self.firsts[n], self.seconds[n] = weights.pair_codes(found)
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

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        shares = softmax(self.scores(block))
        kinds = cast(tuple[Kind, ...], self._weights.kinds)
        every, best = np.arange(len(shares)), shares.argmax(axis=1)
        # Four ways to ask share what one way to advertise has alone: they are weighed against it together.
        asked = shares.take(self._asking, axis=1)
        asks = asked.sum(axis=1) >= shares[every, best]
        best = np.where(asks, self._asking[asked.argmax(axis=1)], best)
        block.kinds = [(kinds[n], share) for n, share in zip(best.tolist(), shares[every, best].tolist(), strict=True)]
        distinct = block.weighed.bounds[1:] - block.weighed.bounds[:-1]
        repeated = (block.lengths >= FEWEST_REPEATED) & (distinct * TIMES_REPEATED <= block.lengths)
        for row in repeated.nonzero()[0].tolist():
            if goes_round(block.words[row]):
                block.kinds[row] = ("repetition", SURE_OF_REPETITION)

    def scores(self, block: Block) -> Floats:
        """Scores of the kinds for each row, (n, n_kinds)."""
        numbers, starts, lengths = block.numbers, block.bounds[:-1], block.lengths
        known, weights = self._words_of(block.store), self._weights
        scores = np.zeros((len(lengths), len(weights.kinds)), np.float32)
        if len(numbers):
            filled = lengths.nonzero()[0]
            scores[filled] = np.add.reduceat(self._added(known, numbers, block.bounds), starts[filled], axis=0)
        scores /= np.sqrt(np.maximum(lengths, 1)).astype(np.float32)[:, None]
        for n, opening in enumerate(known.opening):
            rows = (lengths > n).nonzero()[0]
            scores[rows] += opening[numbers[starts[rows] + n]]
        scores += weights.shaped.take(list(map(shape, block.texts, lengths.tolist())), axis=0)
        scores += weights.intercept
        return scores

    def _added(self, known: KnownWords, numbers: Numbers, bounds: Numbers) -> Floats:
        """What each word adds, and the pair that it begins, (n_words, n_kinds)."""
        added = known.added.take(numbers, axis=0)
        following = known.seconds[numbers]
        following[:-1] = following[1:]
        # Nothing follows the last word of a text. (Of an empty one at the start it is the last word of all.)
        following[bounds[1:] - 1] = 0
        found = self._weights.pair_at[known.firsts[numbers] + following]
        places = found.nonzero()[0]
        if len(places):
            added[places] += self._weights.pair_rows[found[places]]
        return added

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
            elif kind == "support" and sure >= SURE_OF_SUPPORT and block.lengths[row] <= LONGEST_SUPPORT:
                supports.append(row)
                block.outcomes[row] = "insufficient_information"
                block.reasons[row].append(reason)
            elif (
                settled
                and sure >= SURE
                and block.lengths[row] <= LONGEST_SETTLED
                and (kind in NAMING or block.topic_shares[row, 0] < CLEAR_TOPIC)
            ):
                (thanks if kind == "thanks" else others).append(row)
                block.reasons[row].append(reason)
            else:
                block.doubts[row].append(reason)
        named = [row for row in thanks if block.topic_shares[row, 0] >= LEAST_TOPIC]
        block.close(named, topics=True)
        block.close([row for row in [*thanks, *others] if row not in set(named)])
        block.close(supports, "review")
