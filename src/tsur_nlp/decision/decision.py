"""Decision: what the library says of an appeal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, Protocol

from tsur_nlp.decision.explanation import Explanation

Action = Literal["auto", "review", "redirect", "not_an_appeal"]
"""auto: sure enough to go by itself; review: a person looks first; redirect: left on the account of a
body that does not answer for it; not_an_appeal: nothing in it to answer."""


Outcome = Literal["decided", "insufficient_information", "outside_competence"]
"""decided: there is an answer, sure or not; insufficient_information: too little text to know;
outside_competence: a bank, a shop, a federal body answers, not the region."""


@dataclass(frozen=True, slots=True)
class Choice:
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


NO_TOPIC = Choice("", "Тема не определена", 0.0)
NO_AUTHORITY = Choice("", "Орган не определён", 0.0)


class Basis(Protocol):
    """What a decision was made from; asked only when more is wanted than the decision holds."""

    def topics_set(self, coverage: float) -> tuple[Choice, ...]: ...
    def explain(self) -> Explanation: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """The topic, the authority and what to do, best first, with reasons in Russian.

    `topics`, `authorities`: candidates in falling order of confidence, at least one each.
    `territory`: the title of the place the answer was resolved for, empty if unknown.
    `deadline`: when the answer is due; None without a region or with a channel it does not know.
    `due`: each step of the channel (reaction, registration, forwarding, answer) and when it is due.
    `unknown_words`: the share (0 … 1) of the text's words that the model never met; it grows as a model grows old.

    Hashable. A pickled decision leaves its basis behind: it can be read anywhere, and no longer explained.
    """

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
    basis: Basis | None = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Decision, tuple(getattr(self, one.name) for one in fields(self) if one.name != "basis")

    def to_dict(self) -> dict[str, Any]:
        """Plain values ready for JSON: moments in ISO 8601, confidences rounded to four digits."""
        return {
            "id": self.appeal_id,
            "topic": self.topic.to_dict(),
            "topics": [choice.to_dict() for choice in self.topics],
            "authority": self.authority.to_dict(),
            "authorities": [choice.to_dict() for choice in self.authorities],
            "action": self.action,
            "outcome": self.outcome,
            "reasons": list(self.reasons),
            "territory": self.territory,
            "deadline": self.deadline.isoformat() if self.deadline else None,
            "due": {step: moment.isoformat() for step, moment in self.due.items()},
        }

    @property
    def topic(self) -> Choice:
        return self.topics[0]

    @property
    def authority(self) -> Choice:
        return self.authorities[0]

    def topics_set(self, coverage: float = 0.9) -> tuple[Choice, ...]:
        """The smallest set of topics that holds the right one in at least this share of cases, best first.

        Split conformal prediction (Vovk, Gammerman, Shafer, «Algorithmic Learning in a Random World», 2005) on
        the out-of-fold scores of the training texts; the promise is for texts like those. Empty for what is not
        an appeal. Raises ValueError for a coverage the model can't promise.
        """
        return self.basis.topics_set(coverage) if self.basis else ()

    def explain(self) -> Explanation:
        """The words that spoke for and against the topic. Raises ValueError for what is not an appeal."""
        if self.basis is None:
            raise ValueError("объяснять нечего: в сообщении нет темы")
        return self.basis.explain()
