"""Messages of a journal a page at a time: by what stands for them, what is overdue, and the words they hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tsur_nlp.errors import JournalError
from tsur_nlp.journal.schema import lemmas
from tsur_nlp.journal.store import Journal

PAGE = 50
"""Messages on a page if nothing is said."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: titles as the journal has them, "" for any.

    `reviewed`: whether a person has looked at it; None for both. `overdue`: neither answered nor closed by a deadline
    that was before this moment. `words`: all of them stand in the text, in whatever form.
    """

    action: str = ""
    group: str = ""
    topic: str = ""
    authority: str = ""
    territory: str = ""
    channel: str = ""
    reviewed: bool | None = None
    overdue: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message and what stands for it now: what people corrected, else what was decided; "" and None if not known.

    `id`: its number in the journal, `number`: in the host's system. `text`: as it is kept.
    """

    id: int
    number: str
    text: str
    channel: str
    account: str
    territory: str
    received: datetime | None
    due: datetime | None
    answered: datetime | None
    closed: datetime | None
    reviewed: datetime | None
    topic: str
    authority: str
    action: str
    urgency: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages and how many there are in all."""

    messages: tuple[Message, ...]
    total: int


SELECT = """
    SELECT id, coalesce(number, ''), coalesce(text, ''), channel, coalesce(account, ''), territory,
           received, due, answered, closed, reviewed, coalesce(right_topic, topic),
           coalesce(right_authority, authority), coalesce(action, ''), urgency
    FROM messages
"""
TERMS = {
    "topic": "coalesce(right_topic, topic)",
    "authority": "coalesce(right_authority, authority)",
    "territory": "territory",
    "channel": "channel",
}


def listed(journal: Journal, wanted: Wanted, limit: int = PAGE, offset: int = 0) -> Page:
    """The most urgent first, among them the oldest. Raises JournalError for words where no texts are kept."""
    conditions, values = _conditions(journal, wanted)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    total = int(journal.query(f"SELECT count(*) FROM messages {where}", *values).fetchone()[0])
    order = "ORDER BY urgency DESC, received, id LIMIT ? OFFSET ?"
    return Page(tuple(_messages(journal, f"{SELECT} {where} {order}", *values, limit, offset)), total)


def message(journal: Journal, number: int) -> Message | None:
    """The message of a number in the journal; None if there is none."""
    return next(_messages(journal, f"{SELECT} WHERE id = ?", number), None)


def alike(journal: Journal, number: int, words: Sequence[str], limit: int = 5) -> tuple[Message, ...]:
    """Other messages that hold the same telling words, the last first: those with all of them, then with the first two.

    `words`: the most telling first, in any form. None where no texts are kept.
    """
    if journal.texts == "hash":
        return ()
    telling = list(dict.fromkeys(lemmas(" ".join(words)).replace('"', "").split()))
    found: dict[int, Message] = {}
    query = f"{SELECT} WHERE id IN (SELECT rowid FROM search WHERE search MATCH ?) AND id <> ? ORDER BY id DESC LIMIT ?"
    for some in (telling[:3], telling[:2]):
        if len(some) > 1 and len(found) < limit:
            asked = " ".join(f'"{word}"' for word in some)
            found |= {one.id: one for one in _messages(journal, query, asked, number, limit) if one.id not in found}
    return tuple(found.values())[:limit]


def named_terms(journal: Journal, kind: str) -> tuple[str, ...]:
    """Titles of topics, authorities, territories or channels that messages of the journal have, by the alphabet."""
    found = journal.query("SELECT title FROM terms WHERE kind = ? ORDER BY title", kind)
    return tuple(title for (title,) in found)


def topic_groups(journal: Journal) -> tuple[str, ...]:
    """Groups of the topics that messages of the journal have, by the alphabet."""
    query = "SELECT DISTINCT topic_group FROM terms WHERE kind = 'topic' AND topic_group <> '' ORDER BY 1"
    return tuple(title for (title,) in journal.query(query))


def _conditions(journal: Journal, wanted: Wanted) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []

    def where(condition: str, *given: object) -> None:
        conditions.append(condition)
        values.extend(given)

    if wanted.action:
        where("action = ?", wanted.action)
    if wanted.reviewed is not None:
        where(f"reviewed IS {'NOT ' if wanted.reviewed else ''}NULL")
    if wanted.group:
        where(f"{TERMS['topic']} IN (SELECT id FROM terms WHERE kind = 'topic' AND topic_group = ?)", wanted.group)
    for kind, column in TERMS.items():
        if title := getattr(wanted, kind):
            where(f"{column} = (SELECT id FROM terms WHERE kind = ? AND title = ?)", kind, title)
    if wanted.overdue:
        where("coalesce(answered, closed) IS NULL AND due < ?", journal.seconds(wanted.overdue))
    if wanted.words.strip():
        if journal.texts == "hash":
            raise JournalError(f"{journal.file.name}: журнал хранит только хеши текстов, искать слова негде")
        # Each word in quotes, so that nothing of it is taken for the search's own language.
        words = [f'"{word}"' for word in lemmas(wanted.words).replace('"', "").split()]
        where("id IN (SELECT rowid FROM search WHERE search MATCH ?)", " ".join(words) or '""')
    return conditions, values


def _messages(journal: Journal, query: str, *values: object) -> Iterator[Message]:
    titles = journal.titles()
    for row in journal.query(query, *values):
        number, host_number, text, channel, account, territory, *moments, topic, authority, action, urgency = row
        received, due, answered, closed, reviewed = map(journal.moment, moments)
        yield Message(
            number, host_number, text, titles.get(channel, ""), account, titles.get(territory, ""),
            received, due, answered, closed, reviewed,
            titles.get(topic, ""), titles.get(authority, ""), action, urgency,
        )  # fmt: skip
