"""Today and this week at a glance: how many, about what, for whom, how many in time and how many too late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tsur_nlp.journal.store import Journal

SHOWN = 10
"""Topics, authorities and territories that are named."""
WEEK = timedelta(days=7)
FEWEST_OF_SURGE, TIMES_USUAL, SURE = 10, 2.0, 4.0
"""A surge: so many messages of a topic in a week, so many times its usual week, so many deviations above it."""
WEEKS_BEFORE = 8


@dataclass(frozen=True, slots=True)
class Share:
    """One topic, authority or territory and its messages of today and of the seven days that end today."""

    title: str
    today: int
    week: int


@dataclass(frozen=True, slots=True)
class Rise:
    """A topic that comes up far more than in its usual week of the eight before."""

    topic: str
    week: int
    usual: float


@dataclass(frozen=True, slots=True)
class Overview:
    """`in_time`: the share (0 … 1) in time among those of the week that were answered, None if none was.

    `waiting`: to be looked at by a person; `urgent`: of these, those to be seen today or at once; `overdue`: all
    unanswered after their deadline; `reviewed`: looked at by people today. `years`: years that have messages.
    """

    today: int
    week: int
    waiting: int
    urgent: int
    overdue: int
    reviewed: int
    in_time: float | None
    topics: tuple[Share, ...]
    authorities: tuple[Share, ...]
    territories: tuple[Share, ...]
    rises: tuple[Rise, ...]
    years: tuple[int, ...]


def overview(journal: Journal, now: datetime) -> Overview:
    """The figures as they stand at a moment. Raises JournalError."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today, week, end = (journal.seconds(one) for one in (midnight, midnight - WEEK + timedelta(days=1), now))

    def count(condition: str, *values: object) -> int:
        return int(journal.query(f"SELECT count(*) FROM messages WHERE {condition}", *values).fetchone()[0])

    answered = "received >= ? AND due IS NOT NULL AND coalesce(answered, closed)"
    in_time, late = count(f"{answered} <= due", week), count(f"{answered} > due", week)
    waiting = "action = 'review' AND reviewed IS NULL"
    return Overview(
        today=count("received BETWEEN ? AND ?", today, end),
        week=count("received BETWEEN ? AND ?", week, end),
        waiting=count(waiting),
        urgent=count(f"{waiting} AND urgency >= 2"),
        overdue=count("coalesce(answered, closed) IS NULL AND due < ?", end),
        reviewed=count("reviewed >= ?", today),
        in_time=in_time / (in_time + late) if in_time + late else None,
        topics=_shares(journal, "coalesce(right_topic, topic)", today, week),
        authorities=_shares(journal, "coalesce(right_authority, authority)", today, week),
        territories=_shares(journal, "territory", today, week),
        rises=rises(journal, now),
        years=tuple(_years(journal)),
    )


def _shares(journal: Journal, column: str, today: int | None, week: int | None) -> tuple[Share, ...]:
    query = f"""
        SELECT terms.title, sum(received >= ?), count(*) FROM messages JOIN terms ON terms.id = {column}
        WHERE received >= ? GROUP BY terms.id ORDER BY count(*) DESC, terms.title LIMIT {SHOWN}
    """
    return tuple(Share(*row) for row in journal.query(query, today, week))


def rises(journal: Journal, now: datetime) -> tuple[Rise, ...]:
    """Topics that surge in the seven days that end today, those with most messages first."""
    week = now.replace(hour=0, minute=0, second=0, microsecond=0) - WEEK + timedelta(days=1)
    query = """
        SELECT terms.title, sum(received >= ?), count(*)
        FROM messages JOIN terms ON terms.id = coalesce(right_topic, topic)
        WHERE received >= ? GROUP BY terms.id
    """
    found = journal.query(query, journal.seconds(week), journal.seconds(week - WEEKS_BEFORE * WEEK))
    surging = [
        Rise(title, now, usual)
        for title, now, both in found
        for usual in ((both - now) / WEEKS_BEFORE,)
        if now >= FEWEST_OF_SURGE and now >= TIMES_USUAL * usual and now >= usual + SURE * usual**0.5
    ]
    return tuple(sorted(surging, key=lambda rise: -rise.week)[:SHOWN])


def _years(journal: Journal) -> list[int]:
    bounds = journal.query("SELECT min(received), max(received) FROM messages").fetchone()
    first, last = map(journal.moment, bounds)
    return list(range(last.year, first.year - 1, -1)) if first and last else []
