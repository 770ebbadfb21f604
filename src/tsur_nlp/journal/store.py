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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from secrets import token_bytes
from typing import Self
from zoneinfo import ZoneInfo

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.errors import JournalError
from tsur_nlp.journal.records import PEOPLE, ZONE, Account, Correction, Entry, Known, Labelled, Texts, Verdict
from tsur_nlp.journal.schema import APPLICATION, DECIDE, MIGRATIONS, RECORD
from tsur_nlp.privacy.masking import mask
from tsur_nlp.region.region import account_key

WAIT = 60.0
"""Seconds a writer waits for another one, where nobody waits for the writer."""
PAUSE = 0.01
"""Seconds between two tries to turn a new file into a journal while another process does the same."""
CHUNK = 1000
"""Messages in one transaction."""


class Journal:
    """An open journal; a context manager that closes it.

    `texts` and `zone` are chosen when the file is made and then stay. `wait`: seconds to wait while another process
    writes. A failed write leaves the file and the journal in memory as they were. Raises JournalError.
    """

    def __init__(self, file: str | Path, texts: Texts = "hashed", zone: ZoneInfo = ZONE, wait: float = WAIT):
        self.file = Path(file)
        with _told(self.file), ExitStack() as unless_open:
            self._sql = sqlite3.connect(self.file, timeout=wait, isolation_level=None)
            unless_open.callback(self._sql.close)
            self._check_owner()
            self._write_ahead(time.monotonic() + wait)
            self._sql.execute("PRAGMA synchronous = FULL")
            self._sql.execute("PRAGMA foreign_keys = ON")
            self._migrate({"texts": texts, "zone": zone.key, "salt": token_bytes(16)})
            kept = dict(self._sql.execute("SELECT name, value FROM settings"))
            unless_open.pop_all()
        self.texts: Texts = kept["texts"]
        self.zone = ZoneInfo(kept["zone"])
        self._salt: bytes = kept["salt"]
        self._terms: dict[tuple[str, str], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._sql.close()

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
        with self._transaction():
            rows = [self._row(entry, counted) for entry in entries]
            self._sql.executemany(RECORD, rows)
            self._sql.executemany(DECIDE, (row for row in rows if row["model"] is not None))
        # Only what was written counts: after a failure the same messages may come once more.
        copies.update(counted - copies)

    def correct(self, corrections: Iterable[Correction], made: datetime | None = None) -> tuple[int, int]:
        """Write what operators corrected; how many were written and how many messages are not in the journal."""
        copies: Counter[bytes] = Counter()
        moment = self.seconds(made or datetime.now(self.zone))
        written = missing = 0
        stream = iter(corrections)
        while chunk := list(islice(stream, CHUNK)):
            with self._transaction():
                for one in chunk:
                    key = self._key(one.appeal, copies)
                    found = self._sql.execute(
                        "SELECT id, right_topic, right_authority FROM messages WHERE key = ?", [key]
                    )
                    message, *known = found.fetchone() or (None,)
                    right = self._term("topic", one.topic), self._term("authority", one.authority)
                    if message is None:
                        missing += any(right)
                    elif any(term is not None and term != old for term, old in zip(right, known, strict=True)):
                        self._sql.execute("INSERT INTO corrections VALUES (?, ?, ?, ?)", (message, moment, *right))
                        self._sql.execute(
                            "UPDATE messages SET right_topic = coalesce(?, right_topic), "
                            "right_authority = coalesce(?, right_authority) WHERE id = ?",
                            (*right, message),
                        )
                        written += 1
        return written, missing

    def add_accounts(self, accounts: Iterable[Account]) -> int:
        """Write or renew accounts; how many the journal knows now."""
        rows = ((account_key(one.address), one.owner, one.kind) for one in accounts)
        with self._transaction():
            self._sql.executemany("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)", rows)
        return int(self._sql.execute("SELECT count(*) FROM accounts").fetchone()[0])

    # --------------------------------------------------------------------------
    #   Reading
    # --------------------------------------------------------------------------

    def labelled(self) -> Iterator[Labelled]:
        """Kept texts that people labelled: by a correction, or in an export of their own decisions."""
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
            yield Labelled(text, titles.get(topic, ""), titles.get(authority, ""), bool(corrected))

    def known(self, number: str) -> Known | None:
        """The message of a number, the last one if several have it."""
        return next(self._known("number = ? ORDER BY id DESC LIMIT 1", number), None)

    def known_between(self, start: datetime, end: datetime) -> Iterator[Known]:
        """Messages with a number received from one moment to another, both included, the last first."""
        bounds = self.seconds(start), self.seconds(end)
        return self._known("number <> '' AND received BETWEEN ? AND ? ORDER BY received DESC, id DESC", *bounds)

    def _known(self, condition: str, *values: object) -> Iterator[Known]:
        query = """
            SELECT number, coalesce(right_topic, topic), coalesce(right_authority, authority), received, due, answered
            FROM messages WHERE
        """
        titles = self.titles()
        for number, topic, authority, *moments in self.query(query + condition, *values):
            yield Known(number, titles.get(topic, ""), titles.get(authority, ""), *map(self._moment, moments))

    def titles(self) -> dict[int, str]:
        """Titles of topics, authorities and other terms by their number in `messages`."""
        return dict(self.query("SELECT id, title FROM terms"))

    def query(self, select: str, *values: object) -> sqlite3.Cursor:
        """Rows of a SELECT. Raises JournalError if the file can't be read."""
        with _told(self.file):
            return self._sql.execute(select, values)

    def seconds(self, moment: datetime | None) -> int | None:
        """A moment as the journal counts; one without a zone is by the region's clock already."""
        if moment is None:
            return None
        local = moment.astimezone(self.zone) if moment.tzinfo else moment
        return timegm(local.timetuple())

    # --------------------------------------------------------------------------
    #   Within
    # --------------------------------------------------------------------------

    def _check_owner(self) -> None:
        """Refuse a database that is not a journal before anything is written to it."""
        owner = int(self._sql.execute("PRAGMA application_id").fetchone()[0])
        tables = {name for (name,) in self._sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        # Journals made before they were signed have the tables and no signature.
        if owner not in (0, APPLICATION) or (owner == 0 and tables and not tables >= {"settings", "terms", "messages"}):
            raise JournalError(f"{self.file}: это база другой программы, а не журнал tsur-nlp; назовите другой файл")

    def _write_ahead(self, deadline: float) -> None:
        """Turn write-ahead logging on. SQLite does not wait for a lock here, so another process is waited for."""
        while True:
            try:
                self._sql.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as reason:
                if "locked" not in str(reason) or time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE)

    def _migrate(self, chosen: Mapping[str, object]) -> None:
        """Bring the file to the last version; a new file gets the settings chosen."""
        if self._version() > len(MIGRATIONS):
            raise JournalError(f"{self.file.name}: журнал сделан более новой версией tsur-nlp; обновите пакет")
        if self._version() == len(MIGRATIONS):
            return
        self._sql.execute("BEGIN EXCLUSIVE")
        # Another process may have made the file meanwhile.
        had = self._version()
        for script in MIGRATIONS[had:]:
            for statement in script.split(";"):
                self._sql.execute(statement)
        if not had:
            self._sql.executemany("INSERT INTO settings VALUES (?, ?)", chosen.items())
        self._sql.execute(f"PRAGMA application_id = {APPLICATION}")
        self._sql.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        self._sql.execute("COMMIT")

    def _version(self) -> int:
        return int(self._sql.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _told(self.file):
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                # Terms first met in this transaction are gone with it, also when it is the commit that fails.
                self._terms.clear()
                # On a full disk SQLite may have rolled back by itself.
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
                raise

    def _row(self, entry: Entry, copies: Counter[bytes]) -> dict[str, object]:
        appeal, verdict = entry.appeal, entry.verdict or Verdict()
        account = account_key(appeal.account) if appeal.account else None
        direct = entry.direct
        if direct is None and account:
            direct = self._sql.execute("SELECT 1 FROM accounts WHERE address = ?", [account]).fetchone() is not None
        made = entry.routed or appeal.created or datetime.now(self.zone)
        return {
            "key": self._key(appeal, copies),
            "number": appeal.id,
            "text": mask(appeal.text) if self.texts == "masked" else None,
            "channel": self._term("channel", appeal.channel),
            "account": account,
            "direct": direct,
            "territory": self._term("territory", entry.territory or appeal.territory),
            "received": self.seconds(appeal.created or entry.routed),
            "routed": self.seconds(entry.routed),
            "answered": self.seconds(entry.answered),
            "due": self.seconds(verdict.due),
            "topic": self._term("topic", verdict.topic, verdict.topic_group),
            "authority": self._term("authority", verdict.authority),
            "by_people": entry.verdict is not None and verdict.model == PEOPLE,
            "model": self._term("model", verdict.model) if entry.verdict else None,
            "made": self.seconds(made),
            "topic_confidence": verdict.topic_confidence,
            "authority_confidence": verdict.authority_confidence,
            "action": verdict.action,
            "unknown_words": verdict.unknown_words,
        }

    def _key(self, appeal: Appeal, copies: Counter[bytes]) -> bytes:
        """What a message is known by: its number and text; without a number also account, moment, and which copy."""
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

    def _term(self, kind: str, title: str | None, group: str = "") -> int | None:
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

    def _moment(self, seconds: int | None) -> datetime | None:
        if seconds is None:
            return None
        return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).replace(tzinfo=self.zone)

    def _last(self) -> int:
        """The number of the last message: they are numbered without gaps, and none is taken out."""
        return int(self._sql.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0])


class Recorder:
    """Messages on their way into a journal; see `Journal.recorder`."""

    def __init__(self, journal: Journal):
        self._journal = journal
        self._copies: Counter[bytes] = Counter()
        self._waiting: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self._waiting.append(entry)
        if len(self._waiting) == CHUNK:
            self.flush()

    def flush(self) -> None:
        self._journal.write(self._waiting, self._copies)
        self._waiting = []


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Errors of SQLite in words: what happened and what to do."""
    try:
        yield
    except sqlite3.OperationalError as reason:
        if "locked" in str(reason):
            raise JournalError(f"{file}: журнал занят другим процессом; повторите позже") from None
        if "readonly" in str(reason) or "unable to open" in str(reason):
            raise JournalError(f"{file}: журнал не открыть на запись; проверьте папку и права") from None
        if "full" in str(reason) or "disk I/O" in str(reason):
            raise JournalError(f"{file}: нет места на диске, журнал не записан; освободите место и повторите") from None
        raise JournalError(f"{file}: журнал не записать ({reason}); проверьте диск и папку") from None
    except sqlite3.DatabaseError as reason:
        raise JournalError(f"{file}: это не журнал tsur-nlp, или файл повреждён ({reason})") from None
