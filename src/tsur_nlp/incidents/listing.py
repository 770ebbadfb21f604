"""Incidents of a journal as people read them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from tsur_nlp.journal.store import Journal


@dataclass(frozen=True, slots=True)
class Incident:
    """One matter and how many wrote of it. `title`: its topic; `place`: the territory and what the text names;
    `first`, `last`: when its messages came, by the region's clock. Who wrote: `members`."""

    id: int
    title: str
    place: str
    authority: str
    first: datetime
    last: datetime
    messages: int


SELECT = "SELECT id, topic, territory, place, authority, first, last, messages FROM incidents"


def incidents_of(journal: Journal, numbers: Collection[int]) -> dict[int, Incident]:
    """Incidents by their numbers, at most some thousands."""
    marks = ", ".join("?" * len(numbers))
    return {one.id: one for one in _incidents(journal, f"{SELECT} WHERE id IN ({marks})", *numbers)}


def listed_incidents(journal: Journal, since: datetime | None = None, fewest: int = 1) -> Iterator[Incident]:
    """Incidents with a message since a moment, of at least so many messages, the largest first."""
    moment = journal.seconds(since) if since else None
    query = f"{SELECT} WHERE last >= ? AND messages >= ? ORDER BY messages DESC, last DESC, id"
    return _incidents(journal, query, -(2**62) if moment is None else moment, fewest)


def members(journal: Journal, number: int) -> list[str]:
    """Numbers in the host's system of the messages of an incident, the first first; "" for those without one."""
    query = "SELECT coalesce(number, '') FROM incident_messages WHERE incident = ? ORDER BY received, id"
    return [found for (found,) in journal.query(query, number)]


def _incidents(journal: Journal, query: str, *values: object) -> Iterator[Incident]:
    titles = journal.titles()
    for number, topic, territory, place, authority, first, last, messages in journal.query(query, *values):
        places = [part for part in (titles.get(territory, ""), place) if part]
        if len(places) == 2 and places[1].lower()[:5] in places[0].lower():
            places.pop()
        begun, ended = journal.moment(first), journal.moment(last)
        assert begun is not None
        assert ended is not None
        title, body = titles.get(topic, ""), titles.get(authority, "")
        yield Incident(number, title, ", ".join(places), body, begun, ended, messages)
