"""A row of a table as an appeal."""

from collections.abc import Sequence
from datetime import datetime

from tsur_nlp.decision.appeal import DAY_ENDS, Appeal
from tsur_nlp.tables.cells import Cell, as_moment, as_text, as_time, has_time
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.table import text_at


def appeal_from(cells: Sequence[Cell], columns: Columns, received: datetime | None = None) -> tuple[Appeal, str]:
    """The appeal in the cells of a row and a remark, if something in the row could not be understood.

    `received` stands in where the row does not say when it was written.
    """
    created, remark = None, ""
    if columns.created is not None:
        try:
            created = _written(cells, columns.created, columns.time)
        except (ValueError, OverflowError):
            remark = "дата не разобрана, срок отсчитан от текущего момента"
    appeal = Appeal(
        text=as_text(cells[columns.text]),
        id=text_at(cells, columns.id) or None,
        channel=text_at(cells, columns.channel) or None,
        account=text_at(cells, columns.account) or None,
        territory=text_at(cells, columns.territory) or None,
        created=created or received,
        thread=text_at(cells, columns.thread) or None,
    )
    return appeal, remark


def _written(cells: Sequence[Cell], date_at: int, time_at: int | None) -> datetime | None:
    """When a row was written, by its date and, where it has one, a column of times. Raises ValueError."""
    moment = as_moment(cells[date_at])
    if moment is None or has_time(cells[date_at]):
        return moment
    of_day = None if time_at is None else as_time(cells[time_at])
    return datetime.combine(moment.date(), of_day or DAY_ENDS, moment.tzinfo)
