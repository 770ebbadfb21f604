"""A message and what the library says of it now, as the pages show it."""

from dataclasses import dataclass, replace
from datetime import datetime

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.errors import TsurError
from tsur_nlp.journal.listing import Message
from tsur_nlp.router import Router
from tsur_nlp.service.pages.highlighting import Piece, pieces

OFFERED = 5
"""Topics that a key chooses."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A topic to choose: how sure the model is of it (0 … 1, None if it is only what stands now), and who answers."""

    topic: str
    confidence: float | None
    authority: str


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a message with several."""

    text: str
    topic: str
    authority: str
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision with its text in pieces, what may be chosen instead, and its parts side by side."""

    decision: Decision
    pieces: list[Piece]
    offers: list[Offer]
    parts: list[Part]


def look(router: Router, appeal: Appeal, message: Message | None = None) -> Shown:
    """What the library says of an appeal; of a message of the journal, what stands for it comes first."""
    decision = router.route(appeal)
    return Shown(
        decision,
        pieces(appeal.text, decision),
        _offers(router, decision, message),
        [
            Part(
                appeal.text[slice(*part.span)] if part.span else "",
                part.topic.title,
                part.authority.title,
                part.deadline,
            )
            for part in decision.parts
        ],
    )


def appeal_of(message: Message) -> Appeal:
    """The appeal that a message of the journal was."""
    return Appeal(
        message.text,
        message.number or None,
        message.channel or None,
        message.account or None,
        message.territory or None,
        message.received,
    )


def who_answers(router: Router, topic: str, territory: str, channel: str = "") -> str:
    """The title of the body that answers for a topic at a place, "" if that can't be told."""
    for place in (territory, ""):
        try:
            return router.responsible(topic, place or None, None, channel or None)[0].title
        except TsurError:
            continue
    return ""


def _offers(router: Router, decision: Decision, message: Message | None) -> list[Offer]:
    channel = message.channel if message else ""
    territory = message.territory if message else decision.territory
    offers = [
        Offer(choice.title, choice.confidence, who_answers(router, choice.title, territory, channel))
        for choice in decision.topics[:OFFERED]
        if choice.code
    ]
    if message is None or not message.topic:
        return offers
    standing = next((one for one in offers if one.topic == message.topic), Offer(message.topic, None, ""))
    rest = [one for one in offers if one.topic != message.topic]
    return [replace(standing, authority=message.authority), *rest][:OFFERED]
