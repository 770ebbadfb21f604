"""The journal of a centre: which messages came, what was decided, what operators corrected, when it was answered.

One SQLite file in WAL mode: readers never wait, two writers take turns, and a killed process loses nothing that
was committed. A message is known by a keyed hash of its number and text, so recording it again changes nothing;
the text itself is kept masked, or not at all, as the owner chose when the journal was made.

Moments are whole seconds of the region's clock since 1970-01-01 00:00 by the same clock: years and months are
counted as people there live them.
"""

import sqlite3
from calendar import timegm
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from secrets import token_bytes
from typing import Literal, Self
from zoneinfo import ZoneInfo

from tsur_nlp.appeal import Appeal
from tsur_nlp.decision import Decision
from tsur_nlp.errors import JournalError
from tsur_nlp.privacy import mask
from tsur_nlp.region import Region, account_key

PEOPLE = "люди"
"""Stands where a model's name would for what people decided."""
ZONE = ZoneInfo("Europe/Moscow")
WAIT = 60.0
"""Seconds a writer waits for another one."""
CHUNK = 1000
"""Messages in one transaction."""

Texts = Literal["hashed", "masked"]
"""What is kept of texts: nothing but a hash, or the text with personal data masked."""

KINDS_BY_LEVEL = {
    "regional": "областной орган",
    "municipal": "муниципалитет",
    "federal": "федеральный орган",
    "institution": "учреждение",
}

MIGRATIONS = (
    """
    CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL);
    CREATE TABLE terms (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('topic', 'authority', 'territory', 'channel', 'model')),
        title TEXT NOT NULL,
        topic_group TEXT NOT NULL DEFAULT '',
        UNIQUE (kind, title)
    );
    CREATE TABLE accounts (address TEXT PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL);
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        number TEXT,
        text TEXT,
        channel INTEGER REFERENCES terms,
        account TEXT,
        direct INTEGER,
        territory INTEGER REFERENCES terms,
        received INTEGER,
        routed INTEGER,
        answered INTEGER,
        due INTEGER,
        topic INTEGER REFERENCES terms,
        authority INTEGER REFERENCES terms,
        by_people INTEGER NOT NULL DEFAULT 0,
        right_topic INTEGER REFERENCES terms,
        right_authority INTEGER REFERENCES terms
    );
    CREATE INDEX messages_number ON messages (number);
    CREATE TABLE decisions (
        message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
        model INTEGER NOT NULL REFERENCES terms,
        made INTEGER NOT NULL,
        topic INTEGER REFERENCES terms,
        topic_confidence REAL,
        authority INTEGER REFERENCES terms,
        authority_confidence REAL,
        action TEXT NOT NULL,
        unknown_words REAL,
        UNIQUE (message, model, topic, authority, action)
    );
    CREATE TABLE corrections (
        message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
        made INTEGER NOT NULL,
        topic INTEGER REFERENCES terms,
        authority INTEGER REFERENCES terms
    );
    CREATE INDEX corrections_message ON corrections (message);
    """,
)
"""Applied in order; PRAGMA user_version says how many an old file has had."""

