"""What the journal takes and gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.region.region import Region

PEOPLE = "люди"
"""Stands where a model's name would for what people decided."""
ZONE = ZoneInfo("Europe/Moscow")

Texts = Literal["hash", "masked", "full"]
"""What is kept of texts: nothing but a hash, the text with personal data masked, or the whole text for some days."""

Taking = Literal["written", "same", "missing"]
"""What became of a correction: it was written, said nothing new, or its message is not in the journal."""

KINDS_BY_LEVEL = {
    "regional": "областной орган",
    "municipal": "муниципалитет",
    "federal": "федеральный орган",
    "institution": "учреждение",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of a message, by a model or by people: titles, as operators see them."""

    topic: str = ""
    topic_group: str = ""
    authority: str = ""
    model: str = PEOPLE
    topic_confidence: float | None = None
    authority_confidence: float | None = None
    action: str = ""
    due: datetime | None = None
    unknown_words: float | None = None
    urgency: int = 0
    kind: str = ""

    @classmethod
    def of(cls, decision: Decision, model: str) -> Self:
        """The verdict of a decision; `model`: the name and version of what decided.

        Rounded as in tables, so that a message has one verdict whichever way it came.
        """
        named = decision.topic.code != ""
        return cls(
            decision.topic.title if named else "",
            decision.topic.group,
            decision.authority.title if decision.authority.code else "",
            model,
            round(decision.topic.confidence, 4),
            round(decision.authority.confidence, 4),
            decision.action,
            decision.deadline.replace(second=0, microsecond=0) if decision.deadline else None,
            round(decision.unknown_words, 4),
            decision.urgency.level,
            decision.kind,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the journal takes it.

    `territory`: where it was decided to be; the appeal's own if empty. `direct`: left directly on an account of an
    authority; if None, it is when the account is among those the journal knows. `routed`: when it was decided;
    `answered`: when the first answer went out; `closed`: when the matter was settled, which is later.
    `answer`: what was answered, kept as the text is.
    """

    appeal: Appeal
    verdict: Verdict | None = None
    territory: str = ""
    direct: bool | None = None
    routed: datetime | None = None
    answered: datetime | None = None
    closed: datetime | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What an operator says a message is about and who answers; None where the decision was right. `author`: who."""

    appeal: Appeal
    topic: str | None = None
    authority: str | None = None
    author: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What a person said of a message, when and who; titles are "" where they agreed with the decision.

    `undone`: when it was taken back; None if it stands.
    """

    made: datetime | None
    author: str
    topic: str
    authority: str
    comment: str
    undone: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A page on which people may write: its address, the title of its owner and what kind of body that is."""

    address: str
    owner: str
    kind: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A kept text with what people said of it; "" where nothing. `corrected`: a model had said something else."""

    text: str
    topic: str
    authority: str
    corrected: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal says of a message: titles that stand now, moments by the region's clock, None if not known.

    `answered`: when it was answered or, where only that is known, closed.
    """

    number: str
    topic: str
    authority: str
    received: datetime | None
    due: datetime | None
    answered: datetime | None


def region_accounts(region: Region) -> Iterator[Account]:
    """Accounts of a region's table, with the title of the owner and what kind of body it is."""
    kinds = region.catalog.institution_kinds
    for address, code in region.accounts.items():
        owner = region.authorities[code]
        yield Account(address, owner.title, kinds[owner.kind].title if owner.kind else KINDS_BY_LEVEL[owner.level])
