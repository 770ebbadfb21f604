"""Block: columns of what is known of many texts, filled by one component after another.

A row is one appeal. Columns that a product makes at once are arrays, those that rules make are lists; strings of
a decision are made only when somebody reads it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.explanation import Explanation
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import (
    NO_AUTHORITY,
    NO_TOPIC,
    NOT_URGENT,
    Action,
    Choice,
    Kind,
    Outcome,
    Record,
    Span,
    Urgency,
)
from tsur_nlp.model.features import Floats, Weighed, weigh
from tsur_nlp.model.word_cache import Numbers, WordStore
from tsur_nlp.pipeline.reasons import said
from tsur_nlp.pipeline.telling import Said, phrases
from tsur_nlp.region.competence import Table
from tsur_nlp.region.locator import Place
from tsur_nlp.region.region import Authority

SHOWN = 5
"""Topics and bodies kept in a decision."""
GIVEN = ("appeals", "texts", "words", "numbers", "met", "weighed", "reasons", "doubts")
"""Columns that a block begins with."""
T = TypeVar("T")
Candidates = list[tuple[Authority, float]]
"""Bodies that may answer, the likeliest first."""

_choice: Callable[[tuple[str, str, float, str]], Choice] = partial(tuple.__new__, Choice)
"""`Choice` of all its values at once: every decision makes ten, and this is three times as fast."""


class Teller(Protocol):
    """What tells of a row when asked: names of topics, reasons, the gist (explain.py)."""

    @property
    def titles(self) -> Sequence[tuple[str, str, str]]:
        """Code, title and group of each topic of the model."""

    def why(self, block: "Block", row: int) -> list[Reason]: ...
    def gist(self, block: "Block", row: int) -> tuple[str, tuple[Span, ...]]: ...
    def ask(self, block: "Block", row: int) -> str: ...
    def topics_set(self, block: "Block", row: int, coverage: float) -> tuple[Choice, ...]: ...
    def explain(self, block: "Block", row: int) -> Explanation: ...


class Block:
    """Columns of at most a few hundred texts.

    Given: `appeals`; `texts`, cleaned, with blanks where others are quoted; `words`, normalised; `numbers` int64
    (n_words,) of the words in `store`, `lengths[i]` of row i, from `bounds[i]` to `bounds[i + 1]`; `met`, bits of the
    components that its words trigger; `weighed`.
    Assigned by components: `topics`, `topic_shares` (n, k); `label_topics`; `places`; `institutions`; `bodies`;
    `outcomes`; `actions`; `due`; and what readers of people find. A component of a host keeps its own in `extra`.
    """

    def __init__(
        self,
        appeals: Sequence[Appeal],
        texts: Sequence[str],
        numbers: Numbers,
        lengths: Numbers,
        store: WordStore,
        bits: Mapping[str, int],
    ):
        count = len(appeals)
        self.appeals = appeals
        self.texts = texts
        self.store = store
        self.numbers = numbers
        self.lengths = lengths
        self.bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        self.words: Sequence[Sequence[str]] = _Words(store, numbers, self.bounds)
        self.weighed: Weighed = weigh(numbers, lengths, store.idf)
        self._bits = bits
        self._traits = store.traits[numbers]
        self.met = _met(self._traits, self.bounds, lengths)
        self.open: list[int] = list(range(count))
        """Rows that nobody has settled as no appeal."""
        self.reasons: list[list[Reason]] = [[] for _ in range(count)]
        self.doubts: list[list[Reason]] = [[] for _ in range(count)]
        """What keeps a row from being sent automatically."""
        self.extra: dict[str, list[Any]] = {}

        self.topics: Numbers = np.zeros((count, 0), np.int64)
        self.topic_shares: Floats = np.zeros((count, 0), np.float32)
        self.label_shares: tuple[Numbers, Floats] = (self.topics, self.topic_shares)
        """Likeliest authorities of the model's own table and their probabilities, each (n, k)."""
        self.telling: Numbers = np.zeros((count, 0), np.int64)
        """Places in `numbers` of the words that speak most for the topic, -1 for none, (n, k)."""
        self.margins: NDArray[np.float64] = np.zeros(len(self.numbers))
        """What a word at its first place adds to the topic against the runner-up."""
        self.hinted: list[str] = [""] * count
        """Code of the topic that the host gave, where it stands first."""
        self.places: list[Place | None] = [None] * count
        self.settings: list[frozenset[str]] = [frozenset()] * count
        """Conditions on the place, as competence.csv names them."""
        self.institutions: list[Authority | None] = [None] * count
        self.bodies: list[Candidates] = [[] for _ in range(count)]
        self.tables: list[Table | None] = [None] * count
        """The competence matrix at the place of each row."""
        self.labels: list[list[tuple[str, str, float]]] = [[] for _ in range(count)]
        """Authorities of a model without a region: code, title, probability."""
        self.outcomes: list[Outcome] = ["decided"] * count
        self.redirected: set[int] = set()
        """Rows left on the account of a body that surely does not answer."""
        self.actions: list[Action] = ["review"] * count
        self.topicless: set[int] = set()
        """Rows that are about nothing, or about what somebody else wrote."""
        self.due: list[Mapping[str, datetime]] = [{}] * count
        self.kinds: list[tuple[Kind, float]] = [("complaint", 0.0)] * count
        self.urgencies: list[Urgency] = [NOT_URGENT] * count
        self.vulnerable: list[tuple[str, ...]] = [()] * count
        self.parts: list[tuple[Decision, ...]] = [()] * count
        self.spans: Sequence[Span | None] = [None] * count
        """Where a part stands in its message; of a whole message, None."""
        self.is_parts = False
        """Whether the rows are parts of messages, which are not split again."""
        self.around: Sequence[Place | None] = ()
        """The places of the messages that parts are of."""
        self.explainer: Teller | None = None

    def __len__(self) -> int:
        return len(self.appeals)

    def of_parts(
        self,
        appeals: Sequence[Appeal],
        texts: Sequence[str],
        numbers: Numbers,
        lengths: Numbers,
        around: Sequence[Place | None],
    ) -> "Block":
        """A block of parts of these messages, cut into words already; `around`: the places of their messages."""
        parts = Block(appeals, texts, numbers, lengths, self.store, self._bits)
        parts.is_parts, parts.around = True, around
        return parts

    def decisions(self) -> list[Decision]:
        """Views of the rows, in their order."""
        return [Decision(self, row) for row in range(len(self))]

    def triggers(self, component: str) -> NDArray[np.bool_]:
        """Whether a component is triggered by each word, shape (n_words,), as `numbers`."""
        return np.asarray((self._traits & self._bits[component]) != 0)

    def told_by(self, component: str) -> dict[int, list[int]]:
        """Row → places in it of the words that trigger a component, for the rows that have such."""
        found: dict[int, list[int]] = {}
        if any(self.met_by(component)):
            row, starts = 0, self._starts
            for place in self.triggers(component).nonzero()[0].tolist():
                while starts[row + 1] <= place:
                    row += 1
                found.setdefault(row, []).append(place - starts[row])
        return found

    def met_by(self, component: str) -> list[bool]:
        """Whether a component is triggered by any word of a text, for each row."""
        bit = self._bits[component]
        return [bool(met & bit) for met in self.met]

    def telling_phrases(self, row: int) -> list[str]:
        """What speaks most for the topic of a row, as it may be quoted (telling.py)."""
        begin, end = self._starts[row], self._starts[row + 1]
        said = Said(self.store.words, self._numbers[begin:end])
        return phrases(said, self.texts[row], self._margins[begin:end], self._telling_places(row))

    def telling_words(self, row: int) -> dict[str, float]:
        """Words that speak most for the topic of a row, and how much of it each says."""
        begin, said = self._starts[row], self.words[row]
        return {said[place]: self._margins[begin + place] for place in self._telling_places(row)}

    def _telling_places(self, row: int) -> list[int]:
        begin = self._starts[row]
        return [place - begin for place in _of_row(self._telling, row, len(self)) if place >= 0]

    # Rows are read one by one, and numbers of an array one by one are slow. One flat list is one object for all rows.

    @cached_property
    def _numbers(self) -> list[int]:
        return cast("list[int]", self.numbers.tolist())

    @cached_property
    def _starts(self) -> list[int]:
        return cast("list[int]", self.bounds.tolist())

    @cached_property
    def _margins(self) -> list[float]:
        return cast("list[float]", self.margins.tolist())

    @cached_property
    def _telling(self) -> list[int]:
        return self.telling.ravel().tolist()

    @cached_property
    def _topics(self) -> list[int]:
        return self.topics.ravel().tolist()

    @cached_property
    def _topic_shares(self) -> list[float]:
        return self.topic_shares.ravel().tolist()

    @cached_property
    def _unknown(self) -> list[float]:
        """The share of each text's words that the model never saw."""
        known = np.add.reduceat(np.append(self.store.known[self.numbers], False), self.bounds[:-1])
        return cast("list[float]", (1 - known / np.maximum(self.lengths, 1)).tolist())

    def forget_read(self) -> None:
        """Whoever changes arrays that may have been read by rows already calls this."""
        for name in ("_margins", "_telling", "_topics", "_topic_shares"):
            vars(self).pop(name, None)

    def close(self, rows: Sequence[int], action: Action = "not_an_appeal", topics: bool = False) -> None:
        """Settle rows: no later component sees them. `topics`: whether they keep theirs."""
        if not rows:
            return
        gone = set(rows)
        self.open = [row for row in self.open if row not in gone]
        for row in rows:
            self.actions[row] = action
        if not topics:
            self.topicless |= gone

    def record(self, row: int) -> Record:
        """The values of a row but those of `complete`."""
        topics, authorities = self.topics_of(row), self.authorities_of(row)
        place = self.places[row]
        due = self.due[row]
        kind, kind_confidence = self.kinds[row]
        explainer = self.explainer if row not in self.topicless else None
        why = explainer.why(self, row) if explainer else []
        return Record(
            topics=topics,
            authorities=authorities,
            action=self.actions[row],
            reasons=said([*why, *self.reasons[row], *self.doubts[row]]),
            territory=place.title if place and self.actions[row] != "not_an_appeal" else "",
            deadline=due.get("answer"),
            appeal_id=self.appeals[row].id,
            outcome=self.outcomes[row],
            due=due,
            unknown_words=self._unknown[row] if explainer else 0.0,
            kind=kind,
            kind_confidence=kind_confidence,
            urgency=self.urgencies[row],
            vulnerable=self.vulnerable[row],
            span=self.spans[row],
            parts=self.parts[row],
        )

    def complete(self, row: int, record: Record) -> None:
        """Add what takes as long as all the rest: the gist, and what to ask."""
        if self.explainer is not None and row not in self.topicless:
            record.gist, record.gist_spans = self.explainer.gist(self, row)
            record.ask = self.explainer.ask(self, row)

    def topics_of(self, row: int) -> tuple[Choice, ...]:
        """The topics of a row with their probabilities, NO_TOPIC for what has none of its own."""
        if self.explainer is None or row in self.topicless or not self.topics.shape[1]:
            return (NO_TOPIC,)
        named = [self.explainer.titles[at] for at in self.likely_topics(row)[:SHOWN]]
        shown = zip(named, _of_row(self._topic_shares, row, len(self))[:SHOWN], strict=True)
        return tuple([_choice((code, title, share, group)) for (code, title, group), share in shown])

    def authorities_of(self, row: int) -> tuple[Choice, ...]:
        """The bodies of a row with their confidence, NO_AUTHORITY if nobody is known to answer."""
        if bodies := self.bodies[row]:
            return tuple([_choice((body.code, body.title, min(share, 1.0), "")) for body, share in bodies[:SHOWN]])
        labels = [Choice(*label) for label in self.labels[row][:SHOWN]]
        return tuple(labels) or (NO_AUTHORITY,)

    def likely_topics(self, row: int) -> list[int]:
        """Positions of the likeliest topics of a row, best first."""
        return _of_row(self._topics, row, len(self))

    def topics_set(self, row: int, coverage: float) -> tuple[Choice, ...]:
        return cast(Teller, self.explainer).topics_set(self, row, coverage)

    def explain(self, row: int) -> Explanation:
        return cast(Teller, self.explainer).explain(self, row)


