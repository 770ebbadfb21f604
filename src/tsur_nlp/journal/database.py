"""The file of a journal: opened, checked, grown to the last version, and written in transactions."""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from shutil import disk_usage

from tsur_nlp.errors import JournalError
from tsur_nlp.journal.schema import APPLICATION, MIGRATIONS

PAUSE = 0.01
"""Seconds between two tries to turn a new file into a journal while another process does the same."""

LEAST_FREE = 1 << 16
"""Bytes free on a disk below which the next message may not fit."""
NO_PLACE = "нет места на диске, журнал не записан; освободите место и повторите"


def open_database(file: Path, chosen: Mapping[str, object], wait: float) -> sqlite3.Connection:
    """An open journal file; a new one gets the settings chosen. `wait`: seconds to wait while another process writes.

    Raises JournalError for files that are not journals, of another program or of a newer version.
    """
    with told(file), ExitStack() as unless_open:
        sql = sqlite3.connect(file, timeout=wait, isolation_level=None)
        unless_open.callback(sql.close)
        _check_owner(sql, file)
        _write_ahead(sql, time.monotonic() + wait)
        sql.execute("PRAGMA synchronous = FULL")
        sql.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten, so that a text whose time is over is not found in the file.
        sql.execute("PRAGMA secure_delete = ON")
        _migrate(sql, file, chosen)
        unless_open.pop_all()
    return sql


@contextmanager
def transaction(sql: sqlite3.Connection, file: Path) -> Iterator[None]:
    """All that is written within, or nothing. Raises JournalError."""
    with told(file):
        sql.execute("BEGIN IMMEDIATE")
        try:
            yield
            sql.execute("COMMIT")
        except BaseException:
            # On a full disk SQLite may have rolled back by itself.
            if sql.in_transaction:
                sql.execute("ROLLBACK")
            raise


def check_writable(file: Path, wait: float) -> None:
    """Raises JournalError if an open journal could not be written now; nothing in it changes."""
    with told(file), closing(sqlite3.connect(file, timeout=wait, isolation_level=None)) as sql, transaction(sql, file):
        # The same value again: it goes through the log to the disk like any other.
        sql.execute("UPDATE settings SET value = value WHERE name = 'texts'")
    if disk_usage(file.parent).free < LEAST_FREE:
        raise JournalError(f"{file}: {NO_PLACE}")


def _check_owner(sql: sqlite3.Connection, file: Path) -> None:
    """Refuse a database that is not a journal before anything is written to it."""
    owner = int(sql.execute("PRAGMA application_id").fetchone()[0])
    tables = {name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    # Journals made before they were signed have the tables and no signature.
    if owner not in (0, APPLICATION) or (owner == 0 and tables and not tables >= {"settings", "terms", "messages"}):
        raise JournalError(f"{file}: это база другой программы, а не журнал tsur-nlp; назовите другой файл")


def _write_ahead(sql: sqlite3.Connection, deadline: float) -> None:
    """Turn write-ahead logging on. SQLite does not wait for a lock here, so another process is waited for."""
    while True:
        try:
            sql.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as reason:
            if "locked" not in str(reason) or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE)


def _migrate(sql: sqlite3.Connection, file: Path, chosen: Mapping[str, object]) -> None:
    """Bring the file to the last version, in one transaction: a kill or an error leaves it as it was."""
    if _version(sql) > len(MIGRATIONS):
        raise JournalError(f"{file.name}: журнал сделан более новой версией tsur-nlp; обновите пакет")
    if _version(sql) == len(MIGRATIONS):
        return
    sql.execute("BEGIN EXCLUSIVE")
    # Another process may have made the file meanwhile.
    had = _version(sql)
    for migration in MIGRATIONS[had:]:
        for statement in migration.script.split(";"):
            sql.execute(statement)
        if migration.work:
            migration.work(sql)
    names = ((migration.name,) for migration in MIGRATIONS)
    sql.executemany("INSERT OR IGNORE INTO migrations (name) VALUES (?)", names)
    if not had:
        sql.executemany("INSERT INTO settings VALUES (?, ?)", chosen.items())
    sql.execute(f"PRAGMA application_id = {APPLICATION}")
    sql.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    sql.execute("COMMIT")


def _version(sql: sqlite3.Connection) -> int:
    return int(sql.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def told(file: Path) -> Iterator[None]:
    """Errors of SQLite in words: what happened and what to do."""
    try:
        yield
    except sqlite3.OperationalError as reason:
        if "locked" in str(reason):
            raise JournalError(f"{file}: журнал занят другим процессом; повторите позже") from None
        if "readonly" in str(reason) or "unable to open" in str(reason):
            raise JournalError(f"{file}: журнал не открыть на запись; проверьте папку и права") from None
        if "full" in str(reason) or "disk I/O" in str(reason):
            raise JournalError(f"{file}: {NO_PLACE}") from None
        raise JournalError(f"{file}: журнал не записать ({reason}); проверьте диск и папку") from None
    except sqlite3.DatabaseError as reason:
        raise JournalError(f"{file}: это не журнал tsur-nlp, или файл повреждён ({reason})") from None
