"""A queue that several people work off: who looks at what, what they said, and taking it back.

A message is taken for some minutes. Whoever answers after that is heard unless another took it meanwhile: what was
clicked is either written, or refused with the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.errors import JournalError
from tsur_nlp.journal.records import Correction
from tsur_nlp.journal.store import Journal

MINUTES = 10
"""How long a message is taken for if nothing is said."""
UNDONE_WITHIN = timedelta(hours=12)
"""How long what a person said may be taken back: a working day."""
NOT_THERE = "такого сообщения в журнале нет; вернитесь к очереди"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who looks at a message, and until when nobody else may."""

    message: int
    author: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """The last thing that a person said: the number of the correction, its message and the titles given."""

    correction: int
    message: int
    topic: str
    authority: str


class UnknownMessageError(JournalError):
    """The journal does not have the message."""


class TakenError(JournalError):
    """Another person looks at the message, or has answered it."""


def take(journal: Journal, message: int, author: str, minutes: float = MINUTES) -> Lease:
    """Take a message for some minutes and give back what one had; or find who has it. Raises UnknownMessageError."""
    with journal.transaction():
        _check_there(journal, message)
        holder = _holder(journal, message)
        if holder is not None and holder.author != author:
            return holder
        until = datetime.now(journal.zone) + timedelta(minutes=minutes)
        journal.query("DELETE FROM leases WHERE author = ?", author)
        journal.query("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", message, author, journal.seconds(until))
    return Lease(message, author, until)


def let_go(journal: Journal, message: int, author: str | None) -> None:
    """Give a message back before its time; `author` None: whoever has it."""
    with journal.transaction():
        journal.query("DELETE FROM leases WHERE message = ? AND author = coalesce(?, author)", message, author)


def holders(journal: Journal, messages: Iterable[int]) -> dict[int, Lease]:
    """Who looks at which of these messages now."""
    now = journal.seconds(datetime.now(journal.zone))
    wanted = set(messages)
    found = journal.query("SELECT message, author, until FROM leases WHERE until > ?", now)
    return {one.message: one for one in (_lease(journal, row) for row in found) if one.message in wanted}


def settle(
    journal: Journal, message: int, topic: str, authority: str, author: str, comment: str = "", seen: int = 0
) -> None:
    """Write what is right for a message, whether it was decided so or not; titles, "" where nobody can say.

    `seen`: the last correction of it that the person saw. Saying the same once more does nothing: so a click may be
    repeated after a restart. Raises TakenError if another has the message or answered it meanwhile,
    UnknownMessageError if the journal does not have it.
    """
    now = datetime.now(journal.zone)
    with journal.transaction():
        _check_there(journal, message)
        holder = _holder(journal, message)
        if holder is not None and holder.author != author:
            raise TakenError(f"сообщение взял другой сотрудник: {holder.author}, до {holder.until:%H:%M}")
        last = journal.query(
            "SELECT id, author FROM corrections WHERE message = ? AND undone IS NULL ORDER BY id DESC LIMIT 1", message
        ).fetchone()
        if last is not None and last[0] > seen and last[1] != author:
            raise TakenError(f"на сообщение уже ответил другой сотрудник: {last[1]}")
        correction = Correction(Appeal(""), topic or None, authority or None, author, comment)
        journal.correct_message(message, correction, journal.seconds(now))
        journal.query("DELETE FROM leases WHERE message = ?", message)


def last_done(journal: Journal, author: str) -> Done | None:
    """The last thing that a person said and may take back; None if there is nothing, or others spoke after it."""
    since = journal.seconds(datetime.now(journal.zone) - UNDONE_WITHIN)
    row = journal.query(
        "SELECT id, message, topic, authority FROM corrections "
        "WHERE author = ? AND undone IS NULL AND made >= ? ORDER BY id DESC LIMIT 1",
        author,
        since,
    ).fetchone()
    if row is None:
        return None
    later = "SELECT 1 FROM corrections WHERE message = ? AND id > ? AND undone IS NULL"
    if journal.query(later, row[1], row[0]).fetchone():
        return None
    titles = journal.titles()
    return Done(row[0], row[1], titles.get(row[2], ""), titles.get(row[3], ""))


def undo(journal: Journal, author: str, correction: int) -> int | None:
    """Take back the last thing that a person said; its message, which is theirs again. None if it was not the last."""
    until = journal.seconds(datetime.now(journal.zone) + timedelta(minutes=MINUTES))
    with journal.transaction():
        done = last_done(journal, author)
        if done is None or done.correction != correction:
            return None
        journal.undo(done.correction)
        holder = _holder(journal, done.message)
        if holder is None or holder.author == author:
            journal.query("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", done.message, author, until)
    return done.message


def last_correction(journal: Journal, message: int) -> int:
    """The number of the last correction of a message that stands, 0 if there is none."""
    query = "SELECT coalesce(max(id), 0) FROM corrections WHERE message = ? AND undone IS NULL"
    return int(journal.query(query, message).fetchone()[0])


def numbered(journal: Journal, number: str) -> int | None:
    """The message that has this number in the host's system, the last one if several have it."""
    row = journal.query("SELECT max(id) FROM messages WHERE number = ?", number).fetchone()
    return None if row[0] is None else int(row[0])


def _check_there(journal: Journal, message: int) -> None:
    if journal.query("SELECT 1 FROM messages WHERE id = ?", message).fetchone() is None:
        raise UnknownMessageError(NOT_THERE)


def _holder(journal: Journal, message: int) -> Lease | None:
    now = journal.seconds(datetime.now(journal.zone))
    row = journal.query("SELECT message, author, until FROM leases WHERE message = ? AND until > ?", message, now)
    found = row.fetchone()
    return None if found is None else _lease(journal, found)


def _lease(journal: Journal, row: tuple[int, str, int]) -> Lease:
    until = journal.moment(row[2])
    assert until is not None
    return Lease(row[0], row[1], until)
