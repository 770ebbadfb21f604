"""Decision: what the library says of an appeal.

A decision is a view of one row of a block of texts; its values are made together when the first of them is read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, cast

from tsur_nlp.decision.explanation import Explanation
from tsur_nlp.decision.fields import to_dict, to_html
from tsur_nlp.decision.record import Action, Choice, Kind, Outcome, Record, Span, Urgency


class Source(Protocol):
    """The block that a decision is a row of."""

    def record(self, row: int) -> Record: ...
    def complete(self, row: int, record: Record) -> None: ...
    def topics_set(self, row: int, coverage: float) -> tuple[Choice, ...]: ...
    def explain(self, row: int) -> Explanation: ...


class Decision:
    """The topic, the authority and what to do, best first, with reasons in Russian.

    Hashable, equal by its values. A pickled decision leaves its block behind: it can be read anywhere, and no
    longer explained.
    """

    __slots__ = ("_complete", "_record", "_row", "_source")

    def __init__(self, source: Source | None, row: int, record: Record | None = None):
        self._source = source
        self._row = row
        self._record = record
        self._complete = record is not None

    @classmethod
    def of(cls, record: Record) -> "Decision":
        """A decision with these values and nothing behind them."""
        return cls(None, 0, record)

    def record(self) -> Record:
        """All values, plain."""
        record = self._values()
        if self._source is not None and not self._complete:
            self._source.complete(self._row, record)
            self._complete = True
        return record

    def _values(self) -> Record:
        """The values, those that take long only if they were asked for."""
        if self._record is None:
            assert self._source is not None
            self._record = self._source.record(self._row)
        return self._record

    def __reduce__(self) -> tuple[Any, ...]:
        return Decision.of, (self.record(),)

    def __eq__(self, other: object) -> bool:
        return self.record() == other.record() if isinstance(other, Decision) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.record())

    def __repr__(self) -> str:
        return f"Decision({self.record()!r})"

    @property
    def topics(self) -> tuple[Choice, ...]:
        """Topics in falling order of confidence, at least one."""
        return self._values().topics

    @property
    def topic(self) -> Choice:
        """The likeliest topic."""
        return self._values().topics[0]

    @property
    def authorities(self) -> tuple[Choice, ...]:
        """Bodies in falling order of confidence, at least one."""
        return self._values().authorities

    @property
    def authority(self) -> Choice:
        """The body that should answer."""
        return self._values().authorities[0]

    @property
    def action(self) -> Action:
        """What to do with the message; see `Action`."""
        return self._values().action

    @property
    def outcome(self) -> Outcome:
        """Whether there is an answer in the region; see `Outcome`."""
        return self._values().outcome

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in Russian, a sentence each."""
        return self._values().reasons

    @property
    def territory(self) -> str:
        """The title of the place the answer was resolved for, empty if unknown."""
        return self._values().territory

    @property
    def deadline(self) -> datetime | None:
        """When the answer is due; None without a region or with a channel it does not know."""
        return self._values().deadline

    @property
    def due(self) -> Mapping[str, datetime]:
        """Each step of the channel (reaction, registration, forwarding, answer) and when it is due."""
        return self._values().due

    @property
    def appeal_id(self) -> str | None:
        """The host's own identifier of the appeal."""
        return self._values().appeal_id

    @property
    def unknown_words(self) -> float:
        """The share (0 … 1) of the text's words that the model has never seen; it grows as a model grows old."""
        return self._values().unknown_words

    @property
    def kind(self) -> Kind:
        """What the message is: a complaint, a question, thanks …"""
        return self._values().kind

    @property
    def kind_confidence(self) -> float:
        """How sure the library is of the kind (0 … 1)."""
        return self._values().kind_confidence

    @property
    def urgency(self) -> Urgency:
        """How soon it must be seen to, what raised it, whom to tell."""
        return self._values().urgency

    @property
    def gist(self) -> str:
        """The sentences that carry the request, at most 300 characters."""
        return self.record().gist

    @property
    def gist_spans(self) -> tuple[Span, ...]:
        """Where the sentences of the gist stand in the original text."""
        return self.record().gist_spans

    @property
    def ask(self) -> str:
        """The one question to put to the citizen, in Russian; empty if nothing is missing."""
        return self.record().ask

    @property
    def vulnerable(self) -> tuple[str, ...]:
        """Groups of people named in the text whose messages go first, in Russian."""
        return self._values().vulnerable

    @property
    def parts(self) -> tuple["Decision", ...]:
        """Decisions on each question of a message with several; empty for a single question."""
        return cast("tuple[Decision, ...]", self._values().parts)

    @property
    def span(self) -> Span | None:
        """Where a part stands in the original text; None for a whole message."""
        return self._values().span

    def to_dict(self) -> dict[str, Any]:
        """Plain values ready for JSON: moments in ISO 8601, confidences rounded to four digits."""
        return to_dict(self.record())

    def topics_set(self, coverage: float = 0.9) -> tuple[Choice, ...]:
        """The smallest set of topics that holds the right one in at least this share of cases, best first.

        Split conformal prediction (Vovk, Gammerman, Shafer, «Algorithmic Learning in a Random World», 2005) on
        the out-of-fold scores of the training texts; the promise is for texts like those. Empty for what is not
        an appeal. Raises ValueError for a coverage the model can't promise.
        """
        if self._source is None or not self.topic.code:
            return ()
        return self._source.topics_set(self._row, coverage)

    def explain(self) -> Explanation:
        """The words that spoke for and against the topic. Raises ValueError for what is not an appeal."""
        if self._source is None or not self.topic.code:
            raise ValueError("объяснять нечего: в сообщении нет темы")
        return self._source.explain(self._row)

    def _repr_html_(self) -> str:
        """The decision for a notebook: the highlighted text where it can be explained, else its values."""
        explained = self._source is not None and bool(self.topic.code)
        return to_html(self.record(), self.explain()._repr_html_() if explained else "")
