"""Routing a whole table: every row comes out, in order, or stands in the quarantine with its reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import islice
from pathlib import Path

from tsur_nlp.appeal import Appeal
from tsur_nlp.columns import Columns, find_columns
from tsur_nlp.decision import Decision
from tsur_nlp.errors import TableError
from tsur_nlp.model import Selection
from tsur_nlp.output import write_table
from tsur_nlp.router import Router
from tsur_nlp.tables import Cell, Row, as_text, open_table

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
    received: datetime = field(default_factory=lambda: datetime.now(UTC).replace(second=0, microsecond=0))


@dataclass
class Totals:
    """How it went. `rows` = `routed` + `rejected`."""

    routed: int = 0
    rejected: int = 0
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
    quarantine = job.target.with_name(job.target.name + ".rejected.csv")
    rejected: list[Row] = []
    with open_table(job.source) as table:
        columns = find_columns(table.columns, text=job.text, territory=job.territory, account=job.account)
        totals.renamed = renamed(table.columns)
        header = [totals.renamed.get(name, name) for name in table.columns]
        with write_table(job.target, [*header, *RESULT_COLUMNS], table.delimiter) as writer:
            for row, result in _results(job, columns, table.rows):
                if row.problem:
                    rejected.append(row)
                    totals.rejected += 1
                else:
                    writer.write([*row.cells, *result])
                    totals.routed += 1
                    totals.actions[result[ACTION]] += 1
                    totals.topics[result[0]] += 1
                if totals.rows % CHUNK == 0:
                    progress(totals.rows, table.count)
            if rejected:
                with write_table(quarantine, ("row", "reason", "content")) as aside:
                    for row in rejected:
                        aside.write((row.number, row.problem, row.raw))
            else:
                quarantine.unlink(missing_ok=True)
    progress(totals.rows, table.count)
    return totals


ACTION = RESULT_COLUMNS.index("action")
Result = tuple[Cell, ...]


def _results(job: Job, columns: Columns, rows: Iterator[Row]) -> Iterator[tuple[Row, Result]]:
    """Rows and their results, in order; by several processes if asked."""
    if job.jobs == 1:
        for chunk in _chunks(rows):
            yield from zip(chunk, route_rows(job, columns, chunk), strict=True)
        return
    from joblib import Parallel, delayed

    # Chunks are kept until their results come; joblib takes only a few ahead of the slowest worker.
    waiting: list[list[Row]] = []

    def tasks() -> Iterator[object]:
        for chunk in _chunks(rows):
            waiting.append(chunk)
            yield delayed(route_rows)(job, columns, chunk)

    results: Iterable[list[Result]] = Parallel(n_jobs=job.jobs, return_as="generator", pre_dispatch="2*n_jobs")(tasks())
    for found in results:
        yield from zip(waiting.pop(0), found, strict=True)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


@cache
def router_for(job: Job) -> Router:
    """The router of a job, loaded once in each process."""
    return Router.load(job.model, job.region, job.precision)


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


def appeal_from(row: Row, columns: Columns, received: datetime) -> tuple[Appeal, str]:
    """The appeal in a row and a remark, if something in the row could not be understood.

    `received` stands in where the row does not say when it was written.
    """

    def cell(position: int | None) -> str | None:
        return None if position is None else as_text(row.cells[position]).strip() or None

    created, remark = None, ""
    if columns.created is not None:
        created, remark = moment(row.cells[columns.created])
    appeal = Appeal(
        text=as_text(row.cells[columns.text]),
        id=cell(columns.id),
        channel=cell(columns.channel),
        account=cell(columns.account),
        territory=cell(columns.territory),
        created=created or received,
    )
    return appeal, remark


MOMENTS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")


def moment(cell: Cell) -> tuple[datetime | None, str]:
    """A moment from a cell of a table: a date of the format itself, ISO 8601, or as written in Russia."""
    if isinstance(cell, datetime):
        return cell, ""
    if isinstance(cell, date):
        return datetime.combine(cell, time()), ""
    text = as_text(cell).strip()
    if not text:
        return None, ""
    for read in (datetime.fromisoformat, *(lambda t, form=form: datetime.strptime(t, form) for form in MOMENTS)):
        try:
            return read(text), ""
        except ValueError:
            continue
    return None, "дата не разобрана, срок отсчитан от текущего момента"


def result_cells(decision: Decision, remark: str = "") -> Result:
    """A decision as the cells of RESULT_COLUMNS."""
    topics = [choice.title for choice in decision.topics[:3]]
    authorities = [choice.title for choice in decision.authorities[:3]]
    topics += [""] * (3 - len(topics))
    authorities += [""] * (3 - len(authorities))
    return (
        topics[0], decision.topic.group, round(decision.topic.confidence, 4), *topics[1:],
        authorities[0], round(decision.authority.confidence, 4), *authorities[1:],
        decision.action, "; ".join(decision.reasons),
        decision.deadline.isoformat(timespec="minutes") if decision.deadline else "", remark,
    )  # fmt: skip
