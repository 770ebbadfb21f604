"""Routing a whole table: every row comes out, in order, or stands in the quarantine with its reason."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tsur_nlp import __version__
from tsur_nlp.batch.checkpoint import Checkpoint
from tsur_nlp.batch.job import (
    ACTION,
    CHUNK,
    ERROR,
    NO_DEADLINE,
    REASONS,
    RESULT_COLUMNS,
    Job,
    Result,
    Totals,
    result_columns,
)
from tsur_nlp.batch.rows import questions_of, renamed
from tsur_nlp.batch.workbook import DecisionBook
from tsur_nlp.batch.workers import cells_of, chunks_of, route_chunk, router_for
from tsur_nlp.model.persistence import Layout, digest
from tsur_nlp.region.loader import folder_of
from tsur_nlp.router import shipped_model
from tsur_nlp.tables.atomic import remove_leftovers
from tsur_nlp.tables.cells import Cell, as_text
from tsur_nlp.tables.column_mapping import Columns, find_columns
from tsur_nlp.tables.inspection import Inspection, roles_of
from tsur_nlp.tables.paths import keep_apart
from tsur_nlp.tables.readers import Row, open_table
from tsur_nlp.tables.writers import quarantine, write_table

SHOWN = 12
"""Decisions that may be shown when the run is over."""


def route_table(job: Job, progress: Callable[[int, int | None], None] = lambda done, total: None) -> Totals:
    """Route every row of a table into another.

    Rows that can't be read go to `<target>.rejected.csv` with number, reason and what stood there; that file
    is there only if there are such rows. `progress` is told rows done and, where the format knows, in all.
    Raises TableError, ModelError, RegionError; then nothing stands under the target's name.
    """
    rejected = job.target.with_name(job.target.name + ".rejected.csv")
    progress_file = job.target.with_name(job.target.name + ".progress")
    read = (job.source, job.config.model, _own_pack(job.config.region))
    keep_apart(read, (job.target, rejected, progress_file, job.journal))
    # A wrong model or region is reported before the table is touched.
    totals = Totals(promised=router_for(job.config).promised)
    with open_table(job.source, job.reading) as table, ExitStack() as stack:
        columns = find_columns(table.columns, table.sample, text=job.text, territory=job.territory, account=job.account)
        totals.has_dates = columns.created is not None
        inspection = Inspection(job.source, table, roles_of(columns), _is_place(job))
        output = _output(job, inspection, columns)
        totals.renamed = output.renamed
        writer = stack.enter_context(write_table(job.target, output.columns, table.delimiter, output.sheet))
        checkpoint = Checkpoint(progress_file, _run(job), job.resume)
        stack.callback(checkpoint.close)
        job = output.job = replace(job, received=datetime.fromisoformat(checkpoint.run["received"]))
        note = stack.enter_context(_journal(job, columns))
        hide = _mask(job)
        put_aside = stack.enter_context(quarantine(rejected))
        for row, result in _results(job, columns, table.rows, checkpoint, totals):
            inspection.add(row)
            if row.problem:
                put_aside(row._replace(raw=hide(row.raw)) if hide else row, row.problem)
                output.put_aside(row)
                totals.rejected += 1
            else:
                for n, (text, found) in enumerate(_questions(job, columns, row, result), 1):
                    cells = list(row.cells)
                    cells[columns.text] = hide(as_text(text)) if hide else text
                    writer.write(output.row(row.number, n, cells, found))
                    if len(totals.first) < SHOWN:
                        totals.first.append((as_text(cells[columns.text]), found))
                note(row, result)
                totals.routed += 1
                totals.actions[str(result[ACTION])] += 1
                totals.topics[str(result[0])] += 1
                totals.undated += bool(result[ERROR])
                totals.without_deadline += NO_DEADLINE in str(result[REASONS])
            if totals.rows % CHUNK == 0:
                progress(totals.rows, table.count)
        totals.cut, totals.read = writer.cut, inspection.line()
        if not totals.rejected:
            rejected.unlink(missing_ok=True)
            remove_leftovers(rejected)
    checkpoint.remove()
    progress(totals.rows, table.count)
    return totals


def _questions(job: Job, columns: Columns, row: Row, result: Result) -> Iterable[tuple[Cell, Result]]:
    """What becomes a row of the target: the message, or each of its questions."""
    text = row.cells[columns.text]
    return questions_of(result, text) if job.split else [(text, result)]


class _Table:
    """The table for machines: stable names and values."""

    sheet = None

    def __init__(self, job: Job, header: Sequence[str]):
        self.job = job
        self.renamed = renamed(header, result_columns(job))
        self.columns = [*(self.renamed.get(name, name) for name in header), *result_columns(job)]

    def row(self, number: int, question: int, cells: Sequence[Cell], result: Result) -> Sequence[Cell]:
        return [*cells, *result[: len(RESULT_COLUMNS)], *((number, question) if self.job.split else ())]

    def put_aside(self, row: Row) -> None:
        pass


def _output(job: Job, inspection: Inspection, columns: Columns) -> "_Table | DecisionBook":
    if job.target.suffix.lower() == ".xlsx" and job.columns == "ru":
        return DecisionBook(job, router_for(job.config), inspection, columns)
    return _Table(job, inspection.table.columns)


def _is_place(job: Job) -> Callable[[str], bool] | None:
    region = router_for(job.config).region
    return None if region is None else lambda name: region.territory_named(name) is not None


def _own_pack(region: str | None) -> Path | None:
    """The folder of the region, if it is the host's own."""
    return Path(region) if region and Path(region).is_dir() and not region.isidentifier() else None


