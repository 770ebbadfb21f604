"""What is to be told to another system: written with the message itself, kept until it was taken there.

Urgent messages get here by triggers of the file (schema.py), whoever writes them, once `tell_urgent` was called;
surges when they are looked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tsur_nlp.journal.overview import Rise
from tsur_nlp.journal.store import Journal

LONGEST_PAUSE = 3600
"""Seconds between two tries at most."""
FIRST_PAUSE = 5
BETWEEN_SURGES = timedelta(days=7)
"""A surge lasts: it is told once, and again only if the topic still surges a week later."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell: its number, the same at every try, what it is, and of which message."""

    id: int
    event: str
    message: int
    tries: int


def tell_urgent(journal: Journal, level: int | None) -> None:
    """From now on urgent messages of this level (1 … 3) and above are to be told; None: no more of them."""
    with journal.transaction():
        if level is None:
            journal.query("DELETE FROM settings WHERE name = 'urgent_from'")
        else:
            journal.query("INSERT OR REPLACE INTO settings VALUES ('urgent_from', ?)", level)


def tell_surges(journal: Journal, rises: Iterable[Rise]) -> int:
    """Put topics that surge into the outbox, each at most once a week, with its last message; how many are new."""
    now = datetime.now(journal.zone)
    since = journal.seconds(now - BETWEEN_SURGES)
    count = 0
    with journal.transaction():
        for rise in rises:
            name = f"surge told: {rise.topic}"
            if journal.query("SELECT 1 FROM settings WHERE name = ? AND value > ?", name, since).fetchone():
                continue
            journal.query("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, journal.seconds(now))
            count += journal.query(
                "INSERT INTO outbox (message, event) SELECT id, 'surge' FROM messages "
                "WHERE coalesce(right_topic, topic) = (SELECT id FROM terms WHERE kind = 'topic' AND title = ?) "
                "ORDER BY received DESC, id DESC LIMIT 1",
                rise.topic,
            ).rowcount
    return count


def claim(journal: Journal, seconds: float) -> Told | None:
    """The next thing to tell; for so many seconds nobody else gets it. None if nothing is due."""
    now = datetime.now(journal.zone)
    with journal.transaction():
        row = journal.query(
            "SELECT id, event, message, tries FROM outbox WHERE next <= ? ORDER BY next, id LIMIT 1",
            journal.seconds(now),
        ).fetchone()
        if row is None:
            return None
        until = journal.seconds(now + timedelta(seconds=seconds))
        journal.query("UPDATE outbox SET next = ?, tries = tries + 1 WHERE id = ?", until, row[0])
    return Told(*row)


def taken(journal: Journal, told: Told) -> None:
    """It was told: it need not be told again."""
    with journal.transaction():
        journal.query("DELETE FROM outbox WHERE id = ?", told.id)


def put_off(journal: Journal, told: Told) -> None:
    """It could not be told: try later, each time after twice as long."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(told.tries, 20))
    with journal.transaction():
        until = journal.seconds(datetime.now(journal.zone) + timedelta(seconds=pause))
        journal.query("UPDATE outbox SET next = ? WHERE id = ?", until, told.id)


def waiting(journal: Journal) -> int:
    """How many things are still to be told."""
    return int(journal.query("SELECT count(*) FROM outbox").fetchone()[0])
