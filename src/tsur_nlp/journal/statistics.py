"""The year in figures, from a journal: how much, about what, for whom, how fast, how well routed; and the drift.

What stands for a message is what people corrected, else what was decided. One pass over two years of messages
into numpy columns; a million messages take seconds.
"""

from calendar import timegm
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.errors import JournalError
from tsur_nlp.journal.store import Journal

BLOCK = 50_000
FEWEST_NEW = 5
"""Messages from which a topic that the year before did not have counts as new."""
FEWEST_OF_SURGE, TIMES_USUAL, SURE = 20, 2.0, 4.0
"""A surge: so many messages of a topic in a month, so many times its usual month, so many deviations above it."""
SHOWN_CONFUSED = 20

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Line:
    """One topic, authority or territory: its messages this year and the year before, its share of the year.

    `mean_answer`, `mean_closing`: seconds to the first answer and to the end of the matter, None if not known of any;
    `in_time`: the share answered (or, where no answer is known, closed) by the deadline, None if that is known of none.
    """

    title: str
    count: int
    before: int
    share: float
    mean_answer: float | None
    in_time: float | None
    mean_closing: float | None


@dataclass(frozen=True, slots=True)
class Surge:
    """A month (1 … 12) in which a topic came up far more than in its median month of the year."""

    topic: str
    month: int
    count: int
    usual: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often messages decided for one authority were corrected to another."""

    decided: str
    right: str
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A year and the one before it. Shares are 0 … 1 and None where nothing is known; times are in seconds, to the
    first answer and to the closing of the matter.

    `growth`: of messages, on the year before. `direct`: left directly on accounts of authorities, among those of
    which it is known. `misrouted`: given to a wrong authority, among those decided by a model. `months`: messages of
    each of the twelve and of the same months the year before. `incidents`: what they were about, if it was counted.
    `thanks`: messages that only thank, if kinds are known.
    """

    year: int
    messages: int
    messages_before: int
    growth: float | None
    direct: float | None
    direct_before: float | None
    mean_answer: float | None
    mean_answer_before: float | None
    median_answer: float | None
    mean_closing: float | None
    mean_closing_before: float | None
    median_closing: float | None
    in_time: float | None
    misrouted: float | None
    corrected: int
    months: tuple[tuple[int, int], ...]
    groups: tuple[Line, ...]
    topics: tuple[Line, ...]
    authorities: tuple[Line, ...]
    territories: tuple[Line, ...]
    new_topics: tuple[Line, ...]
    surges: tuple[Surge, ...]
    confused: tuple[Confusion, ...]
    accounts: int
    accounts_by_kind: Mapping[str, int]
    incidents: int | None
    thanks: int | None