def _run(job: Job) -> dict[str, Any]:
    """What makes a run this very run: if any of it changed, its chunks can't be used."""
    config = job.config
    model = Layout(config.model or shipped_model()).manifest
    tables = sorted(folder_of(config.pack).iterdir(), key=lambda file: file.name) if config.pack else []
    return {
        "version": __version__,
        "source": digest(job.source),
        "model": digest(model),
        "region": [digest(Path(str(file))) for file in tables if file.is_file()],
        "reading": [job.reading.sheet, job.reading.header, job.reading.encoding],
        "columns": [job.text, job.territory, job.account],
        "precision": config.precision,
        "split": job.split,
        "auto": config.auto,
        "chunk": CHUNK,
        "received": job.received.isoformat(),
    }


# Many runs need no journal and no masks, and these take their time to load.


def _journal(job: Job, columns: Columns) -> AbstractContextManager[Callable[[Row, Result], None]]:
    """What notes a row and its result in the journal of a job, and does nothing if it has none."""
    if job.journal is None:
        return nullcontext(lambda row, result: None)
    from tsur_nlp.batch.journalled import noted

    return noted(job, job.journal, columns)


def _mask(job: Job) -> Callable[[str], str] | None:
    """What masks the texts that come out, if they are to be masked."""
    if not job.mask:
        return None
    from tsur_nlp.privacy import mask

    return mask


def _routed(job: Job, columns: Columns, chunks: Iterator[list[Row]]) -> Iterator[tuple[list[Row], bytes]]:
    """Chunks in their order, each with its results as a line of a checkpoint. Raises TableError if a worker dies."""
    if job.jobs > 1 or job.engine:
        from tsur_nlp.batch.pool import routed_by_many

        yield from routed_by_many(job, columns, chunks)
        return
    for chunk in chunks:
        yield chunk, route_chunk(job, columns, cells_of(chunk))


def _results(
    job: Job, columns: Columns, rows: Iterator[Row], checkpoint: Checkpoint, totals: Totals
) -> Iterator[tuple[Row, Result]]:
    """Rows and their results, in order: first those done before, then the rest, by several processes if asked."""
    chunks = chunks_of(rows)
    for known in checkpoint.done():
        chunk = next(chunks, [])
        totals.resumed += len(chunk)
        yield from zip(chunk, known, strict=True)
    for chunk, line in _routed(job, columns, chunks):
        yield from zip(chunk, checkpoint.add(line), strict=True)
