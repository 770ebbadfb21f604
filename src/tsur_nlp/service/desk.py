"""The desk: one thread that decides and writes, and the bounded queue before it.

Messages that wait while others are decided are decided together: a block takes little longer than one. Whoever left
before the decision is neither decided nor written; what is being written is answered. A message on which something
fails costs only itself.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.errors import JournalError
from tsur_nlp.journal.database import check_writable
from tsur_nlp.journal.records import ZONE, Entry, Known, Verdict
from tsur_nlp.journal.store import Journal
from tsur_nlp.model.classifier import BLOCK
from tsur_nlp.router import Router
from tsur_nlp.run_config import SHIPPED, RunConfig
from tsur_nlp.service.problems import BusyError

MOST_LISTED = 1000
LONGEST_WAIT = 1.5
"""Seconds a message waits, from its coming, for another writer of the journal before it is answered 503."""
SHORTEST_WAIT = 0.05
"""Seconds it waits in any case."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Settings:
    """How the service runs. `config`: model, region and what must be sure to be sent automatically. `token`: what
    clients must show, nothing if None; sizes are in bytes, `seconds` for one request that is not a batch, and for
    the next part of one that is. `waiting`: messages that may wait at once; `batches`: batches that may run at
    once. `staff`: the table of those who work at the desk (staff.py); `proxy_user`: the header in which a proxy on
    this machine names them. `webhook`: where urgent messages are told, signed with `webhook_secret`. `key`: what
    sessions are signed with where there is no journal to keep a key.
    """

    config: RunConfig = SHIPPED
    journal: Path | None = None
    token: str | None = None
    body: int = 2_000_000
    batch: int = 200_000_000
    seconds: float = 30.0
    waiting: int = 1024
    batches: int = 8
    staff: Path | None = None
    proxy_user: str | None = None
    webhook: str | None = None
    webhook_secret: str = ""
    key: str = ""


class Asked:
    """A message that waits; `answer` gets what `made` makes of the decision on it, or the error."""

    __slots__ = ("answer", "appeal", "came", "made", "state")

    def __init__(self, appeal: Appeal, made: Callable[[Decision], Any], answer: "asyncio.Future[Any]"):
        self.appeal, self.made, self.answer = appeal, made, answer
        self.came = time.monotonic()
        self.state = "waiting"


