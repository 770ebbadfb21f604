"""Topics that come up at a place more often than usual.

The messages of the last day are compared with those of the weeks before. If both come at one rate, the count of the
day is binomial given the sum of both (Przyborowski and Wilenski, 1940): no rate has to be known, and none of the days
before is enough too. The bound is divided by the number of pairs looked at (Bonferroni).
"""

from dataclasses import dataclass
from datetime import datetime
from math import exp, lgamma, log

from tsur_nlp.journal.store import Journal

WEEKS = 8
"""How long a time before is the usual one."""
FALSE_ALARMS = 1 / 365
"""Days with a false alarm among all days looked at, at most, if messages come by themselves (Poisson)."""
FEWEST, TIMES_USUAL = 5, 2.0
"""Fewer messages a day are not a surge, nor is less than so many times the usual rate: nobody would act on it."""
EVENT = "surge"


@dataclass(frozen=True, slots=True)
class Surge:
    """A topic at a territory: messages of the last day, the usual number a day, how likely that is by chance.

    `message`: the last of them in the journal; `day`: the moment at which the day ends.
    """

    topic: str
    territory: str
    count: int
    usual: float
    chance: float
    message: int
    day: datetime


def surges(journal: Journal, until: datetime | None = None, false_alarms: float = FALSE_ALARMS) -> list[Surge]:
    """Surges of the 24 hours that end at a moment, by default with the last message; the least likely first."""
    end = journal.seconds(until) if until else None
    if end is None:
        end = journal.query("SELECT max(received) FROM messages").fetchone()[0]
        if end is None:
            return []
    day, past = 24 * 3600, WEEKS * 7 * 24 * 3600
    query = """
        SELECT coalesce(right_topic, topic) AS what, coalesce(territory, 0) AS place, sum(received > ?1),
               sum(received <= ?1), max(id) FILTER (WHERE received > ?1), min(received)
        FROM messages WHERE received > ?2 AND received <= ?3 AND what IS NOT NULL GROUP BY 1, 2
    """
    cells = journal.query(query, end - day, end - day - past, end).fetchall()
    if not cells:
        return []
    # A young journal has no eight weeks behind it.
    days = min(past, end - day - min(cell[5] for cell in cells)) / day
    if days < 7:
        return []
    titles, moment = journal.titles(), journal.moment(end)
    assert moment is not None
    found = []
    for topic, territory, now, before, message, _ in cells:
        usual = before / days
        if now < FEWEST or now < TIMES_USUAL * usual:
            continue
        chance = at_least(now, now + before, 1 / (1 + days))
        if chance * len(cells) <= false_alarms:
            found.append(Surge(titles.get(topic, ""), titles.get(territory, ""), now, usual, chance, message, moment))
    return sorted(found, key=lambda one: (one.chance, one.topic, one.territory))


def tell(journal: Journal, found: list[Surge]) -> int:
    """Put surges into the journal's outbox, each once a day; how many were put."""
    told = 0
    with journal.transaction():
        for one in found:
            end = journal.seconds(one.day)
            assert end is not None
            day = end // (24 * 3600)
            taken = journal.query(
                "INSERT OR IGNORE INTO surges_told VALUES (?, ?, ?) RETURNING day", one.topic, one.territory, day
            ).fetchone()
            if taken is not None:
                journal.query("INSERT INTO outbox (message, event) VALUES (?, ?)", one.message, EVENT)
                told += 1
    return told


def at_least(successes: int, tries: int, chance: float) -> float:
    """The probability of at least so many successes: the upper tail of the binomial distribution."""
    if successes <= 0:
        return 1.0
    total = 0.0
    for n in range(successes, tries + 1):
        ways = lgamma(tries + 1) - lgamma(n + 1) - lgamma(tries - n + 1)
        term = exp(ways + n * log(chance) + (tries - n) * log(1 - chance))
        total += term
        # Beyond the mean each term is smaller than the one before: the rest adds nothing.
        if n > tries * chance and term < total * 1e-12:
            break
    return min(total, 1.0)
