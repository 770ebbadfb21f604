"""Chunks of rows routed by this process, several processes, or a cluster."""

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Any

from tsur_nlp.batch.job import CHUNK, Job, Result
from tsur_nlp.batch.rows import result_cells, split_cells, with_masks
from tsur_nlp.errors import MissingExtraError
from tsur_nlp.router import Router
from tsur_nlp.run_config import RunConfig
from tsur_nlp.tables.appeals import appeal_from
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.readers import Row


def _routed(job: Job, columns: Columns, chunks: Iterator[list[Row]]) -> Iterator[tuple[list[Row], list[Result]]]:
    if job.jobs == 1 and not job.engine:
        for chunk in chunks:
            yield chunk, route_rows(job, columns, chunk)
        return
    from joblib import Parallel, delayed

    # Chunks are kept until their results come; joblib takes only a few ahead of the slowest worker.
    waiting: list[list[Row]] = []

    def tasks() -> Iterator[object]:
        for chunk in chunks:
            waiting.append(chunk)
            yield delayed(route_rows)(job, columns, chunk)

    with _engine(job) as workers:
        found = Parallel(n_jobs=workers, return_as="generator", pre_dispatch="2*n_jobs")(tasks())
        for results in found:
            yield waiting.pop(0), results


@contextmanager
def _engine(job: Job) -> Iterator[int]:
    """Where chunks are routed: processes of this machine, or a Dask cluster; yields the number of workers."""
    if not job.engine:
        yield job.jobs
        return
    from joblib import parallel_config

    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("--engine dask", "Dask", "dask") from None
    # A scheduler's address comes from DASK_SCHEDULER_ADDRESS, as Dask's own tools take it; else a local cluster.
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    # Dask's classes carry no types.
    cluster: Any = Client
    client = cluster(address) if address else cluster(n_workers=job.jobs, threads_per_worker=1, dashboard_address=None)
    with client, parallel_config(backend="dask"):
        yield -1


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


@lru_cache(maxsize=4)
def router_for(config: RunConfig) -> Router:
    """The router of a job, loaded once in each process."""
    router = Router.configured(config)
    # The model lives as long as the process: the collector of garbage, which decisions keep busy, need not walk it.
    gc.freeze()
    return router


def route_rows(job: Job, columns: Columns, rows: Sequence[Row]) -> list[Result]:
    """Results for rows, one each; blank for rows with a problem."""
    readable = [row for row in rows if not row.problem]
    read = [appeal_from(row, columns, job.received) for row in readable]
    decisions = router_for(job.config).route_many(appeal for appeal, _ in read)
    found = {
        row.number: split_cells(decision, appeal.text, remark) if job.split else result_cells(decision, remark)
        for row, (appeal, remark), decision in zip(readable, read, decisions, strict=True)
    }
    if job.mask:
        found = {number: with_masks(result) for number, result in found.items()}
    return [found.get(row.number, ()) for row in rows]
