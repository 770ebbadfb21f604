"""Chunks of rows routed by this process, several processes, or a cluster."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from ctypes import CDLL
from functools import lru_cache
from itertools import islice
from typing import Any

from tsur_nlp.batch.checkpoint import line_of
from tsur_nlp.batch.job import CHUNK, Job, Result
from tsur_nlp.batch.rows import result_cells, split_cells, with_masks
from tsur_nlp.errors import MissingExtraError, TableError
from tsur_nlp.router import Router
from tsur_nlp.run_config import RunConfig
from tsur_nlp.tables.appeals import appeal_from
from tsur_nlp.tables.cells import Cell
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.readers import Row

AHEAD = 3
"""Chunks for each worker that are on their way: one at work, and two so that it never waits."""
DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of Linux (linux/prctl.h)."""


def routed(job: Job, columns: Columns, chunks: Iterator[list[Row]]) -> Iterator[tuple[list[Row], bytes]]:
    """Chunks in their order, each with its results as a line of a checkpoint. Raises TableError if a worker dies."""
    if job.jobs == 1 and not job.engine:
        for chunk in chunks:
            yield chunk, _line(job, columns, _cells(chunk))
        return
    waiting: deque[tuple[list[Row], Future[bytes]]] = deque()
    with _workers(job) as (executor, count):
        try:
            for chunk in chunks:
                waiting.append((chunk, executor.submit(_line, job, columns, _cells(chunk))))
                if len(waiting) == AHEAD * count:
                    chunk, line = waiting.popleft()
                    yield chunk, line.result()
            while waiting:
                chunk, line = waiting.popleft()
                yield chunk, line.result()
        except BrokenProcessPool:
            raise TableError(
                "рабочий процесс завершён системой, скорее всего не хватило памяти; "
                "сделанное сохранено: та же команда с --resume и меньшим --jobs"
            ) from None
        finally:
            for _, line in waiting:
                line.cancel()


@contextmanager
def _workers(job: Job) -> Iterator[tuple[Executor, int]]:
    """Where chunks are routed, and how many at once: processes of this machine, or a Dask cluster."""
    if not job.engine:
        with ProcessPoolExecutor(job.jobs, _context(), _begin, (job, os.getpid())) as executor:
            yield executor, job.jobs
        return
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("--engine dask", "Dask", "dask") from None
    # A scheduler's address comes from DASK_SCHEDULER_ADDRESS, as Dask's own tools take it; else a local cluster.
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    # Dask's classes carry no types.
    cluster: Any = Client
    client = cluster(address) if address else cluster(n_workers=job.jobs, threads_per_worker=1, dashboard_address=None)
    with client:
        # Two runs of one job are two: a cluster must not hand on what it remembers.
        yield client.get_executor(pure=False), max(sum(client.nthreads().values()), 1)


def _context() -> Any:
    """How workers are made: as copies of this process, which has loaded the model, where that is safe.

    A copy shares the model's memory and is ready at once. Only Linux makes copies well, and a copy of a process with
    threads may inherit a lock that nobody gives back; then workers begin empty and load the model themselves.
    """
    alone = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if alone else "spawn")


def _begin(job: Job, parent: int) -> None:
    """What a worker does first."""
    # A break at the keyboard goes to all processes; the parent ends the run.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # A parent that is killed can't tell its workers, and they would wait for ever.
        CDLL(None).prctl(DEATH_OF_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    router_for(job.config)


def chunks_of(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows by CHUNK."""
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


@lru_cache(maxsize=4)
def router_for(config: RunConfig) -> Router:
    """The router of a job, loaded once in each process."""
    router = Router.configured(config)
    # The model lives as long as the process: the collector of garbage, which decisions keep busy, need not walk it.
    gc.freeze()
    return router


def _cells(chunk: list[Row]) -> list[tuple[Cell, ...] | None]:
    """What a worker needs of rows: their cells, None for those with a problem."""
    return [None if row.problem else row.cells for row in chunk]


def _line(job: Job, columns: Columns, rows: Sequence[tuple[Cell, ...] | None]) -> bytes:
    """Results for rows as a line of a checkpoint; blank for None."""
    results = iter(route_cells(job, columns, [cells for cells in rows if cells is not None]))
    return line_of([() if cells is None else next(results) for cells in rows])


def route_cells(job: Job, columns: Columns, rows: Sequence[tuple[Cell, ...]]) -> list[Result]:
    """Results for the cells of rows, one each."""
    read = [appeal_from(cells, columns, job.received) for cells in rows]
    decisions = router_for(job.config).route_many([appeal for appeal, _ in read])
    told = [
        split_cells(decision, appeal.text, remark) if job.split else result_cells(decision, remark)
        for (appeal, remark), decision in zip(read, decisions, strict=True)
    ]
    return list(map(with_masks, told)) if job.mask else told