def _of_row(flat: list[T], row: int, count: int) -> list[T]:
    """Values of a row of a table of so many rows, laid out one after another."""
    width = len(flat) // count
    return flat[row * width : (row + 1) * width]


class _Words(Sequence[Sequence[str]]):
    """Normalised words of the rows of a block, made when somebody reads them."""

    def __init__(self, store: WordStore, numbers: Numbers, bounds: Numbers):
        # Not the block: two that know each other wait for the collector of garbage.
        self._store, self._numbers, self._bounds = store, numbers, bounds
        self._made: dict[int, list[str]] = {}

    def __len__(self) -> int:
        return len(self._bounds) - 1

    @overload
    def __getitem__(self, row: int) -> list[str]: ...
    @overload
    def __getitem__(self, row: slice) -> list[list[str]]: ...
    def __getitem__(self, row: int | slice) -> list[str] | list[list[str]]:
        if isinstance(row, slice):
            return [self[n] for n in range(len(self))[row]]
        made = self._made.get(row)
        if made is None:
            said = self._store.words
            numbers = self._numbers[self._bounds[row] : self._bounds[row + 1]].tolist()
            made = self._made[row] = [said[number] for number in numbers]
        return made


def _met(traits: NDArray[np.int64], bounds: Numbers, lengths: Numbers) -> list[int]:
    """For each row, the bits that any of its words has."""
    met = np.zeros(len(lengths), np.int64)
    filled = np.flatnonzero(lengths)
    if len(filled):
        met[filled] = np.bitwise_or.reduceat(traits, bounds[filled])
    found: list[int] = met.tolist()
    return found
