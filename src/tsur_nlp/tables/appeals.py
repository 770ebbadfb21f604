"""A row of a table as an appeal."""

from datetime import datetime

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.tables.cells import as_moment, as_text
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.readers import Row

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