class Desk:
    """Decides one block of appeals after another. `start` before use, `stop` after."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self._thread = ThreadPoolExecutor(1, "desk")
        self._single: deque[Asked] = deque()
        self._blocks: deque[list[Asked]] = deque()
        self._serving: asyncio.Task[None] | None = None
        self._states = threading.Lock()
        self._batches = 0
        self._checking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the model and open the journal. Raises ModelError, RegionError, JournalError."""
        await self._do(self._open)

    async def reload(self) -> None:
        """Reload the model and the region; decisions go on with the old ones until then."""
        # In a thread of its own: the desk works meanwhile, and takes the new router between two blocks.
        self.router = await asyncio.to_thread(self._loaded)

    async def stop(self) -> None:
        await self._do(self._close)
        self._thread.shutdown()

    # --------------------------------------------------------------------------
    #   The queue
    # --------------------------------------------------------------------------

    def ask(self, appeal: Appeal, made: Callable[[Decision], Any]) -> Asked:
        """Put a message into the queue. Raises BusyError if it is full."""
        if len(self._single) >= self.settings.waiting:
            raise BusyError
        asked = Asked(appeal, made, asyncio.get_running_loop().create_future())
        self._single.append(asked)
        self._serve()
        return asked

    async def answer(self, asked: Asked) -> Any:
        """What came of a message. Whoever is cancelled while it is being written gets the answer all the same."""
        try:
            return await asyncio.shield(asked.answer)
        except asyncio.CancelledError:
            if self.leave(asked):
                raise
            return await asked.answer

    def leave(self, asked: Asked) -> bool:
        """Take a message out of the queue; whether that is still possible."""
        with self._states:
            if asked.state == "waiting":
                asked.state = "left"
                asked.answer.cancel()
        return asked.state == "left"

    async def decide(self, appeal: Appeal) -> Decision:
        """The decision on one appeal; written to the journal if there is one. Raises BusyError, JournalError."""
        decision: Decision = await self.answer(self.ask(appeal, lambda decision: decision))
        return decision

    def begin_batch(self) -> None:
        """Raises BusyError if too many batches run already."""
        if self._batches >= self.settings.batches:
            raise BusyError
        self._batches += 1

    def end_batch(self) -> None:
        self._batches -= 1

    async def answer_many(self, appeals: Sequence[Appeal], made: Callable[[Decision], Any]) -> list[Any]:
        """The same for the block of a batch, in order, with the error in the place of a message that failed."""
        loop = asyncio.get_running_loop()
        block = [Asked(appeal, made, loop.create_future()) for appeal in appeals]
        if block:
            self._blocks.append(block)
            self._serve()
        try:
            return await asyncio.gather(*(asked.answer for asked in block), return_exceptions=True)
        finally:
            for asked in block:
                self.leave(asked)

    def _serve(self) -> None:
        if self._serving is None:
            self._serving = asyncio.get_running_loop().create_task(self._serve_waiting())

    async def _serve_waiting(self) -> None:
        while self._single or self._blocks:
            if self._single:
                await self._serve_block([self._single.popleft() for _ in range(min(BLOCK, len(self._single)))])
            if self._blocks:
                await self._serve_block(self._blocks.popleft())
        self._serving = None

    async def _serve_block(self, block: list[Asked]) -> None:
        for asked, found in await self._do(lambda: self._answers(block)):
            if asked.answer.done():
                continue
            if isinstance(found, Exception):
                asked.answer.set_exception(found)
            else:
                asked.answer.set_result(found)

    # --------------------------------------------------------------------------
    #   In the desk's thread
    # --------------------------------------------------------------------------

    def _answers(self, block: list[Asked]) -> list[tuple[Asked, Any]]:
        """What came of each message of a block; if anything fails, one by one, so that only its cause fails."""
        present = [asked for asked in block if asked.state == "waiting"]
        try:
            return self._answered(present)
        except JournalError as error:
            return [(asked, error) for asked in present]
        except Exception as error:
            if len(present) == 1:
                return [(present[0], error)]
        return [pair for asked in present for pair in self._answers([asked])]

    def _answered(self, block: list[Asked]) -> list[tuple[Asked, Any]]:
        if self._journal is None:
            decisions = list(self.router.route_many([asked.appeal for asked in block]))
            return [(asked, asked.made(decision)) for asked, decision in zip(block, decisions, strict=True)]
        now = datetime.now(self._journal.zone)
        # Without a number only its moment tells a message from another one in the same words.
        appeals = [replace(asked.appeal, created=asked.appeal.created or now) for asked in block]
        decisions = list(self.router.route_many(appeals))
        answers = [asked.made(decision) for asked, decision in zip(block, decisions, strict=True)]
        claimed = self._claim(block)
        try:
            self._record(
                [
                    Entry(appeal, Verdict.of(decision, self.router.version), decision.territory, routed=now)
                    for asked, appeal, decision in zip(block, appeals, decisions, strict=True)
                    if asked in claimed
                ],
                min((asked.came for asked in block), default=0.0),
            )
        except Exception:
            # Nothing was written: it may be tried again one by one, or be left meanwhile.
            for asked in claimed:
                asked.state = "waiting"
            raise
        return list(zip(block, answers, strict=True))

    def _claim(self, block: list[Asked]) -> set[Asked]:
        """Messages that are still waited for; from now on they are answered."""
        with self._states:
            claimed = {asked for asked in block if asked.state == "waiting"}
            for asked in claimed:
                asked.state = "written"
        return claimed

    def _record(self, entries: Sequence[Entry], came: float) -> None:
        assert self._journal is not None
        if entries:
            self._journal.wait(max(SHORTEST_WAIT, LONGEST_WAIT - (time.monotonic() - came)))
            self._journal.record(entries)

    async def known(self, number: str) -> Known | None:
        """What the journal knows of a message by its number; None without a journal."""
        return await self._do(lambda: self._journal.known(number) if self._journal else None)

    async def known_between(self, start: datetime, end: datetime, fits: Callable[[Known], bool]) -> list[Known]:
        """The last MOST_LISTED messages between two moments that fit; none without a journal."""

        def listed() -> list[Known]:
            found = self._journal.known_between(start, end) if self._journal else iter(())
            return list(islice(filter(fits, found), MOST_LISTED))

        return await self._do(listed)

    async def check(self) -> None:
        """Raises JournalError if the journal could not be written now: locked, no place, no rights."""
        if self.settings.journal is None:
            return
        # However many ask, the file is tried by one at a time.
        if self._checking is None or self._checking.done():
            checking = asyncio.to_thread(check_writable, self.settings.journal, SHORTEST_WAIT)
            self._checking = asyncio.create_task(checking)
        await asyncio.shield(self._checking)

    async def _do(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        self.router = self._loaded()
        file = self.settings.journal
        self._journal = Journal(file, zone=zone_of(self.router), wait=LONGEST_WAIT) if file else None

    def _loaded(self) -> Router:
        router = Router.configured(self.settings.config)
        router.route("Проверка: во дворе не горит фонарь")
        return router

    def _close(self) -> None:
        if self._journal:
            self._journal.close()


def zone_of(router: Router) -> Any:
    """The time zone of a router's region."""
    return router.region.working_time.zone if router.region else ZONE
