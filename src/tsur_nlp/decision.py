"""Decision: what the library says of an appeal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Action = Literal["auto", "review", "redirect", "not_an_appeal"]
"""auto: sure enough to go by itself; review: a person looks first; redirect: left on the account of a
body that does not answer for it; not_an_appeal: nothing in it to answer."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic or an authority with how sure the library is of it (0 … 1).

    `group` is the title of a topic's group; empty for authorities.
    """

    code: str
    title: str
    confidence: float
    group: str = ""


NO_TOPIC = Choice("", "Тема не определена", 0.0)
NO_AUTHORITY = Choice("", "Орган не определён", 0.0)


@dataclass(frozen=True, slots=True)
class Decision:
    """The topic, the authority and what to do, best first, with reasons in Russian.

    `topics`, `authorities`: candidates in falling order of confidence, at least one each.
    `territory`: the title of the place the answer was resolved for, empty if unknown.
    `deadline`: when the answer is due; None if the moment of writing is not known.
    """

    topics: tuple[Choice, ...]
    authorities: tuple[Choice, ...]
    action: Action
    reasons: tuple[str, ...]
    territory: str = ""
    deadline: datetime | None = None
    appeal_id: str | None = None

    @property
    def topic(self) -> Choice:
        return self.topics[0]

    @property
    def authority(self) -> Choice:
        return self.authorities[0]
