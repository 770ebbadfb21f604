"""A row of a table as an appeal."""

from datetime import datetime

from tsur_nlp.decision.appeal import DAY_ENDS, Appeal
from tsur_nlp.tables.cells import as_moment, as_text, as_time, has_time
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.readers import Row


def appeal_from(row: Row, columns: Columns, received: datetime | None = None) -> tuple[Appeal, str]:
    """The appeal in a row and a remark, if something in the row could not be understood.

    `received` stands in where the row does not say when it was written.
    """
    created, remark = None, ""
    if columns.created is not None:
        try:
            created = _written(row, columns.created, columns.time)
        except (ValueError, OverflowError):
            remark = "дата не разобрана, срок отсчитан от текущего момента"
    appeal = Appeal(
        text=as_text(row.cells[columns.text]),
        id=row.text(columns.id) or None,
        channel=row.text(columns.channel) or None,
        account=row.text(columns.account) or None,
        territory=row.text(columns.territory) or None,
        created=created or received,
        thread=row.text(columns.thread) or None,
    )
    return appeal, remark


def _written(row: Row, date_at: int, time_at: int | None) -> datetime | None:
    """When a row was written, by its date and, where it has one, a column of times. Raises ValueError."""
    moment = as_moment(row.cells[date_at])
    if moment is None or has_time(row.cells[date_at]):
        return moment
    of_day = None if time_at is None else as_time(row.cells[time_at])
    return datetime.combine(moment.date(), of_day or DAY_ENDS, moment.tzinfo)
