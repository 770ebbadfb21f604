"""The journal of a centre: which messages came, what was decided, what operators corrected, when it was answered.

One SQLite file in WAL mode: readers never wait, two writers take turns, and a killed process loses nothing that
was committed. A message is known by a keyed hash of its number and text, so recording it again changes nothing;
the text itself is kept masked, or not at all, as the owner chose when the journal was made.

Moments are whole seconds of the region's clock since 1970-01-01 00:00 by the same clock: years and months are
counted as people there live them.
"""

import sqlite3
import time
from calendar import timegm
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import MINYEAR, UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from secrets import token_bytes
from typing import Self
from zoneinfo import ZoneInfo

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.errors import JournalError
from tsur_nlp.journal.database import open_database, told, transaction
from tsur_nlp.journal.records import (
    PEOPLE,
    ZONE,
    Account,
    Correction,
    Entry,
    Known,
    Labelled,
    Review,
    Taking,
    Texts,
    Verdict,
)
from tsur_nlp.journal.schema import DECIDE, RECORD, lemmas
from tsur_nlp.privacy import mask
from tsur_nlp.region.region import account_key

WAIT = 60.0
"""Seconds a writer waits for another one, where nobody waits for the writer."""
CHUNK = 1000
"""Messages in one transaction."""
ENDLESS = 2**62
"""Seconds, either way, beyond all messages."""
DAYS = 90
"""Days for which whole texts are kept if nothing is said."""
BETWEEN_CLEANINGS = 3600.0
"""Seconds after which a journal that is written to looks again for texts whose days are over."""


