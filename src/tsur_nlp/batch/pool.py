"""Chunks of rows routed by several processes, or by a cluster."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from ctypes import CDLL
from typing import Any

from tsur_nlp.batch.job import Job
from tsur_nlp.batch.workers import cells_of, route_chunk, router_for
from tsur_nlp.errors import MissingExtraError, TableError
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.readers import Row

AHEAD = 3
"""Chunks for each worker that are on their way: one at work, and two so that it never waits."""
DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of Linux (linux/prctl.h)."""


def routed_by_many(job: Job, columns: Columns, chunks: Iterator[list[Row]]) -> Iterator[tuple[list[Row], bytes]]:
    """Chunks in their order, each with its results as a line of a checkpoint. Raises TableError if a worker dies."""
    waiting: deque[tuple[list[Row], Future[bytes]]] = deque()
    with _workers(job) as (executor, count):
        try:
            for chunk in chunks:
                waiting.append((chunk, executor.submit(route_chunk, job, columns, cells_of(chunk))))
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
            with _uninterrupted():
                # The first task makes the workers.
                executor.submit(os.getpid)
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


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Lets a break at the keyboard wait; workers that are made meanwhile never hear of one, as the parent ends runs."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(job: Job, parent: int) -> None:
    """What a worker does first."""
    # A worker that is made later, or on Windows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # A parent that is killed can't tell its workers, and they would wait for ever.
        CDLL(None).prctl(DEATH_OF_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    router_for(job.config)
