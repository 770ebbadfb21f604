"""The queue: what a person sees of it, and what becomes of a click."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tsur_nlp.journal.listing import Message, Page, Wanted, alike, listed, message, named_terms, topic_groups
from tsur_nlp.journal.queue import Done, Lease, holders, last_correction, last_done, take
from tsur_nlp.journal.records import Review
from tsur_nlp.journal.store import Journal
from tsur_nlp.router import Router
from tsur_nlp.service.pages.highlighting import telling_words
from tsur_nlp.service.pages.shown import Shown, appeal_of, look
from tsur_nlp.service.staff import Person

PAGE = 50
NOTHING = Page((), 0)
ANY = "all"
"""Stands in the filter of actions for all of them; without any choice only what is to be looked at is shown."""
FILTERS = ("action", "group", "authority", "territory", "channel", "topic", "overdue", "q", "seen")
NO_TEXTS = (
    "Очередь пуста: этот журнал хранит только хеши текстов. Чтобы читать сообщения здесь, заведите журнал "
    "с --keep-texts masked (без личных данных) или full (целиком, на время)."
)
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked to see: filters by their names in the address, the page, the message (0: the next one)."""

    filters: Mapping[str, str]
    page: int = 1
    message: int = 0
    following: bool = False

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Asked":
        filters = {name: values[name].strip()[:LONGEST_SEARCH] for name in FILTERS if values.get(name, "").strip()}
        number = values.get("m", "") or values.get("next", "")
        page = values.get("page", "")
        return cls(
            filters,
            max(1, int(page)) if page.isdecimal() and len(page) < 8 else 1,
            int(number) if number.isdecimal() and len(number) < 16 else 0,
            not values.get("m"),
        )

    def wanted(self, now: datetime) -> Wanted:
        chosen = self.filters
        action = chosen.get("action", "review")
        return Wanted(
            action="" if action == ANY else action,
            group=chosen.get("group", ""),
            topic=chosen.get("topic", ""),
            authority=chosen.get("authority", ""),
            territory=chosen.get("territory", ""),
            channel=chosen.get("channel", ""),
            reviewed=None if chosen.get("seen") else False,
            overdue=now if chosen.get("overdue") else None,
            words=chosen.get("q", ""),
        )


@dataclass(slots=True)
class View:
    """What the page of the queue shows. `trouble`: why there is nothing; `lease`: who has the chosen message."""

    asked: Asked
    now: datetime
    page: Page = NOTHING
    trouble: str = ""
    groups: tuple[str, ...] = ()
    terms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    held: dict[int, Lease] = field(default_factory=dict)
    chosen: Message | None = None
    lease: Lease | None = None
    seen: int = 0
    reviews: list[Review] = field(default_factory=list)
    similar: tuple[Message, ...] = ()
    shown: Shown | None = None
    done: Done | None = None
    texts: str = "masked"

    @property
    def pages(self) -> int:
        return max(1, -(-self.page.total // PAGE))

    @property
    def following(self) -> int:
        """The message after the chosen one, 0 if it is the last of the page."""
        numbers = [one.id for one in self.page.messages]
        if self.chosen is None or self.chosen.id not in numbers:
            return 0
        after = numbers[numbers.index(self.chosen.id) + 1 :]
        return next((number for number in after if number not in self.held), 0)


def view(journal: Journal, router: Router, asked: Asked, person: Person) -> View:
    """The queue as it stands; the chosen message is taken for whoever may answer. Raises JournalError."""
    now = datetime.now(journal.zone)
    found = View(asked, now, texts=journal.texts)
    if journal.texts == "hash":
        found.trouble = NO_TEXTS
        return found
    found.groups = topic_groups(journal)
    found.terms = {kind: named_terms(journal, kind) for kind in ("authority", "territory", "channel")}
    found.page = listed(journal, asked.wanted(now), PAGE, (asked.page - 1) * PAGE)
    found.held = {
        number: lease
        for number, lease in holders(journal, (one.id for one in found.page.messages)).items()
        if lease.author != person.name
    }
    found.chosen = _chosen(journal, found)
    if found.chosen is not None:
        _fill(journal, router, found, person)
    found.done = last_done(journal, person.name) if person.answers else None
    return found


def _chosen(journal: Journal, found: View) -> Message | None:
    asked = found.asked
    if asked.message:
        one = message(journal, asked.message)
        # After an answer the next one is meant, not one that another has taken meanwhile.
        if one is not None and not (asked.following and (one.reviewed or one.id in found.held)):
            return one
    return next((one for one in found.page.messages if one.id not in found.held), None)


def _fill(journal: Journal, router: Router, found: View, person: Person) -> None:
    chosen = found.chosen
    assert chosen is not None
    if person.answers:
        found.lease = take(journal, chosen.id, person.name)
    found.seen = last_correction(journal, chosen.id)
    found.reviews = journal.reviews(chosen.id)
    appeal = appeal_of(chosen)
    found.shown = look(router, appeal, chosen)
    found.similar = alike(journal, chosen.id, telling_words(chosen.text, found.shown.decision))


def values_of(form: Mapping[str, Any]) -> tuple[str, str, str]:
    """Topic, authority and comment of a form; what was written by hand counts before what was picked."""

    def value(name: str) -> str:
        found = form.get(name, "")
        return found.strip() if isinstance(found, str) else ""

    return value("right_other") or value("right_topic"), value("right_authority"), value("comment")[:1000]
