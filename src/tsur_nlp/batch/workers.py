"""Chunks of rows routed, in whatever process."""

import gc
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from tsur_nlp.batch.checkpoint import line_of
from tsur_nlp.batch.job import CHUNK, Job, Result
from tsur_nlp.batch.rows import result_cells, split_cells, with_masks
from tsur_nlp.pipeline.garbage import garbage_waits
from tsur_nlp.router import Router
from tsur_nlp.run_config import RunConfig
from tsur_nlp.tables.appeals import appeal_from
from tsur_nlp.tables.cells import Cell
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.readers import Row


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


def cells_of(chunk: list[Row]) -> list[tuple[Cell, ...] | None]:
    """What a worker needs of rows: their cells, None for those with a problem."""
    return [None if row.problem else row.cells for row in chunk]


def route_chunk(job: Job, columns: Columns, rows: Sequence[tuple[Cell, ...] | None]) -> bytes:
    """Results for rows as a line of a checkpoint; blank for None."""
    with garbage_waits():
        results = iter(route_cells(job, columns, [cells for cells in rows if cells is not None]))
        line = line_of([() if cells is None else next(results) for cells in rows])
    if gc.isenabled():
        # Circles of this chunk, by a component of a host perhaps. The model is frozen and what earlier chunks left is
        # old, so that only what is new is looked through.
        gc.collect(1)
    return line


def route_cells(job: Job, columns: Columns, rows: Sequence[tuple[Cell, ...]]) -> list[Result]:
    """Results for the cells of rows, one each."""
    read = [appeal_from(cells, columns, job.received) for cells in rows]
    decisions = router_for(job.config).route_many([appeal for appeal, _ in read])
    told = [
        split_cells(decision, appeal.text, remark) if job.split else result_cells(decision, remark)
        for (appeal, remark), decision in zip(read, decisions, strict=True)
    ]
    return list(map(with_masks, told)) if job.mask else told
