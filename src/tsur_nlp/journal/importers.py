"""Tables that fill a journal: past exports, corrections of operators, lists of accounts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tsur_nlp.errors import TableError
from tsur_nlp.journal.records import Account, Correction, Entry, Verdict
from tsur_nlp.journal.store import Journal
from tsur_nlp.tables.appeals import appeal_from
from tsur_nlp.tables.cells import as_duration, as_moment
from tsur_nlp.tables.column_mapping import find_column, find_columns
from tsur_nlp.tables.readers import Row, open_table
from tsur_nlp.tables.writers import quarantine

Made = TypeVar("Made")


@dataclass
class Taken:
    """How a table was taken. `rows` were read, `written` changed the journal, `rejected` lie in the quarantine.

    `undated`: messages without a moment, which no year counts; `missing`: corrections of messages that the journal
    does not have.
    """

    rows: int = 0
    written: int = 0
    rejected: int = 0
    undated: int = 0
    missing: int = 0


def quarantine_of(journal: Journal) -> Path:
    """Where rows that can't be taken are put: beside the journal."""
    return journal.file.with_name(journal.file.name + ".rejected.csv")


def import_export(journal: Journal, file: Path, received: datetime | None = None, text: str | None = None) -> Taken:
    """Past messages with what people decided of them and how long it took.

    Columns are found by the names that «Инцидент Менеджмент» gives them. A message was answered at the moment of
    its column, or so much later than it came. `received`: for rows without a moment of their own.
    Raises TableError, JournalError.
    """
    taken = Taken()
    with open_table(file) as table, ExitStack() as stack:
        columns = find_columns(table.columns, text=text)
        at = {
            role: find_column(table.columns, role) for role in ("topic", "group", "authority", "duration", "answered")
        }

        def entry(row: Row) -> Entry:
            appeal, remark = appeal_from(row, columns)
            if remark:
                raise ValueError("дата не разобрана; годятся 31.12.2024 15:30 и 2024-12-31 15:30")
            if not appeal.text.strip():
                raise ValueError("текст пуст")
            moment = appeal.created or received
            taken.undated += moment is None
            verdict = Verdict(row.text(at["topic"]), row.text(at["group"]), row.text(at["authority"]))
            decided = verdict if verdict.topic or verdict.authority else None
            return Entry(replace(appeal, created=moment), decided, answered=_answered(row, at, moment))

        taken.written = journal.record(_good(table.rows, entry, taken, journal, stack))
    return taken


def _answered(row: Row, at: dict[str, int | None], moment: datetime | None) -> datetime | None:
    """When a message was answered. Raises ValueError for a cell that can't be understood."""
    if at["answered"] is not None and (found := as_moment(row.cells[at["answered"]])):
        return found
    if at["duration"] is not None and moment is not None:
        try:
            lasted = as_duration(row.cells[at["duration"]])
        except ValueError:
            raise ValueError("длительность не разобрана; годится «11 days 12:10:25»") from None
        return moment + lasted if lasted is not None else None
    return None


def take_corrections(
    journal: Journal, file: Path, topic: str | None = None, authority: str | None = None, text: str | None = None
) -> Taken:
    """What operators corrected, from a routed table in which they filled in the right topic or the right authority.

    Rows without either were right. Raises TableError if neither column is there, JournalError.
    """
    taken = Taken()
    with open_table(file) as table, ExitStack() as stack:
        columns = find_columns(table.columns, text=text)
        topic_at = find_column(table.columns, "right_topic", topic)
        authority_at = find_column(table.columns, "right_authority", authority)
        if topic_at is None and authority_at is None:
            raise TableError(
                f"{file.name}: нет ни «Верной темы», ни «Верного органа»; добавьте столбец или назовите его: "
                "--topic, --authority"
            )

        def correction(row: Row) -> Correction:
            right = (row.text(at) or None for at in (topic_at, authority_at))
            return Correction(appeal_from(row, columns)[0], *right)

        # Rows that were right go in too: copies of a message are told apart by their order.
        corrections = _good(table.rows, correction, taken, journal, stack)
        taken.written, taken.missing = journal.correct(corrections)
    return taken


def take_accounts(journal: Journal, file: Path) -> Taken:
    """Accounts from a table of addresses, owners and kinds of owner. Raises TableError, JournalError."""
    taken = Taken()
    with open_table(file) as table, ExitStack() as stack:
        at = [find_column(table.columns, role) for role in ("address", "owner", "kind")]
        if at[0] is None:
            raise TableError(f"{file.name}: нет столбца «Адрес»; нужны Адрес, Владелец, Вид")

        def account(row: Row) -> Account:
            address, owner, kind = map(row.text, at)
            if not address:
                raise ValueError("адрес пуст")
            return Account(address, owner, kind or "прочие")

        taken.written = journal.add_accounts(_good(table.rows, account, taken, journal, stack))
    return taken


def _good(
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
            taken.rejected += 1
        else:
            yield made