RECORD = """
    INSERT INTO messages (key, number, text, channel, account, direct, territory, received, routed, answered, due,
                          topic, authority, by_people)
    VALUES (:key, :number, :text, :channel, :account, :direct, :territory, :received, :routed, :answered, :due,
            :topic, :authority, :by_people)
    ON CONFLICT (key) DO UPDATE SET
        direct = coalesce(excluded.direct, direct), territory = coalesce(excluded.territory, territory),
        routed = coalesce(routed, excluded.routed), answered = coalesce(excluded.answered, answered),
        due = coalesce(excluded.due, due), text = coalesce(text, excluded.text),
        topic = CASE WHEN {people_came} THEN topic ELSE coalesce(excluded.topic, topic) END,
        authority = CASE WHEN {people_came} THEN authority ELSE coalesce(excluded.authority, authority) END,
        right_topic = CASE WHEN {people_came} THEN coalesce(excluded.topic, right_topic)
                           WHEN {model_came} THEN coalesce(right_topic, topic) ELSE right_topic END,
        right_authority = CASE WHEN {people_came} THEN coalesce(excluded.authority, right_authority)
                               WHEN {model_came} THEN coalesce(right_authority, authority) ELSE right_authority END,
        by_people = CASE WHEN topic IS NULL THEN excluded.by_people WHEN {model_came} THEN 0 ELSE by_people END
""".format(
    # Whatever comes first, people are right about what a model decided.
    people_came="excluded.by_people AND NOT by_people AND topic IS NOT NULL",
    model_came="by_people AND NOT excluded.by_people AND excluded.topic IS NOT NULL",
)
DECIDE = """
    INSERT OR IGNORE INTO decisions
    SELECT id, :model, :made, :topic, :topic_confidence, :authority, :authority_confidence, :action, :unknown_words
    FROM messages WHERE key = :key
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of a message, by a model or by people: titles, as operators see them."""

    topic: str = ""
    topic_group: str = ""
    authority: str = ""
    model: str = PEOPLE
    topic_confidence: float | None = None
    authority_confidence: float | None = None
    action: str = ""
    due: datetime | None = None
    unknown_words: float | None = None

    @classmethod
    def of(cls, decision: Decision, model: str) -> Self:
        """The verdict of a decision; `model`: the name and version of what decided."""
        named = decision.topic.code != ""
        return cls(
            decision.topic.title if named else "",
            decision.topic.group,
            decision.authority.title if decision.authority.code else "",
            model,
            decision.topic.confidence,
            decision.authority.confidence,
            decision.action,
            decision.deadline,
            decision.unknown_words,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the journal takes it.

    `territory`: where it was decided to be; the appeal's own if empty. `direct`: left directly on an account of an
    authority; if None, it is when the account is among those the journal knows. `routed`, `answered`: when.
    """

    appeal: Appeal
    verdict: Verdict | None = None
    territory: str = ""
    direct: bool | None = None
    routed: datetime | None = None
    answered: datetime | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What an operator says a message is about and who answers; None where the decision was right."""

    appeal: Appeal
    topic: str | None = None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A page on which people may write: its address, the title of its owner and what kind of body that is."""

    address: str
    owner: str
    kind: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A kept text with what people said of it; "" where nothing. `corrected`: a model had said something else."""

    text: str
    topic: str
    authority: str
    corrected: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal says of a message: titles that stand now, moments by the region's clock, None if not known."""

    number: str
    topic: str
    authority: str
    received: datetime | None
    due: datetime | None
    answered: datetime | None


class Journal:
    """An open journal; a context manager that closes it.

    `texts` and `zone` are chosen when the file is made and then stay. Raises JournalError.
    """

    def __init__(self, file: str | Path, texts: Texts = "hashed", zone: ZoneInfo = ZONE):
        self.file = Path(file)
        with _told(self.file):
            self._sql = sqlite3.connect(self.file, timeout=WAIT, isolation_level=None)
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = FULL")
            self._sql.execute("PRAGMA foreign_keys = ON")
            self._migrate({"texts": texts, "zone": zone.key, "salt": token_bytes(16)})
            kept = dict(self._sql.execute("SELECT name, value FROM settings"))
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
        with self._transaction():
            rows = [self._row(entry, copies) for entry in entries]
            self._sql.executemany(RECORD, rows)
            self._sql.executemany(DECIDE, (row for row in rows if row["model"] is not None))

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
            except BaseException:
                self._sql.execute("ROLLBACK")
                # Terms first met in this transaction are gone with it.
                self._terms.clear()
                raise
            self._sql.execute("COMMIT")

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


def region_accounts(region: Region) -> Iterator[Account]:
    """Accounts of a region's table, with the title of the owner and what kind of body it is."""
    kinds = region.catalog.institution_kinds
    for address, code in region.accounts.items():
        owner = region.authorities[code]
        yield Account(address, owner.title, kinds[owner.kind].title if owner.kind else KINDS_BY_LEVEL[owner.level])


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
        raise JournalError(f"{file}: журнал не записать ({reason}); проверьте место на диске") from None
    except sqlite3.DatabaseError as reason:
        raise JournalError(f"{file}: это не журнал tsur-nlp, или файл повреждён ({reason})") from None
