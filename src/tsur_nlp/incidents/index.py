"""Incidents that are going on, found by what their messages say: names, numbers, near copies, topics of an area."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from tsur_nlp.incidents.matching import Place, likeness, place_relation
from tsur_nlp.incidents.signature import Signature, bands

KEPT = 3
"""Messages that stand for an incident: its first ones and its last one."""
MOST = 8
"""Incidents looked at for one key, those with the latest messages: so a message costs the same however many came."""

Key = tuple[str, int, int] | bytes


@dataclass(slots=True)
class Live:
    """An incident as the index keeps it; moments in seconds of the journal."""

    id: int
    first: int
    last: int
    messages: int = 0
    kept: list[Signature] = field(default_factory=list)

    def likeness(self, one: Signature) -> float:
        """That of the message nearest to it; 0 if it contradicts the place of any."""
        best = 0.0
        for kept in self.kept:
            place = place_relation(one, kept)
            if place is Place.CONFLICT:
                return 0.0
            best = max(best, likeness(one, kept, place))
        return best

    def take(self, one: Signature, received: int) -> None:
        """Add a message to the incident."""
        self.first, self.last = min(self.first, received), max(self.last, received)
        self.messages += 1
        if one.support:
            return
        if len(self.kept) == KEPT:
            self.kept.pop()
        self.kept.append(one)


class Index:
    """Looks a message's incident up. `window`: seconds between a message and the nearest one of its incident.

    What it finds depends only on the messages taken and their order, not on when old ones were dropped.
    """

    def __init__(self, window: int):
        self._window = window
        self.live: dict[int, Live] = {}
        self._by_key: defaultdict[Key, dict[int, None]] = defaultdict(dict)

    def find(self, one: Signature, received: int) -> int | None:
        """The incident of a message, None if it is the first of its own."""
        if one.support and one.thread:
            return next(self._at(("thread", one.thread, 0), received), None)
        candidates = dict.fromkeys(number for key in _sought(one) for number in islice(self._at(key, received), MOST))
        best, likest = None, 0.0
        for number in candidates:
            like = self.live[number].likeness(one)
            if like > likest:
                best, likest = number, like
        return best

    def take(self, number: int, one: Signature, received: int) -> None:
        """A message belongs to an incident, a new one if the number is."""
        incident = self.live.get(number)
        if incident is None:
            incident = self.live[number] = Live(number, received, received)
        incident.take(one, received)
        for key in _keys(one):
            numbers = self._by_key[key]
            numbers.pop(number, None)
            numbers[number] = None

    def drop_before(self, moment: int) -> None:
        """Forget incidents that no message from this moment on can join."""
        gone = {number for number, one in self.live.items() if one.last + self._window < moment}
        if len(gone) * 2 < len(self.live):
            return
        for number in gone:
            del self.live[number]
        for key, numbers in list(self._by_key.items()):
            kept = {number: None for number in numbers if number not in gone}
            if kept:
                self._by_key[key] = kept
            else:
                del self._by_key[key]

    def _at(self, key: Key, received: int) -> Iterator[int]:
        """Incidents of a key that a message of this moment may join, the latest first."""
        for number in reversed(self._by_key.get(key, {})):
            incident = self.live[number]
            if incident.first - self._window <= received <= incident.last + self._window:
                yield number


def _keys(one: Signature) -> Iterator[Key]:
    """What a message is found by."""
    if one.thread:
        yield "thread", one.thread, 0
    if not one.support:
        yield from _places(one, "")
        if not one.houses:
            yield from _places(one, "open ")
        yield from _others(one)


def _sought(one: Signature) -> Iterator[Key]:
    """Where a message is looked for. What names another house of a street is another matter: it is not looked at."""
    yield from _places(one, "open " if one.houses else "")
    yield from _others(one)


def _places(one: Signature, prefix: str) -> Iterator[Key]:
    for kind, hashes in (("street", one.streets), ("numbered", one.numbered), ("name", one.names | one.areas)):
        for value in hashes:
            yield prefix + kind, value, one.topic
            yield prefix + kind, value, 0


def _others(one: Signature) -> Iterator[Key]:
    for value in one.houses:
        yield "house", value, 0
    if one.territory and one.topic:
        yield "area", one.territory, one.topic
    # Copies of a text that names a place are found by the place.
    if not (one.streets or one.numbered or one.names):
        yield from bands(one.lemmas)
