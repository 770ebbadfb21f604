"""Tables of the journal and how an old file grows into a new one."""

from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Connection

from tsur_nlp.text.morphology import lemma
from tsur_nlp.text.tokens import words

APPLICATION = 0x7473756E
"""Signs a file as a journal (PRAGMA application_id): the letters «tsun»."""


@dataclass(frozen=True)
class Migration:
    """One step of growth: statements in SQL, then what SQL can't do. A name is never used for anything else."""

    name: str
    script: str
    work: Callable[[Connection], object] | None = None


def lemmas(text: str) -> str:
    """What the search over kept texts looks through: words without endings, parted by blanks."""
    return " ".join(map(lemma, words(text)))


def _index_kept_texts(sql: Connection) -> None:
    kept = sql.execute("SELECT id, text FROM messages WHERE text IS NOT NULL")
    sql.executemany("INSERT INTO search (rowid, lemmas) VALUES (?, ?)", ((i, lemmas(text)) for i, text in kept))


def _fill_outbox(sql: Connection) -> None:
    """Whoever writes an urgent message also writes that it is to be told, in the same transaction.

    From which urgency on is a setting, `urgent_from`; while it is not there, nothing is.
    """
    urgent = "NEW.urgency >= (SELECT value FROM settings WHERE name = 'urgent_from')"
    put = "BEGIN INSERT INTO outbox (message, event) VALUES (NEW.id, 'urgent'); END"
    sql.execute(f"CREATE TRIGGER urgent_came AFTER INSERT ON messages WHEN {urgent} {put}")
    grew = "NEW.urgency > OLD.urgency AND OLD.urgency < (SELECT value FROM settings WHERE name = 'urgent_from')"
    sql.execute(f"CREATE TRIGGER urgent_became AFTER UPDATE OF urgency ON messages WHEN {urgent} AND {grew} {put}")


MIGRATIONS = (
    Migration(
        "first tables",
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
    ),
    Migration(
        "authors of corrections, the queue, closing times, texts for a while, search",
        """
        UPDATE settings SET value = 'hash' WHERE value = 'hashed';
        CREATE TABLE migrations (name TEXT PRIMARY KEY, applied TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
        CREATE TABLE new_corrections (
            id INTEGER PRIMARY KEY,
            message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
            made INTEGER NOT NULL,
            author TEXT NOT NULL DEFAULT '',
            topic INTEGER REFERENCES terms,
            authority INTEGER REFERENCES terms,
            comment TEXT NOT NULL DEFAULT ''
        );
        INSERT INTO new_corrections (message, made, topic, authority) SELECT * FROM corrections ORDER BY rowid;
        DROP TABLE corrections;
        ALTER TABLE new_corrections RENAME TO corrections;
        CREATE INDEX corrections_message ON corrections (message);
        ALTER TABLE messages ADD COLUMN action TEXT;
        ALTER TABLE messages ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE messages ADD COLUMN reviewed INTEGER;
        ALTER TABLE messages ADD COLUMN closed INTEGER;
        ALTER TABLE messages ADD COLUMN text_until INTEGER;
        UPDATE messages SET
            action = (SELECT action FROM decisions WHERE message = messages.id AND action <> ''
                      ORDER BY made DESC, rowid DESC LIMIT 1),
            reviewed = (SELECT max(made) FROM corrections WHERE message = messages.id),
            closed = answered, answered = NULL;
        CREATE INDEX messages_queue ON messages (action, reviewed, urgency DESC, received, id);
        CREATE INDEX messages_text_until ON messages (text_until) WHERE text_until IS NOT NULL;
        CREATE VIRTUAL TABLE search USING fts5(lemmas, content = '', detail = 'none', columnsize = 0,
                                               tokenize = "unicode61 remove_diacritics 0 tokenchars '-'");
        """,
        _index_kept_texts,
    ),
    Migration(
        "the desk: leases, what may be undone, an outbox",
        """
        ALTER TABLE corrections ADD COLUMN was_topic INTEGER REFERENCES terms;
        ALTER TABLE corrections ADD COLUMN was_authority INTEGER REFERENCES terms;
        ALTER TABLE corrections ADD COLUMN was_reviewed INTEGER;
        ALTER TABLE corrections ADD COLUMN undone INTEGER;
        CREATE INDEX corrections_author ON corrections (author, id);
        CREATE INDEX messages_received ON messages (received);
        CREATE TABLE leases (
            message INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
            author TEXT NOT NULL,
            until INTEGER NOT NULL
        );
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY,
            message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
            event TEXT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            next INTEGER NOT NULL DEFAULT 0
        );
        """,
        _fill_outbox,
    ),
    Migration(
        "incidents, threads, answers",
        """
        ALTER TABLE messages ADD COLUMN thread TEXT;
        ALTER TABLE messages ADD COLUMN kind TEXT;
        ALTER TABLE messages ADD COLUMN answer TEXT;
        CREATE TABLE incidents (
            id INTEGER PRIMARY KEY,
            topic INTEGER REFERENCES terms,
            authority INTEGER REFERENCES terms,
            territory INTEGER REFERENCES terms,
            place TEXT NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            messages INTEGER NOT NULL
        );
        CREATE INDEX incidents_last ON incidents (last);
        CREATE TABLE incident_messages (
            id INTEGER PRIMARY KEY,
            key BLOB NOT NULL UNIQUE,
            incident INTEGER NOT NULL REFERENCES incidents ON DELETE CASCADE,
            number TEXT,
            received INTEGER NOT NULL,
            signature BLOB NOT NULL
        );
        CREATE INDEX incident_messages_incident ON incident_messages (incident, id);
        CREATE INDEX incident_messages_received ON incident_messages (received);
        CREATE TABLE surges_told (
            topic TEXT NOT NULL,
            territory TEXT NOT NULL,
            day INTEGER NOT NULL,
            PRIMARY KEY (topic, territory, day)
        );
        """,
    ),
)
"""Applied in order, all that a file lacks in one transaction: PRAGMA user_version counts them, the table `migrations`
names them. What older journals called the moment of the answer came from exports that tell the moment of closing."""

RECORD = """
    INSERT INTO messages (key, number, text, channel, account, direct, territory, received, routed, answered, due,
                          topic, authority, by_people, action, urgency, closed, text_until,
                          thread, kind, answer)
    VALUES (:key, :number, :text, :channel, :account, :direct, :territory, :received, :routed, :answered, :due,
            :topic, :authority, :by_people, :action, :urgency, :closed, :text_until,
            :thread, :kind, :answer)
    ON CONFLICT (key) DO UPDATE SET
        direct = coalesce(excluded.direct, direct), territory = coalesce(excluded.territory, territory),
        routed = coalesce(routed, excluded.routed), answered = coalesce(excluded.answered, answered),
        closed = coalesce(closed, excluded.closed), due = coalesce(excluded.due, due),
        action = coalesce(excluded.action, action), urgency = max(urgency, excluded.urgency),
        text_until = CASE WHEN text IS NULL OR excluded.answer IS NOT NULL THEN excluded.text_until ELSE text_until END,
        thread = coalesce(thread, excluded.thread), kind = coalesce(excluded.kind, kind),
        answer = coalesce(excluded.answer, answer),
        text = coalesce(text, excluded.text),
        reviewed = CASE WHEN {people_came} THEN coalesce(reviewed, :made) ELSE reviewed END,
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
    SELECT id, :model, :made, :topic, :topic_confidence, :authority, :authority_confidence, coalesce(:action, ''),
           :unknown_words
    FROM messages WHERE key = :key
"""
