"""The desk: one thread that owns the router and the journal, so that nothing else has to be thread-safe."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.journal.records import ZONE, Entry, Known, Verdict
from tsur_nlp.journal.store import Journal
from tsur_nlp.model.classifier import BLOCK
from tsur_nlp.router import Router
from tsur_nlp.service.schemas import decision_json

MOST_LISTED = 1000
LONGEST_WAIT = 1.5
"""Seconds a request waits for another writer of the journal before it is answered 503."""

Answer = TypeVar("Answer")
Waiting = tuple[Appeal, bool, "asyncio.Future[dict[str, Any]]"]
"""An appeal, whether its answer is to be explained, and where the answer goes."""


@dataclass(frozen=True)
class Settings:
    """How the service runs. `token`: what clients must show, nothing if None; sizes are in bytes, `seconds` for one
    request that is no batch."""

    model: Path | None = None
    region: str | None = None
    precision: float = 0.8
    journal: Path | None = None
    token: str | None = None
    body: int = 2_000_000
    batch: int = 200_000_000
    seconds: float = 30.0


class Desk:
    """Decides one block of appeals after another. `start` before use, `stop` after."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self._thread = ThreadPoolExecutor(1, "desk")
        self._waiting: list[Waiting] = []
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the model and open the journal. Raises ModelError, RegionError, JournalError."""
        await self._do(self._open)

    async def reload(self) -> None:
        """Load the model and the region anew; decisions go on with the old ones until then."""
        # In a thread of its own: the desk works meanwhile, and takes the new router between two blocks.
        self.router = await asyncio.to_thread(self._loaded)

    async def stop(self) -> None:
        await self._do(self._close)
        self._thread.shutdown()

    async def decide(self, appeals: Sequence[Appeal]) -> list[Decision]:
        """Decisions on appeals, in order; written to the journal if there is one."""
        return await self._do(lambda: self._decide(appeals))

    async def answer_many(self, appeals: Sequence[Appeal]) -> list[dict[str, Any]]:
        """The same as JSON."""
        return await self._do(lambda: [decision_json(one) for one in self._decide(appeals)])

    async def answer(self, appeal: Appeal, explain: bool = False) -> dict[str, Any]:
        """The decision on one appeal as JSON, with the words that spoke for the topic if asked.

        Appeals that wait while others are decided are decided together: a block takes little longer than one.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[dict[str, Any]] = loop.create_future()
        self._waiting.append((appeal, explain, answer))
        if self._serving is None:
            self._serving = loop.create_task(self._serve_waiting())
        return await answer

    async def _serve_waiting(self) -> None:
        while self._waiting:
            block, self._waiting = self._waiting[:BLOCK], self._waiting[BLOCK:]
            try:
                decisions = await self._do(lambda block=block: self._answers(block))  # type: ignore[misc]
            except Exception as error:
                for _, _, answer in block:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for (_, _, answer), content in zip(block, decisions, strict=True):
                # Who asked may have gone meanwhile.
                if not answer.done():
                    answer.set_result(content)
        self._serving = None

    def _answers(self, block: Sequence[Waiting]) -> list[dict[str, Any]]:
        decisions = self._decide([appeal for appeal, _, _ in block])
        return [decision_json(one, explain) for one, (_, explain, _) in zip(decisions, block, strict=True)]

    async def known(self, number: str) -> Known | None:
        """What the journal knows of a message by its number; None without a journal."""
        return await self._do(lambda: self._journal.known(number) if self._journal else None)

    async def known_between(self, start: datetime, end: datetime, fits: Callable[[Known], bool]) -> list[Known]:
        """The last MOST_LISTED messages between two moments that fit; none without a journal."""

        def listed() -> list[Known]:
            found = self._journal.known_between(start, end) if self._journal else iter(())
            return list(islice(filter(fits, found), MOST_LISTED))

        return await self._do(listed)

    async def _do(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        self.router = self._loaded()
        zone = self.router.region.working_time.zone if self.router.region else ZONE
        file = self.settings.journal
        self._journal = Journal(file, zone=zone, wait=LONGEST_WAIT) if file else None

    def _loaded(self) -> Router:
        settings = self.settings
        router = Router.load(settings.model, settings.region, settings.precision)
        router.route("Проверка: во дворе не горит фонарь")
        return router

    def _close(self) -> None:
        if self._journal:
            self._journal.close()

    def _decide(self, appeals: Sequence[Appeal]) -> list[Decision]:
        if self._journal is None:
            return list(self.router.route_many(appeals))
        now = datetime.now(self._journal.zone)
        # Without a number only its moment tells a message from another one in the same words.
        appeals = [replace(appeal, created=appeal.created or now) for appeal in appeals]
        decisions = list(self.router.route_many(appeals))
        self._journal.record(
            Entry(appeal, Verdict.of(decision, self.router.version), decision.territory, routed=now)
            for appeal, decision in zip(appeals, decisions, strict=True)
        )
        return decisions