class Journal:
    """An open journal; a context manager that closes it.

    `texts`, `days` and `zone` are chosen when the file is made and then stay: whether a text is kept as a hash,
    masked, or whole for so many days and then masked. A zone of other clocks than the journal's is refused.
    `wait`: seconds to wait while another process writes. A failed write leaves the file and the journal in memory as
    they were. Raises JournalError.
    """

    def __init__(
        self,
        file: str | Path,
        texts: Texts = "hash",
        zone: ZoneInfo | None = None,
        wait: float = WAIT,
        days: int = DAYS,
    ):
        self.file = Path(file)
        self.created = not self.file.exists()
        chosen = {"texts": texts, "zone": (zone or ZONE).key, "salt": token_bytes(16), "days": days}
        self._sql = open_database(self.file, chosen, wait)
        kept = dict(self.query("SELECT name, value FROM settings"))
        self.texts: Texts = kept["texts"]
        self.days = int(kept.get("days", DAYS))
        self.zone = ZoneInfo(kept["zone"])
        if zone is not None and not _same_clock(zone, self.zone):
            self.close()
            raise JournalError(
                f"{self.file}: журнал ведётся по часам {self.zone.key}, а регион живёт по {zone.key}: дни и сроки "
                "разошлись бы; заведите для региона свой журнал"
            )
        self._salt: bytes = kept["salt"]
        self._terms: dict[tuple[str, str], int] = {}
        self._clean_at = 0.0
        self.forget_texts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def wait(self, seconds: float) -> None:
        """How long to wait from now on while another process writes."""
        self.query(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    # --------------------------------------------------------------------------
    #   Writing
    # --------------------------------------------------------------------------

    def record(self, entries: Iterable[Entry]) -> int:
        """Write messages and what was decided of them; how many of them are new.

        What is there already is only completed: with a later verdict, the moment of the answer. Of messages without
        a number that are alike in text, account and moment, the second is taken for another one within one call,
        for the same one in the next.
        """
        before = self._last()
        with self.recorder() as recorder:
            for entry in entries:
                recorder.add(entry)
        return self._last() - before

    @contextmanager
    def recorder(self) -> Iterator["Recorder"]:
        """Takes messages one by one and writes them a thousand at a time, as one call of `record` does."""
        recorder = Recorder(self)
        yield recorder
        recorder.flush()

    def write(self, entries: Sequence[Entry], copies: Counter[bytes]) -> None:
        """Write messages in one transaction; `copies`: how many alike messages without a number came before."""
        counted = copies.copy()
        # Masking takes time, in which other writers need not wait.
        kept = [self._kept(entry.appeal.text) for entry in entries]
        with self.transaction():
            rows = [self._row(entry, text, counted) for entry, (text, _) in zip(entries, kept, strict=True)]
            last = self._last()
            self._sql.executemany(RECORD, rows)
            self._sql.executemany(DECIDE, (row for row in rows if row["model"] is not None))
            if self.texts != "hash":
                searched = {row["key"]: found for row, (_, found) in zip(rows, kept, strict=True)}
                fresh = self._sql.execute("SELECT id, key FROM messages WHERE id > ?", [last]).fetchall()
                self._sql.executemany(
                    "INSERT INTO search (rowid, lemmas) VALUES (?, ?)", ((i, searched[key]) for i, key in fresh)
                )
        # Only what was written counts: after a failure the same messages may come once more.
        copies.update(counted - copies)
        self.forget_texts()

    def forget_texts(self) -> None:
        """Put masked texts in the place of whole ones whose days are over; does nothing more often than hourly."""
        if self.texts != "full" or time.monotonic() < self._clean_at:
            return
        now = self.seconds(datetime.now(self.zone))
        query = f"SELECT id, text, answer FROM messages WHERE text_until <= ? LIMIT {CHUNK}"
        while old := self.query(query, now).fetchall():
            masked = [(mask(text), None if answer is None else mask(answer), number) for number, text, answer in old]
            with self.transaction():
                self._sql.executemany(
                    "UPDATE messages SET text = ?, answer = ?, text_until = NULL WHERE id = ?", masked
                )
            # What was overwritten leaves the log of writes too.
            self.query("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._clean_at = time.monotonic() + BETWEEN_CLEANINGS

    def correct(self, corrections: Iterable[Correction], made: datetime | None = None) -> tuple[int, int]:
        """Write what operators corrected; how many were written and how many messages are not in the journal."""
        takings = Counter(taking for _, taking in self.correcting(corrections, made))
        return takings["written"], takings["missing"]

    def correcting(
        self, corrections: Iterable[Correction], made: datetime | None = None
    ) -> Iterator[tuple[Correction, Taking]]:
        """The same one by one: each correction, when it is written, with how it was taken."""
        copies: Counter[bytes] = Counter()
        moment = self.seconds(made or datetime.now(self.zone))
        stream = iter(corrections)
        while chunk := list(islice(stream, CHUNK)):
            takings: list[Taking] = []
            with self.transaction():
                for one in chunk:
                    key = self.key(one.appeal, copies)
                    found = self._sql.execute("SELECT id FROM messages WHERE key = ?", [key]).fetchone()
                    if not (one.topic or one.authority):
                        takings.append("same")
                    elif found is None:
                        takings.append("missing")
                    else:
                        takings.append("written" if self.correct_message(found[0], one, moment) else "same")
            yield from zip(chunk, takings, strict=True)

    def review(self, message: int, correction: Correction, made: datetime | None = None) -> bool:
        """Write that a person looked at a message of the queue and what they corrected; nothing corrected is agreement.

        Whether there is such a message; one that is corrected as it was before is left as it is.
        """
        moment = self.seconds(made or datetime.now(self.zone))
        with self.transaction():
            if self._sql.execute("SELECT 1 FROM messages WHERE id = ?", [message]).fetchone() is None:
                return False
            self.correct_message(message, correction, moment)
        return True

    def undo(self, correction: int) -> None:
        """Within a transaction: take a correction back; what stood before it stands again. It stays, marked as undone.

        Only the last one of a message may be taken back: the caller looks.
        """
        self._sql.execute(
            "UPDATE messages SET (right_topic, right_authority, reviewed) = "
            "(SELECT was_topic, was_authority, was_reviewed FROM corrections WHERE id = :id) "
            "WHERE id = (SELECT message FROM corrections WHERE id = :id)",
            {"id": correction},
        )
        now = self.seconds(datetime.now(self.zone))
        self._sql.execute("UPDATE corrections SET undone = ? WHERE id = ?", (now, correction))

    def correct_message(self, message: int, one: Correction, moment: int | None) -> bool:
        """Within a transaction: write a correction unless it says what is known; whether it was written."""
        right = self.term("topic", one.topic), self.term("authority", one.authority)
        before = self._sql.execute(
            "SELECT right_topic, right_authority, reviewed FROM messages WHERE id = ?", [message]
        ).fetchone()
        *known, reviewed = before
        news = any(term is not None and term != old for term, old in zip(right, known, strict=True))
        if not news and reviewed is not None:
            return False
        self._sql.execute(
            "INSERT INTO corrections (message, made, author, topic, authority, comment, "
            "was_topic, was_authority, was_reviewed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (message, moment, one.author, *right, one.comment, *before),
        )
        self._sql.execute(
            "UPDATE messages SET right_topic = coalesce(?, right_topic), "
            "right_authority = coalesce(?, right_authority), reviewed = ? WHERE id = ?",
            (*right, moment, message),
        )
        return True

    def add_accounts(self, accounts: Iterable[Account]) -> int:
        """Write or renew accounts; how many the journal knows now."""
        rows = ((account_key(one.address), one.owner, one.kind) for one in accounts)
        with self.transaction():
            self._sql.executemany("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)", rows)
        return int(self._sql.execute("SELECT count(*) FROM accounts").fetchone()[0])

    # --------------------------------------------------------------------------
    #   Reading
    # --------------------------------------------------------------------------

    def labelled(self) -> Iterator[Labelled]:
        """Kept texts, masked, that people labelled: by a correction, or in an export of their own decisions."""
        query = """
            SELECT text, coalesce(right_topic, CASE WHEN by_people THEN topic END),
                   coalesce(right_authority, CASE WHEN by_people THEN authority END),
                   coalesce(right_topic <> topic, 0) OR coalesce(right_authority <> authority, 0)
            FROM messages
            WHERE text IS NOT NULL AND (by_people OR right_topic IS NOT NULL OR right_authority IS NOT NULL)
            ORDER BY id
        """
        titles = self.titles()
        for text, topic, authority, corrected in self.query(query):
            # A model never learns from what is kept only for a while.
            yield Labelled(
                mask(text) if self.texts == "full" else text,
                titles.get(topic, ""),
                titles.get(authority, ""),
                bool(corrected),
            )

    def reviews(self, message: int) -> list[Review]:
        """What people said of a message of the queue, the first first."""
        titles = self.titles()
        found = self.query(
            "SELECT made, author, topic, authority, comment, undone FROM corrections WHERE message = ? ORDER BY id",
            message,
        )
        return [
            Review(
                self.moment(made), author, titles.get(topic, ""), titles.get(authority, ""), comment,
                self.moment(undone),
            )
            for made, author, topic, authority, comment, undone in found
        ]  # fmt: skip

    def known(self, number: str) -> Known | None:
        """The message of a number, the last one if several have it."""
        return next(self._known("number = ? ORDER BY id DESC LIMIT 1", number), None)

    def known_between(self, start: datetime, end: datetime) -> Iterator[Known]:
        """Messages with a number received from one moment to another, both included, the last first."""
        bounds = self._bound(start), self._bound(end)
        return self._known("number <> '' AND received BETWEEN ? AND ? ORDER BY received DESC, id DESC", *bounds)

    def _bound(self, moment: datetime) -> int:
        """As `seconds`, and beyond all messages for a moment that the region's clock can't show."""
        found = self.seconds(moment)
        if found is None:
            return -ENDLESS if moment.year == MINYEAR else ENDLESS
        return found

    def _known(self, condition: str, *values: object) -> Iterator[Known]:
        query = """
            SELECT number, coalesce(right_topic, topic), coalesce(right_authority, authority), received, due,
                   coalesce(answered, closed)
            FROM messages WHERE
        """
        titles = self.titles()
        for number, topic, authority, *moments in self.query(query + condition, *values):
            yield Known(number, titles.get(topic, ""), titles.get(authority, ""), *map(self.moment, moments))

    def titles(self) -> dict[int, str]:
        """Titles of topics, authorities and other terms by their number in `messages`."""
        return dict(self.query("SELECT id, title FROM terms"))

    def query(self, select: str, *values: object) -> sqlite3.Cursor:
        """Rows of a SELECT. Raises JournalError if the file can't be read."""
        with told(self.file):
            return self._sql.execute(select, values)

    def seconds(self, moment: datetime | None) -> int | None:
        """A moment as the journal counts; one without a zone is by the region's clock already."""
        if moment is None:
            return None
        try:
            local = moment.astimezone(self.zone) if moment.tzinfo else moment
        except OverflowError:
            # The first and the last day that there are have no other zones: no message is of them.
            return None
        return timegm(local.timetuple())

    def moment(self, seconds: int | None) -> datetime | None:
        """What the journal counts as so many seconds, by the region's clock."""
        if seconds is None:
            return None
        return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).replace(tzinfo=self.zone)

    # --------------------------------------------------------------------------
    #   Within
    # --------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written within, or nothing. Raises JournalError."""
        try:
            with transaction(self._sql, self.file):
                yield
        except BaseException:
            # Terms first used in this transaction are gone with it, also when it is the commit that fails.
            self._terms.clear()
            raise

    def _kept(self, text: str) -> tuple[str | None, str]:
        """What is kept of a text, and what the search finds it by: never by personal data."""
        if self.texts == "hash":
            return None, ""
        masked = mask(text)
        return (text if self.texts == "full" else masked), lemmas(masked)

    def _row(self, entry: Entry, text: str | None, copies: Counter[bytes]) -> dict[str, object]:
        appeal, verdict = entry.appeal, entry.verdict or Verdict()
        account = account_key(appeal.account) if appeal.account else None
        direct = entry.direct
        if direct is None and account:
            direct = self._sql.execute("SELECT 1 FROM accounts WHERE address = ?", [account]).fetchone() is not None
        made = entry.routed or appeal.created or datetime.now(self.zone)
        return {
            "key": self.key(appeal, copies),
            "number": appeal.id,
            "text": text,
            "text_until": self._until() if self.texts == "full" else None,
            "channel": self.term("channel", appeal.channel),
            "account": account,
            "direct": direct,
            "territory": self.term("territory", entry.territory or appeal.territory),
            "received": self.seconds(appeal.created or entry.routed),
            "routed": self.seconds(entry.routed),
            "answered": self.seconds(entry.answered),
            "closed": self.seconds(entry.closed),
            "due": self.seconds(verdict.due),
            "topic": self.term("topic", verdict.topic, verdict.topic_group),
            "authority": self.term("authority", verdict.authority),
            "by_people": entry.verdict is not None and verdict.model == PEOPLE,
            "model": self.term("model", verdict.model) if entry.verdict else None,
            "made": self.seconds(made),
            "topic_confidence": verdict.topic_confidence,
            "authority_confidence": verdict.authority_confidence,
            "action": verdict.action or None,
            "urgency": verdict.urgency,
            "unknown_words": verdict.unknown_words,
            "thread": appeal.thread,
            "kind": verdict.kind or None,
            "answer": self._kept(entry.answer)[0] if entry.answer else None,
        }

    def key(self, appeal: Appeal, copies: Counter[bytes]) -> bytes:
        """What a message is known by: its number and text; without a number also account, moment, and which copy.

        `copies`: counts messages without a number that came before; an empty counter for the first.
        """
        # Spreadsheets change blanks and line ends of a text on the way.
        parts = [appeal.id or "", " ".join(appeal.text.split())]
        if not appeal.id:
            parts += [appeal.account or "", appeal.created.isoformat() if appeal.created else ""]
        content = "\0".join(parts).encode("utf-8", "surrogatepass")
        key = blake2b(content, key=self._salt, digest_size=16).digest()
        if appeal.id:
            return key
        copies[key] += 1
        return key + copies[key].to_bytes(4, "big") if copies[key] > 1 else key

    def term(self, kind: str, title: str | None, group: str = "") -> int | None:
        """Within a transaction: the number of a topic, authority … by its title; None for no title."""
        if not title:
            return None
        if (kind, title) not in self._terms:
            self._sql.execute(
                "INSERT INTO terms (kind, title, topic_group) VALUES (?, ?, ?) ON CONFLICT (kind, title) "
                "DO UPDATE SET topic_group = excluded.topic_group WHERE excluded.topic_group <> ''",
                (kind, title, group),
            )
            found = self._sql.execute("SELECT id FROM terms WHERE kind = ? AND title = ?", (kind, title))
            self._terms[kind, title] = found.fetchone()[0]
        return self._terms[kind, title]

    def _until(self) -> int | None:
        return self.seconds(datetime.now(self.zone) + timedelta(days=self.days))

    def _last(self) -> int:
        """The number of the last message: they are numbered without gaps, and none is taken out."""
        return int(self._sql.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0])


def _same_clock(one: ZoneInfo, other: ZoneInfo) -> bool:
    now = datetime.now(UTC)
    return now.astimezone(one).utcoffset() == now.astimezone(other).utcoffset()


class Recorder:
    """Messages on their way into a journal; see `Journal.recorder`."""

    def __init__(self, journal: Journal):
        self._journal = journal
        self._copies: Counter[bytes] = Counter()
        self._waiting: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Take an entry; it is written with the others of its chunk."""
        self._waiting.append(entry)
        if len(self._waiting) == CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting, in one transaction."""
        self._journal.write(self._waiting, self._copies)
        self._waiting = []
