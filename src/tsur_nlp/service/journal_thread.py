"""The journal for the pages and for hosts: one thread with a connection of its own.

Readers of SQLite never wait for a writer, so a long summary holds back no decision, and no batch a click.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

from tsur_nlp.journal.store import Journal
from tsur_nlp.service.problems import Refusal

WAIT = 1.5
"""Seconds a click waits while another process writes."""
NO_JOURNAL = "служба запущена без журнала; запустите её с --journal"

Answer = TypeVar("Answer")


class JournalThread:
    """Does one thing after another with the journal. `start` before use, `stop` after."""

    def __init__(self, file: Path | None):
        self._file = file
        self._journal: Journal | None = None
        self._thread = ThreadPoolExecutor(1, "journal")

    @property
    def is_there(self) -> bool:
        return self._file is not None

    async def start(self, zone: Any) -> None:
        """Raises JournalError."""
        if self._file is not None:
            file = self._file

            def opened() -> Journal:
                return Journal(file, zone=zone, wait=WAIT)

            self._journal = await asyncio.get_running_loop().run_in_executor(self._thread, opened)

    async def do(self, work: Callable[[Journal], Answer]) -> Answer:
        """What the work makes of the journal. Raises Refusal without a journal, JournalError."""
        if self._journal is None:
            raise Refusal(404, NO_JOURNAL)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._journal)

    async def stop(self) -> None:
        if self._journal is not None:
            await self.do(Journal.close)
        self._thread.shutdown()


def session_key(journal: Journal) -> bytes:
    """What sessions are signed with: kept in the journal, so that they outlive a restart."""
    with journal.transaction():
        journal.query("INSERT OR IGNORE INTO settings VALUES ('session_key', ?)", token_hex(32))
        (key,) = journal.query("SELECT value FROM settings WHERE name = 'session_key'").fetchone()
    return str(key).encode()
