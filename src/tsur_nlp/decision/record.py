"""The values of a decision, plain: what flows to tables, JSON, pages and the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

Action = Literal["auto", "review", "redirect", "not_an_appeal"]
"""auto: sure enough to be sent automatically; review: a person looks first; redirect: left on the account of a
body that does not answer for it; not_an_appeal: nothing in it to answer."""

Outcome = Literal["decided", "insufficient_information", "outside_competence"]
"""decided: there is an answer, sure or not; insufficient_information: too little text to know;
outside_competence: a bank, a shop, a federal body, another region answers, not this one."""

Kind = Literal[
    "complaint", "question", "request", "proposal", "thanks", "support", "correction",
    "announcement", "advertising", "chatter", "insult", "repetition",
]  # fmt: skip
"""What a message is: only the first four ask a body for something of their own."""


class Choice(NamedTuple):
    """A topic or an authority with how sure the library is of it (0 … 1).

    `group` is the title of a topic's group; empty for authorities.
    """

    code: str
    title: str
    confidence: float
    group: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the confidence rounded to four digits as everywhere it is shown."""
        return {"code": self.code, "title": self.title, "confidence": round(self.confidence, 4), "group": self.group}


@dataclass(frozen=True, slots=True)
class Responsible:
    """A body that answers for a topic at a place, with its share in practice, why, and when its answer is due."""

    code: str
    title: str
    confidence: float
    reasons: tuple[str, ...]
    deadline: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values ready for JSON."""
        return {
            "code": self.code,
            "title": self.title,
            "confidence": round(self.confidence, 4),
            "reasons": list(self.reasons),
            "deadline": self.deadline.isoformat() if self.deadline else None,
        }


NO_TOPIC = Choice("", "Тема не определена", 0.0)
NO_AUTHORITY = Choice("", "Орган не определён", 0.0)


@dataclass(frozen=True, slots=True)
class Urgency:
    """How soon a message must be seen to: 0 as usual, 1 before others, 2 today, 3 at once.

    `words`: what raised it, as written in the text; `notify`: whom to tell besides the body, in Russian.
    """

    level: int = 0
    words: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values ready for JSON."""
        return {"level": self.level, "words": list(self.words), "notify": list(self.notify)}


NOT_URGENT = Urgency()
Span = tuple[int, int]
"""Characters [start, stop) of the original text."""


class Part(Protocol):
    """A question of a message with several: a decision of its own."""

    @property
    def topic(self) -> Choice: ...
    @property
    def authority(self) -> Choice: ...
    @property
    def action(self) -> Action: ...
    @property
    def deadline(self) -> datetime | None: ...
    @property
    def span(self) -> Span | None: ...
    def to_dict(self) -> dict[str, Any]: ...


# Not frozen: that would triple the time it takes to make one, and a decision makes its own.
@dataclass(slots=True, unsafe_hash=True)
class Record:
    """The values of a decision: plain, hashable, to be pickled. `Decision` says what each means."""

    topics: tuple[Choice, ...]
    authorities: tuple[Choice, ...]
    action: Action
    reasons: tuple[str, ...]
    territory: str = ""
    deadline: datetime | None = None
    appeal_id: str | None = None
    outcome: Outcome = "decided"
    due: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    unknown_words: float = 0.0
    kind: Kind = "complaint"
    kind_confidence: float = 0.0
    urgency: Urgency = NOT_URGENT
    gist: str = ""
    gist_spans: tuple[Span, ...] = ()
    ask: str = ""
    vulnerable: tuple[str, ...] = ()
    span: Span | None = None
    parts: tuple[Part, ...] = ()
