"""Cells that several tables of a region have: yes or no, days, topics."""

from collections.abc import Iterator, Sequence
from datetime import date

from tsur_nlp.catalog.csv_records import Record
from tsur_nlp.catalog.topics import Catalog
from tsur_nlp.text.labels import nearest


def topics_meant(record: Record, catalog: Catalog, patterns: Sequence[str] | None = None) -> Iterator[str]:
    """Codes of the topics a cell means, or only some of its words."""
    for pattern in record.words("topics") if patterns is None else patterns:
        if not catalog.topics_of(pattern):
            near = nearest(pattern, (*catalog.topics, *(f"{topic.group}.*" for topic in catalog.topics.values())))
            hint = f"; ближайшая — «{near}»" if near else ""
            record.fail("topics", f"нет такой темы или группы: «{pattern}»{hint}; группа пишется как health.*")
        yield from catalog.topics_of(pattern)


def yes_or_no(record: Record, column: str) -> bool:
    """A cell of «yes» or «no»; anything else is a mistake named by its place."""
    if record[column] not in ("yes", "no"):
        record.fail(column, "ожидалось yes или no")
    return record[column] == "yes"


def in_force(record: Record) -> bool:
    """Whether a body exists today, by the columns of its first and last day, if the table has them."""
    today = date.today()
    first, last = (_day(record, column) for column in ("valid_from", "valid_to"))
    return (first is None or first <= today) and (last is None or today <= last)


def _day(record: Record, column: str) -> date | None:
    text = record.cells.get(column, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        record.fail(column, f"нужна дата вида 2026-01-31, а стоит «{text}»")
