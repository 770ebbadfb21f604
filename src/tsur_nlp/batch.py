"""Routing a whole table: every row comes out, in order, or stands in the quarantine with its reason."""

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from tsur_nlp import __version__
from tsur_nlp.appeal import Appeal
from tsur_nlp.checkpoint import Checkpoint
from tsur_nlp.columns import Columns, find_columns
from tsur_nlp.decision import Decision
from tsur_nlp.errors import TableError
from tsur_nlp.journal import Entry, Journal, Verdict, region_accounts
from tsur_nlp.model import Selection
from tsur_nlp.output import quarantine, write_table
from tsur_nlp.pack import folder_of
from tsur_nlp.router import DEFAULT_REGION, Router, shipped_model
from tsur_nlp.storage import Layout, digest
from tsur_nlp.tables import Cell, Row, as_moment, as_text, open_table

CHUNK = 1024
"""Rows handed to a worker at once."""

RESULT_COLUMNS = (
    "topic", "topic_group", "topic_confidence", "topic_2", "topic_3",
    "authority", "authority_confidence", "authority_2", "authority_3",
    "action", "reasons", "deadline", "error",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """What is routed by what. `text`, `territory`, `account`: names of columns, found by themselves if not given.

    `received`: the moment deadlines are counted from in rows without a date, the same for the whole run.
    `engine`: «dask» routes on a cluster instead of processes of this machine.
    `resume`: go on where a run of the same job was killed. `journal`: a journal that takes messages and decisions.
    """

    source: Path
    target: Path
    text: str | None = None
    territory: str | None = None
    account: str | None = None
    model: Path | None = None
    region: str | None = None
    precision: float = 0.8
    jobs: int = 1
    engine: str | None = None
    resume: bool = False
    journal: Path | None = None
    received: datetime = field(default_factory=lambda: datetime.now(UTC).replace(second=0, microsecond=0))


@dataclass
class Totals:
    """How it went. `rows` = `routed` + `rejected`; `resumed` of them were done before the run was killed."""

    routed: int = 0
    rejected: int = 0
    resumed: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    renamed: dict[str, str] = field(default_factory=dict)
    promised: Mapping[str, Selection | None] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.routed + self.rejected


def route_table(job: Job, progress: Callable[[int, int | None], None] = lambda done, total: None) -> Totals:
    """Route every row of a table into another.

    Rows that can't be read go to `<target>.rejected.csv` with number, reason and what stood there; that file
    is there only if there are such rows. `progress` is told rows done and, where the format knows, in all.
    Raises TableError, ModelError, RegionError; then nothing stands under the target's name.
    """
    if job.source.resolve() == job.target.resolve():
        raise TableError(f"{job.target}: вход и выход — один файл; назовите другой выход")
    # A wrong model or region is told before the table is touched.
    totals = Totals(promised=router_for(job).promised)
    rejected = job.target.with_name(job.target.name + ".rejected.csv")
    with open_table(job.source) as table, ExitStack() as stack:
        columns = find_columns(table.columns, text=job.text, territory=job.territory, account=job.account)
        totals.renamed = renamed(table.columns)
        header = [totals.renamed.get(name, name) for name in table.columns]
        writer = stack.enter_context(write_table(job.target, [*header, *RESULT_COLUMNS], table.delimiter))
        checkpoint = Checkpoint(job.target.with_name(job.target.name + ".progress"), _run(job), job.resume)
        stack.callback(checkpoint.close)
        job = replace(job, received=datetime.fromisoformat(checkpoint.run["received"]))
        note = stack.enter_context(_journal(job, columns))
        put_aside = stack.enter_context(quarantine(rejected))
        for row, result in _results(job, columns, table.rows, checkpoint, totals):
            if row.problem:
                put_aside(row, row.problem)
                totals.rejected += 1
            else:
                writer.write([*row.cells, *result[: len(RESULT_COLUMNS)]])
                note(row, result)
                totals.routed += 1
                totals.actions[str(result[ACTION])] += 1
                totals.topics[str(result[0])] += 1
            if totals.rows % CHUNK == 0:
                progress(totals.rows, table.count)
        if not totals.rejected:
            rejected.unlink(missing_ok=True)
    checkpoint.remove()
    progress(totals.rows, table.count)
    return totals


def _run(job: Job) -> dict[str, Any]:
    """What makes a run this very run: if any of it changed, its chunks can't be used."""
    model = Layout(job.model or shipped_model()).manifest
    region = job.region or (DEFAULT_REGION if job.model is None else "")
    tables = sorted(folder_of(region).iterdir(), key=lambda file: file.name) if region else []
    return {
        "version": __version__,
        "source": digest(job.source),
        "model": digest(model),
        "region": [digest(Path(str(file))) for file in tables if file.is_file()],
        "columns": [job.text, job.territory, job.account],
        "precision": job.precision,
        "chunk": CHUNK,
        "received": job.received.isoformat(),
    }


ACTION = RESULT_COLUMNS.index("action")
Result = tuple[Cell, ...]
"""Cells of RESULT_COLUMNS, then what only the journal takes: the territory and the share of unknown words."""


@contextmanager
def _journal(job: Job, columns: Columns) -> Iterator[Callable[[Row, Result], None]]:
    """What notes a row and its result in the journal of a job, and does nothing if it has none."""
    if job.journal is None:
        yield lambda row, result: None
        return
    router = router_for(job)
    with Journal(job.journal) as journal, journal.recorder() as recorder:
        if router.region is not None:
            journal.add_accounts(region_accounts(router.region))
        yield lambda row, result: recorder.add(_entry(job, columns, router.version, row, result))


def _entry(job: Job, columns: Columns, model: str, row: Row, result: Result) -> Entry:
    """A row and its result as the journal takes them."""
    appeal, _ = appeal_from(row, columns)
    topic, group, sure, _, _, authority, authority_sure, _, _, action, _, deadline, _, territory, unknown = result
    verdict = Verdict(
        topic if sure else "", group, authority if authority_sure else "", model, sure, authority_sure, action,
        datetime.fromisoformat(deadline) if deadline else None, unknown,
    )  # fmt: skip
    return Entry(appeal, verdict, territory, routed=job.received)


def _results(
    job: Job, columns: Columns, rows: Iterator[Row], checkpoint: Checkpoint, totals: Totals
) -> Iterator[tuple[Row, Result]]:
    """Rows and their results, in order: first those done before, then the rest, by several processes if asked."""
    chunks = _chunks(rows)
    for known in checkpoint.done():
        chunk = next(chunks, [])
        totals.resumed += len(chunk)
        yield from zip(chunk, known, strict=True)
    for chunk, found in _routed(job, columns, chunks):
        checkpoint.add(found)
        yield from zip(chunk, found, strict=True)


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
        raise TableError("для --engine dask нужен Dask: pip install 'tsur-nlp[dask]'") from None
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


def router_for(job: Job) -> Router:
    """The router of a job, loaded once in each process."""
    return _router(job.model, job.region, job.precision)


@lru_cache(maxsize=4)
def _router(model: Path | None, region: str | None, precision: float) -> Router:
    router = Router.load(model, region, precision)
    # The model lives as long as the process: the collector of garbage, which decisions keep busy, need not walk it.
    gc.freeze()
    return router


def route_rows(job: Job, columns: Columns, rows: Sequence[Row]) -> list[Result]:
    """Results for rows, one each; blank for rows with a problem."""
    readable = [row for row in rows if not row.problem]
    read = [appeal_from(row, columns, job.received) for row in readable]
    decisions = router_for(job).route_many(appeal for appeal, _ in read)
    found = {
        row.number: result_cells(decision, remark)
        for row, (_, remark), decision in zip(readable, read, decisions, strict=True)
    }
    return [found.get(row.number, ()) for row in rows]


def renamed(columns: Sequence[str]) -> dict[str, str]:
    """New names for input columns that are called like a result: `topic` becomes `input_topic`."""
    taken = set(columns)
    names: dict[str, str] = {}
    for name in columns:
        if name in RESULT_COLUMNS:
            fresh = f"input_{name}"
            while fresh in taken:
                fresh = f"input_{fresh}"
            names[name] = fresh
            taken.add(fresh)
    return names


# ------------------------------------------------------------------------------
#   Row → appeal, decision → row
# ------------------------------------------------------------------------------


def appeal_from(row: Row, columns: Columns, received: datetime | None = None) -> tuple[Appeal, str]:
    """The appeal in a row and a remark, if something in the row could not be understood.

    `received` stands in where the row does not say when it was written.
    """
    created, remark = None, ""
    if columns.created is not None:
        try:
            created = as_moment(row.cells[columns.created])
        except ValueError:
            remark = "дата не разобрана, срок отсчитан от текущего момента"
    appeal = Appeal(
        text=as_text(row.cells[columns.text]),
        id=row.text(columns.id) or None,
        channel=row.text(columns.channel) or None,
        account=row.text(columns.account) or None,
        territory=row.text(columns.territory) or None,
        created=created or received,
    )
    return appeal, remark


def result_cells(decision: Decision, remark: str = "") -> Result:
    """A decision as a result."""
    topics = [choice.title for choice in decision.topics[:3]]
    authorities = [choice.title for choice in decision.authorities[:3]]
    topics += [""] * (3 - len(topics))
    authorities += [""] * (3 - len(authorities))
    return (
        topics[0], decision.topic.group, round(decision.topic.confidence, 4), *topics[1:],
        authorities[0], round(decision.authority.confidence, 4), *authorities[1:],
        decision.action, "; ".join(decision.reasons),
        decision.deadline.isoformat(timespec="minutes") if decision.deadline else "", remark,
        decision.territory, round(decision.unknown_words, 4),
    )  # fmt: skip