@dataclass(frozen=True)
class Columns:
    """Messages as columns, shape (n_messages,) each; -1 where nothing is known."""

    received: Numbers
    answered: Numbers
    closed: Numbers
    due: Numbers
    direct: Numbers
    topic: Numbers
    authority: Numbers
    territory: Numbers
    decided: Numbers
    by_people: Numbers
    corrected: Numbers

    def where(self, chosen: NDArray[np.bool_]) -> "Columns":
        """The chosen rows of every column."""
        return Columns(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    @property
    def waited(self) -> Numbers:
        """Seconds from receiving to the first answer; -1 where there is none, or one before the message."""
        return self._since_received(self.answered)

    @property
    def lasted(self) -> Numbers:
        """Seconds from receiving to the closing; -1 where it is not known, or before the message."""
        return self._since_received(self.closed)

    @property
    def in_time(self) -> Numbers:
        """1 where the answer, or where none is known the closing, came by the deadline, 0 where later, else -1."""
        ended = np.where(self.waited >= 0, self.answered, np.where(self.lasted >= 0, self.closed, -1))
        return np.where((ended >= 0) & (self.due >= 0), ended <= self.due, -1)

    def _since_received(self, moments: Numbers) -> Numbers:
        return np.where((moments >= 0) & (moments >= self.received), moments - self.received, -1)


def summarize(journal: Journal, year: int) -> Summary:
    """The figures of a year. Raises JournalError if the journal has no message of it."""
    start, middle, end = (timegm((y, 1, 1, 0, 0, 0)) for y in (year - 1, year, year + 1))
    both = _columns(journal, start, end)
    now, past = both.where(both.received >= middle), both.where(both.received < middle)
    if not len(now.received):
        years = ", ".join(f"{found}" for found in _years(journal)) or "ни одного"
        raise JournalError(f"{journal.file.name}: за {year} год сообщений нет; в журнале есть годы: {years}")
    titles = journal.titles()
    group_of = dict(journal.query("SELECT title, topic_group FROM terms WHERE kind = 'topic'"))
    topics = tuple(_lines(now, past, "topic", titles))
    waited, waited_before = _known(now.waited), _known(past.waited)
    lasted, lasted_before = _known(now.lasted), _known(past.lasted)
    by_model = now.where((now.by_people == 0) & (now.decided >= 0))
    wrong = by_model.authority != by_model.decided
    return Summary(
        year=year,
        messages=len(now.received),
        messages_before=len(past.received),
        growth=len(now.received) / len(past.received) - 1 if len(past.received) else None,
        direct=_mean(_known(now.direct)),
        direct_before=_mean(_known(past.direct)),
        mean_answer=_mean(waited),
        mean_answer_before=_mean(waited_before),
        median_answer=float(np.median(waited)) if len(waited) else None,
        mean_closing=_mean(lasted),
        mean_closing_before=_mean(lasted_before),
        median_closing=float(np.median(lasted)) if len(lasted) else None,
        in_time=_mean(_known(now.in_time)),
        misrouted=_mean(wrong) if len(wrong) else None,
        corrected=int((now.corrected > 0).sum()),
        months=tuple(zip(_by_month(now.received, year), _by_month(past.received, year - 1), strict=True)),
        groups=tuple(_lines(now, past, "topic", {number: group_of.get(name, "") for number, name in titles.items()})),
        topics=topics,
        authorities=tuple(_lines(now, past, "authority", titles)),
        territories=tuple(_lines(now, past, "territory", titles)),
        new_topics=tuple(
            line for line in topics if not line.before and line.count >= FEWEST_NEW and len(past.received)
        ),
        surges=tuple(_surges(now, year, titles)),
        confused=tuple(_confused(by_model.where(wrong), titles)),
        accounts=sum(count for _, count in _accounts(journal)),
        accounts_by_kind=dict(_accounts(journal)),
        incidents=_incidents(journal, middle, end),
        thanks=_thanks(journal, middle, end),
    )


def _columns(journal: Journal, start: int, end: int) -> Columns:
    """Messages received from one moment until another."""
    query = """
        SELECT received, coalesce(answered, -1), coalesce(closed, -1), coalesce(due, -1), coalesce(direct, -1),
               coalesce(right_topic, topic, -1), coalesce(right_authority, authority, -1), coalesce(territory, -1),
               coalesce(authority, -1), by_people,
               (right_authority IS NOT NULL AND right_authority IS NOT authority)
               + (right_topic IS NOT NULL AND right_topic IS NOT topic)
        FROM messages WHERE received >= ? AND received < ?
    """
    cursor = journal.query(query, start, end)
    width = len(Columns.__dataclass_fields__)
    blocks = [np.zeros((0, width), np.int64)]
    while rows := cursor.fetchmany(BLOCK):
        blocks.append(np.fromiter(chain.from_iterable(rows), np.int64, width * len(rows)).reshape(-1, width))
    return Columns(*np.ascontiguousarray(np.concatenate(blocks).T))


def _years(journal: Journal) -> list[int]:
    return [
        int(year)
        for (year,) in journal.query(
            "SELECT DISTINCT strftime('%Y', received, 'unixepoch') FROM messages WHERE received IS NOT NULL ORDER BY 1"
        )
    ]


def _accounts(journal: Journal) -> list[tuple[str, int]]:
    return list(journal.query("SELECT kind, count(*) FROM accounts GROUP BY kind ORDER BY 2 DESC, 1"))


def _incidents(journal: Journal, start: int, end: int) -> int | None:
    """Incidents that messages of a time were about; None if nobody put them together."""
    query = "SELECT count(DISTINCT incident) FROM incident_messages WHERE received >= ? AND received < ?"
    return int(journal.query(query, start, end).fetchone()[0]) or None


def _thanks(journal: Journal, start: int, end: int) -> int | None:
    """Messages of a time that only thank; None if no kinds are known."""
    query = "SELECT sum(kind = 'thanks') FROM messages WHERE received >= ? AND received < ?"
    found = journal.query(query, start, end).fetchone()[0]
    return None if found is None else int(found)


def _mean(values: NDArray[np.generic]) -> float | None:
    return float(values.mean()) if len(values) else None


def _known(values: Numbers) -> Numbers:
    return values[values >= 0]


def _months(received: Numbers, year: int) -> Numbers:
    """Months 0 … 11 of moments of one year."""
    starts = [timegm((year, month, 1, 0, 0, 0)) for month in range(2, 13)]
    return np.searchsorted(starts, received, side="right")


def _by_month(received: Numbers, year: int) -> list[int]:
    return [int(count) for count in np.bincount(_months(received, year), minlength=12)]


def _lines(now: Columns, past: Columns, column: str, titles: Mapping[int, str]) -> Iterator[Line]:
    """Lines of a column's terms, those with one title together, the most frequent first."""
    names = sorted({title for title in titles.values() if title})
    place = {title: i for i, title in enumerate(names)}
    of_term = np.full(max(titles, default=0) + 2, -1)
    for number, title in titles.items():
        of_term[number] = place.get(title, -1)
    # The last element stands for what is not known: its number is -1.
    mine, theirs = of_term[getattr(now, column)], of_term[getattr(past, column)]
    counts = np.bincount(mine[mine >= 0], minlength=len(names))
    before = np.bincount(theirs[theirs >= 0], minlength=len(names))
    means, in_time, closings = (
        _ratio(mine[(mine >= 0) & (of >= 0)], of[(mine >= 0) & (of >= 0)], len(names))
        for of in (now.waited, now.in_time, now.lasted)
    )
    for i in np.lexsort((np.arange(len(names)), -counts)):
        if counts[i]:
            share = float(counts[i]) / len(now.received)
            yield Line(names[i], int(counts[i]), int(before[i]), share, means[i], in_time[i], closings[i])


def _ratio(places: Numbers, values: NDArray[np.generic], count: int) -> list[float | None]:
    """The mean of the values at each place, None where there are none."""
    sums = np.bincount(places, values.astype(np.float64), count)
    numbers = np.bincount(places, minlength=count)
    return [float(total / number) if number else None for total, number in zip(sums, numbers, strict=True)]


def _surges(now: Columns, year: int, titles: Mapping[int, str]) -> Iterator[Surge]:
    """Months above the usual by the Poisson deviation √usual, the largest surplus first."""
    known = now.topic >= 0
    counts = np.zeros((max(titles, default=0) + 1, 12), np.int64)
    np.add.at(counts, (now.topic[known], _months(now.received[known], year)), 1)
    usual = np.maximum(np.median(counts, axis=1, keepdims=True), 1.0)
    surge = (counts >= FEWEST_OF_SURGE) & (counts >= TIMES_USUAL * usual) & (counts >= usual + SURE * np.sqrt(usual))
    found = [Surge(titles[int(t)], int(m) + 1, int(counts[t, m]), float(usual[t, 0])) for t, m in np.argwhere(surge)]
    yield from sorted(found, key=lambda one: (one.usual - one.count, one.topic))


def _confused(wrong: Columns, titles: Mapping[int, str]) -> Iterator[Confusion]:
    pairs = Counter(zip(wrong.decided.tolist(), wrong.authority.tolist(), strict=True))
    for (decided, right), count in pairs.most_common(SHOWN_CONFUSED):
        yield Confusion(titles.get(decided, ""), titles.get(right, ""), count)


# ------------------------------------------------------------------------------
#   Drift
# ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DriftMonth:
    """A month («2024-05») as a model saw it.

    `shift`: how far the shares of topics are from those of all months before, as total variation 0 … 1; None for the
    first. `confidence`: the mean of the topic's; `unknown_words`: the mean share; `automatic`: the share sent on.
    """

    month: str
    messages: int
    shift: float | None
    confidence: float
    unknown_words: float
    automatic: float


def drift(journal: Journal) -> tuple[DriftMonth, ...]:
    """How what models saw and said changed from month to month."""
    query = """
        SELECT strftime('%Y-%m', m.received, 'unixepoch'), d.topic, count(*), sum(d.topic_confidence),
               sum(d.unknown_words), sum(d.action = 'auto')
        FROM decisions AS d JOIN messages AS m ON m.id = d.message
        WHERE m.received IS NOT NULL AND d.topic_confidence IS NOT NULL GROUP BY 1, 2 ORDER BY 1
    """
    months: dict[str, list[tuple[int | None, int, float, float, int]]] = {}
    for month, *row in journal.query(query):
        months.setdefault(month, []).append((row[0], row[1], row[2], row[3] or 0.0, row[4]))
    earlier: Counter[int | None] = Counter()
    found = []
    for month, rows in months.items():
        count = sum(row[1] for row in rows)
        counts = Counter({row[0]: row[1] for row in rows})
        shift = _distance(counts, earlier) if earlier else None
        confidence, unknown, automatic = (sum(column) / count for column in list(zip(*rows, strict=True))[2:])
        found.append(DriftMonth(month, count, shift, confidence, unknown, automatic))
        earlier += counts
    return tuple(found)


def _distance(one: Counter[int | None], other: Counter[int | None]) -> float:
    """Total variation of two distributions: half the sum of the differences of shares."""
    return sum(abs(one[key] / one.total() - other[key] / other.total()) for key in one | other) / 2
