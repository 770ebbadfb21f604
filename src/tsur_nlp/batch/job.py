"""What is routed by what, and how it went."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tsur_nlp.decision.fields import COLUMNS
from tsur_nlp.model.calibration import OperatingPoint
from tsur_nlp.run_config import SHIPPED, RunConfig
from tsur_nlp.tables.cells import Cell
from tsur_nlp.tables.table import BY_ITSELF, Reading

CHUNK = 1024
"""Rows handed to a worker at once."""

RESULT_COLUMNS = COLUMNS
SPLIT_COLUMNS = ("message", "part")
"""With `split`, after the others: the number of the message's row in the source, the number of the question in it."""


@dataclass(frozen=True)
class Job:
    """What is routed by what. `text`, `territory`, `account`: names of columns, found by themselves if not given.

    `config`: model, region and what must be sure to be sent automatically.
    `received`: the moment deadlines are counted from in rows without a date, the same for the whole run.
    `reading`: sheet, head and encoding of the source, where they are given.
    `engine`: «dask» routes on a cluster instead of processes of this machine.
    `resume`: go on where a run of the same job was killed. `journal`: a journal that takes messages and decisions;
    `split`: a row for each question of a message, with its text, the number of the message and its own.
    `mask`: personal data in texts that come out is masked, as `tsur_nlp.mask` does, in rows put aside too.
    `columns`: heads of a workbook, «ru» for people and «en» for machines; other formats keep the names of COLUMNS.
    `new_journal`: what it keeps of texts if it is made by this run, as `Journal` takes it.
    """

    source: Path
    target: Path
    text: str | None = None
    territory: str | None = None
    account: str | None = None
    config: RunConfig = SHIPPED
    jobs: int = 1
    engine: str | None = None
    resume: bool = False
    journal: Path | None = None
    new_journal: Mapping[str, Any] = field(default_factory=dict)
    reading: Reading = BY_ITSELF
    mask: bool = False
    split: bool = False
    columns: Literal["ru", "en"] = "ru"
    received: datetime = field(default_factory=lambda: datetime.now(UTC).replace(second=0, microsecond=0))


def result_columns(job: Job) -> tuple[str, ...]:
    """Columns of the target after those of the source."""
    return (*RESULT_COLUMNS, *SPLIT_COLUMNS) if job.split else RESULT_COLUMNS


@dataclass
class Totals:
    """How it went. `rows` = `routed` + `rejected`; `resumed` of them were done before the run was killed.

    `has_dates`: a column of dates was found; `undated`: rows whose date could not be read; `without_deadline`:
    messages for which no deadline is named, as their reasons say; `read`: what was read of the source, in a
    line; `cut`: cells longer than the output's format holds; `first`: the texts and results of the first rows.
    """

    routed: int = 0
    rejected: int = 0
    resumed: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    undated: int = 0
    without_deadline: int = 0
    cut: int = 0
    read: str = ""
    has_dates: bool = True
    renamed: dict[str, str] = field(default_factory=dict)
    first: list[tuple[str, "Result"]] = field(default_factory=list)
    promised: Mapping[str, OperatingPoint | None] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.routed + self.rejected


ACTION, REASONS, ERROR = map(RESULT_COLUMNS.index, ("action", "reasons", "error"))
NO_DEADLINE = "Срок не назван"
"""How a reason begins that says so."""
Result = Sequence[Cell]
"""Cells of RESULT_COLUMNS, then what other outputs take: whether a topic and an authority were named, the share of
unknown words, how sure are topic_2, topic_3, authority_2, authority_3; then, if messages are split, the text of each
part and its own cells of both kinds."""
BESIDE = 4
