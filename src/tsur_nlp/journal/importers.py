"""Tables that fill a journal: past exports and lists of accounts; corrections have a module of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tsur_nlp.errors import TableError
from tsur_nlp.journal.records import Account, Entry, Verdict
from tsur_nlp.journal.store import Journal
from tsur_nlp.tables.appeals import appeal_from
from tsur_nlp.tables.cells import as_duration, as_moment
from tsur_nlp.tables.column_mapping import find_column, find_columns
from tsur_nlp.tables.readers import Row, open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading
from tsur_nlp.tables.writers import quarantine

Made = TypeVar("Made")
SHOWN_REASONS = 5
MOMENTS, TIMES = ("answered", "closed"), ("answer_time", "closing_time")
"""Columns that say when a message was answered and closed, and those that say how long it took."""


@dataclass
class Taken:
    """How a table was taken. `rows` were read, `written` changed the journal, `rejected` lie in the quarantine.

    `undated`: messages without a moment, which no year counts; `missing`: corrections of messages that the journal
    does not have, also rejected; `reasons`: number and reason of the first rejected.
    """

    rows: int = 0
    written: int = 0
    rejected: int = 0
    undated: int = 0
    missing: int = 0
    reasons: list[tuple[int, str]] = field(default_factory=list)

    def reject(self, row: Row, reason: str) -> None:
        """Count a row that was put aside; the first of them are remembered with their reasons."""
        self.rejected += 1
        if len(self.reasons) < SHOWN_REASONS:
            self.reasons.append((row.number, reason))


def quarantine_of(journal: Journal) -> Path:
    """Where rows that can't be taken are put: beside the journal."""
    return journal.file.with_name(journal.file.name + ".rejected.csv")


def import_export(
    journal: Journal,
    file: Path,
    received: datetime | None = None,
    text: str | None = None,
    how: Reading = BY_ITSELF,
) -> Taken:
    """Past messages with what people decided of them and how long it took.

    Columns are found by the names that «Инцидент Менеджмент» gives them. A message was answered and closed at the
    moments of their columns, or so much later than it came. `received`: for rows without a moment of their own.
    Raises TableError, JournalError.
    """
    taken = Taken()
    with open_table(file, how) as table, ExitStack() as stack:
        columns = find_columns(table.columns, table.sample, text=text)
        at = {
            role: find_column(table.columns, role)
            for role in ("topic", "group", "authority", "answer", *MOMENTS, *TIMES)
        }

        def entry(row: Row) -> Entry:
            appeal, remark = appeal_from(row.cells, columns)
            if remark:
                raise ValueError("дата не разобрана; годятся 31.12.2024 15:30 и 2024-12-31 15:30")
            if not appeal.text.strip():
                raise ValueError("текст пуст")
            moment = appeal.created or received
            taken.undated += moment is None
            verdict = Verdict(row.text(at["topic"]), row.text(at["group"]), row.text(at["authority"]))
            decided = verdict if verdict.topic or verdict.authority else None
            answered, closed = (
                _ended(row, at[when], at[time], moment) for when, time in zip(MOMENTS, TIMES, strict=True)
            )
            answer = row.text(at["answer"])
            return Entry(replace(appeal, created=moment), decided, answered=answered, closed=closed, answer=answer)

        taken.written = journal.record(good_rows(table.rows, entry, taken, journal, stack))
    return taken


def _ended(row: Row, moment_at: int | None, time_at: int | None, came: datetime | None) -> datetime | None:
    """When a message was answered or closed: by a column of moments, else by one of times since it came.

    Raises ValueError for a cell that can't be understood.
    """
    if moment_at is not None and (found := as_moment(row.cells[moment_at])):
        return found
    if time_at is None or came is None:
        return None
    try:
        lasted = as_duration(row.cells[time_at])
        return came + lasted if lasted is not None else None
    except (ValueError, OverflowError):
        raise ValueError("длительность не разобрана; годится «11 days 12:10:25»") from None


def take_accounts(journal: Journal, file: Path, how: Reading = BY_ITSELF) -> Taken:
    """Accounts from a table of addresses, owners and kinds of owner. Raises TableError, JournalError."""
    taken = Taken()
    with open_table(file, how) as table, ExitStack() as stack:
        at = [find_column(table.columns, role) for role in ("address", "owner", "kind")]
        if at[0] is None:
            raise TableError(f"{file.name}: нет столбца «Адрес»; нужны Адрес, Владелец, Вид")

        def account(row: Row) -> Account:
            address, owner, kind = map(row.text, at)
            if not address:
                raise ValueError("адрес пуст")
            return Account(address, owner, kind or "прочие")

        taken.written = journal.add_accounts(good_rows(table.rows, account, taken, journal, stack))
    return taken


def good_rows(
    rows: Iterator[Row], make: Callable[[Row], Made], taken: Taken, journal: Journal, stack: ExitStack
) -> Iterator[Made]:
    """What is made of the rows that can be understood; the others go to the quarantine with the reason."""
    put_aside = stack.enter_context(quarantine(quarantine_of(journal)))
    for row in rows:
        taken.rows += 1
        try:
            if row.problem:
                raise ValueError(row.problem)
            made = make(row)
        except ValueError as reason:
            put_aside(row, str(reason))
            taken.reject(row, str(reason))
        else:
            yield made
