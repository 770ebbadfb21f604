"""Incidents of a journal: a message in, its incident out; everything is in the journal's file at once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.errors import JournalError
from tsur_nlp.incidents.index import Index
from tsur_nlp.incidents.listing import Incident, incidents_of
from tsur_nlp.incidents.signature import Said, Signature, keyed_hasher, signature
from tsur_nlp.journal.store import CHUNK, Journal
from tsur_nlp.region.region import Region

DAYS = 14
"""How long after the last message of an incident another one may still join it."""
LIKELY, LEAST_LIKELY = 3, 0.08
"""So many topics of a decision are compared, those of at least this confidence."""


@dataclass(frozen=True, slots=True)
class _Message:
    """A message on its way: its key in the journal and what stands for it."""

    key: bytes
    number: str | None
    received: int
    text: str
    said: Said


class Incidents:
    """The incidents of a journal, going on from where the journal's file left off.

    Messages are best given in the order in which they came; one that comes late joins what was going on in its time.
    `region`: tells a place that was only assumed from a known one. `days`: see DAYS. One process at a time adds.
    """

    def __init__(self, journal: Journal, region: Region | None = None, days: int = DAYS):
        self._journal = journal
        self._assumed = {region.territories[code].title for code in (region.capital, region.root)} if region else set()
        self._window = int(timedelta(days=days).total_seconds())
        self._hashed = keyed_hasher(dict(journal.query("SELECT name, value FROM settings"))["salt"])
        self._index = Index(self._window)
        newest = journal.query("SELECT max(received) FROM incident_messages").fetchone()[0]
        self._since = newest if newest is not None else 0
        self._restore(self._since)

    # --------------------------------------------------------------------------
    #   Messages in
    # --------------------------------------------------------------------------

    def add(self, appeal: Appeal, decision: Decision) -> Incident | None:
        """The incident that a message belongs to, with the message in it; None for what is about no incident.

        A message that was added before stays where it is. Written to the disk when this returns: for many messages
        `add_many` is faster. Raises JournalError.
        """
        return next(self.add_many([(appeal, decision)]))

    def add_many(self, messages: Iterable[tuple[Appeal, Decision]]) -> Iterator[Incident | None]:
        """The same for many messages, a thousand in one transaction."""
        stream = iter(messages)
        while chunk := list(islice(stream, CHUNK)):
            joined = self._write([self._message(appeal, decision) for appeal, decision in chunk])
            shown = incidents_of(self._journal, {number for number in joined if number is not None})
            yield from (None if number is None else shown[number] for number in joined)

    def catch_up(self) -> int:
        """Take the journal's messages that are not in any incident yet, the oldest first; how many.

        Only messages with a kept text and a moment; run again, it goes on where it stopped. Raises JournalError where
        no texts are kept.
        """
        if self._journal.texts == "hash":
            raise JournalError(
                f"{self._journal.file.name}: журнал хранит только хеши текстов, собирать инциденты не из чего; "
                "нужен журнал с --keep-texts masked или full"
            )
        taken = 0
        for chunk in self._waiting():
            taken += sum(number is not None for number in self._write(chunk))
        return taken

    # --------------------------------------------------------------------------
    #   Within
    # --------------------------------------------------------------------------

    def _message(self, appeal: Appeal, decision: Decision) -> _Message | None:
        if not _counts(decision.kind, decision.action):
            return None
        received = self._journal.seconds(appeal.created or datetime.now(self._journal.zone))
        assert received is not None
        topic = decision.topic
        said = Said(
            topic.title if topic.code else "",
            topic.group,
            decision.authority.title if decision.authority.code else "",
            decision.territory or appeal.territory or "",
            decision.territory not in self._assumed,
            appeal.thread or "",
            decision.kind == "support",
            tuple(one.title for one in decision.topics[:LIKELY] if one.code and one.confidence >= LEAST_LIKELY),
            topic.confidence if topic.code else 0.0,
        )
        return _Message(self._journal.key(appeal, Counter()), appeal.id, received, appeal.text, said)

    def _waiting(self) -> Iterator[list[_Message]]:
        """Messages of the journal that are not in any incident, a chunk at a time."""
        query = """
            SELECT key, number, received, text, coalesce(right_topic, topic), coalesce(right_authority, authority),
                   territory, thread, coalesce(kind, ''), coalesce(action, ''), id,
                   CASE WHEN by_people OR right_topic IS NOT NULL THEN 1.0 ELSE
                   (SELECT max(topic_confidence) FROM decisions AS d WHERE d.message = messages.id) END
            FROM messages WHERE text IS NOT NULL AND received IS NOT NULL AND (received, id) > (?, ?)
                AND NOT EXISTS (SELECT 1 FROM incident_messages AS i WHERE i.key = messages.key)
            ORDER BY received, id LIMIT ?
        """
        titles = self._journal.titles()
        groups = dict(self._journal.query("SELECT id, topic_group FROM terms WHERE kind = 'topic'"))
        after: tuple[int, int] = (-(2**62), 0)
        while rows := self._journal.query(query, *after, CHUNK).fetchall():
            after = rows[-1][2], rows[-1][10]
            chunk = []
            for key, number, received, text, topic, authority, territory, thread, kind, action, _, sure in rows:
                if _counts(kind, action):
                    said = Said(
                        titles.get(topic, ""),
                        groups.get(topic, ""),
                        titles.get(authority, ""),
                        titles.get(territory, ""),
                        titles.get(territory, "") not in self._assumed,
                        thread or "",
                        kind == "support",
                        confidence=sure or 0.0,
                    )
                    chunk.append(_Message(key, number, received, text, said))
            yield chunk

    def _write(self, messages: Sequence[_Message | None]) -> list[int | None]:
        """The incidents of messages, in one transaction; if it fails, the index is read again."""
        ready = [None if one is None else (one, *signature(one.text, one.said, self._hashed)) for one in messages]
        early = min((one.received for one in messages if one is not None), default=self._since)
        if early < self._since:
            self._restore(early)
        try:
            with self._journal.transaction():
                joined = [None if one is None else self._join(*one) for one in ready]
        except BaseException:
            self._restore(self._since)
            raise
        self._forget(early)
        return joined

    def _join(self, message: _Message, one: Signature, place: Any) -> int | None:
        query = self._journal.query
        known = query("SELECT incident FROM incident_messages WHERE key = ?", message.key).fetchone()
        if known is not None:
            return int(known[0])
        number = self._index.find(one, message.received)
        if number is None:
            if one.support:
                return None
            number = self._open(message, place.shown)
        else:
            query(
                "UPDATE incidents SET first = min(first, ?1), last = max(last, ?1), messages = messages + 1 "
                "WHERE id = ?2",
                message.received,
                number,
            )
        query(
            "INSERT INTO incident_messages (key, incident, number, received, signature) VALUES (?, ?, ?, ?, ?)",
            message.key,
            number,
            message.number,
            message.received,
            one.pack(),
        )
        self._index.take(number, one, message.received)
        return number

    def _open(self, message: _Message, place: str) -> int:
        """A new incident of one message."""
        term, said = self._journal.term, message.said
        # A journal that keeps no texts keeps no piece of them either.
        shown = "" if self._journal.texts == "hash" else place
        terms = term("topic", said.topic, said.group), term("authority", said.authority)
        territory = term("territory", said.territory if said.known else "")
        self._journal.query(
            "INSERT INTO incidents (topic, authority, territory, place, first, last, messages) "
            "VALUES (?, ?, ?, ?, ?, ?, 1)",
            *terms,
            territory,
            shown,
            message.received,
            message.received,
        )
        return int(self._journal.query("SELECT last_insert_rowid()").fetchone()[0])

    def _restore(self, since: int) -> None:
        """Read from the journal all incidents that a message from this moment on may join."""
        self._index = Index(self._window)
        query = """
            SELECT incident, signature, m.received FROM incident_messages AS m JOIN incidents AS i ON i.id = m.incident
            WHERE i.last >= ? ORDER BY m.id
        """
        for number, packed, received in self._journal.query(query, since - self._window):
            self._index.take(number, Signature.unpack(packed), received)
        self._since = since

    def _forget(self, moment: int) -> None:
        """Messages come in order, give or take a chunk: what is older by a whole window is not kept in memory."""
        if moment - self._window > self._since:
            self._index.drop_before(moment)
            self._since = moment


def _counts(kind: str, action: str) -> bool:
    """Whether a message may be about an incident."""
    return action != "not_an_appeal" or kind == "support"
