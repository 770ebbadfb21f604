"""Tables of the journal and how an old file grows into a new one."""

APPLICATION = 0x7473756E
"""Signs a file as a journal (PRAGMA application_id): the letters «tsun»."""

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
