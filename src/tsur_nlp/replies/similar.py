"""The most similar past messages with what was answered to them: shown as they were, masked, nothing is made up."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from math import log

from tsur_nlp.errors import JournalError
from tsur_nlp.journal.store import Journal
from tsur_nlp.privacy import mask
from tsur_nlp.text.morphology import is_content, lemma
from tsur_nlp.text.tokens import words

MOST_WORDS = 40
"""Words of a message that others are looked for by, the rarest."""
NEAREST = 50
"""Similar messages of which it is said how many were answered in time."""
SAME_TOPIC = 1.25
"""How much more a message counts that has the same topic."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A past message and its answer, both masked. `likeness`: 0 … 1; `in_time`: None if it is not known."""

    number: str
    text: str
    answer: str
    topic: str
    authority: str
    received: datetime | None
    answered: datetime | None
    in_time: bool | None
    likeness: float


@dataclass(frozen=True, slots=True)
class Similar:
    """The most similar answered messages, the nearest first; the share of the nearest answered in time, if known."""

    messages: tuple[Answered, ...]
    in_time: float | None


def similar(journal: Journal, text: str, topic: str = "", limit: int = 5) -> Similar:
    """What was answered to messages like this one. `topic`: its title, to put those of the same topic first.

    Likeness: the share of the text's words, each by its rarity in the journal. Raises JournalError where no texts are
    kept.
    """
    if journal.texts == "hash":
        raise JournalError(
            f"{journal.file.name}: журнал хранит только хеши текстов, похожих не найти; "
            "нужен журнал с --keep-texts masked или full"
        )
    ranked = _ranked(journal, text)
    titles = journal.titles()
    best = sorted(ranked.items(), key=lambda one: (-one[1], -one[0]))[:NEAREST]
    nearest = [_answered(journal, titles, number, likeness, topic) for number, likeness in best]
    nearest.sort(key=lambda one: -one.likeness)
    known = [one.in_time for one in nearest if one.in_time is not None]
    return Similar(tuple(nearest[:limit]), sum(known) / len(known) if known else None)


def _ranked(journal: Journal, text: str) -> dict[int, float]:
    """Answered messages with a word of the text and how much of it they share, by the search of the journal."""
    total = int(journal.query("SELECT count(*) FROM messages").fetchone()[0])
    forms = dict.fromkeys(lemma(word) for word in words(mask(text)) if is_content(word))
    postings = {}
    for form in forms:
        quoted = f'"{form}"'
        count = int(journal.query("SELECT count(*) FROM search WHERE search MATCH ?", quoted).fetchone()[0])
        if count:
            postings[quoted] = log(1 + total / count)
    rarest = sorted(postings.items(), key=lambda one: -one[1])[:MOST_WORDS]
    whole = sum(weight for _, weight in rarest)
    answered = """
        SELECT s.rowid FROM search AS s JOIN messages AS m ON m.id = s.rowid
        WHERE search MATCH ? AND m.answer IS NOT NULL
    """
    likeness: defaultdict[int, float] = defaultdict(float)
    for quoted, weight in rarest:
        for (number,) in journal.query(answered, quoted):
            likeness[number] += weight / whole
    return likeness


def _answered(journal: Journal, titles: dict[int, str], number: int, likeness: float, topic: str) -> Answered:
    query = """
        SELECT coalesce(number, ''), text, answer, coalesce(right_topic, topic), coalesce(right_authority, authority),
               received, answered, due
        FROM messages WHERE id = ?
    """
    name, text, answer, about, body, received, answered, due = journal.query(query, number).fetchone()
    title = titles.get(about, "")
    return Answered(
        name,
        mask(text),
        mask(answer),
        title,
        titles.get(body, ""),
        journal.moment(received),
        journal.moment(answered),
        None if answered is None or due is None else answered <= due,
        min(1.0, likeness * (SAME_TOPIC if topic and title == topic else 1.0)),
    )
