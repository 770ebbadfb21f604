"""When an answer is due: norms by channel, counted in hours, days or the working time of the region.

Working days follow the production calendar of Russia, transfers included, as the `holidays` package keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

Unit = Literal["hours", "working_hours", "days", "working_days"]
UNITS: tuple[Unit, ...] = get_args(Unit)
Step = Literal["reaction", "registration", "forwarding", "answer"]
"""What a norm is for: the first reaction, the registration, the forwarding to another body, the answer."""
STEPS: tuple[Step, ...] = get_args(Step)

EARLIEST = date(2000, 1, 1)
"""Earlier moments are mistakes of a table: the zero of Excel or of a database."""
FAST_CLOCK = timedelta(days=2)
"""How far ahead of ours the clock of a host may be, its time zone included."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A norm: `amount` of `unit` from the moment of writing. `source`: the act or the order it comes from.

    `topics`: codes of the topics it holds for; empty for all of the channel. `high`: it holds for messages of high
    importance alone.
    """

    channel: str
    step: Step
    title: str
    amount: int
    unit: Unit
    topics: frozenset[str]
    source: str
    high: bool = False


def norm(deadlines: Sequence[Deadline], step: Step, topic: str) -> Deadline | None:
    """The norm of a step: one made for the topic before one for all topics."""
    fitting = [one for one in deadlines if one.step == step and (not one.topics or topic in one.topics)]
    return max(fitting, key=lambda one: bool(one.topics), default=None)


@dataclass(frozen=True)
class WorkingTime:
    """The working day of a region: from `begins` to `ends` by the clock of `zone`, on working days."""

    zone: ZoneInfo
    begins: time
    ends: time

    @cached_property
    def _calendar(self) -> Any:
        from holidays import country_holidays

        return country_holidays("RU")

    def is_working(self, day: date) -> bool:
        """Whether a day is a working day of the production calendar."""
        return bool(self._calendar.is_working_day(day))

    def due(self, deadline: Deadline, written: datetime) -> datetime:
        """When an answer to what was written then is due. A moment without a zone is read by the region's clock."""
        start = written.replace(tzinfo=self.zone) if written.tzinfo is None else written.astimezone(self.zone)
        match deadline.unit:
            case "hours":
                return start + timedelta(hours=deadline.amount)
            case "days":
                return self._closing(start.date() + timedelta(days=deadline.amount))
            case "working_days":
                day = start.date()
                for _ in range(deadline.amount):
                    day = self._next_working(day)
                return self._closing(day)
            case "working_hours":
                return self._after_working(start, timedelta(hours=deadline.amount))

    def steps(
        self, norms: Sequence[Deadline], topic: str, written: datetime, urgent: bool = False
    ) -> dict[str, datetime]:
        """When each step of a channel that has a norm is due, for a topic.

        What is urgent has the norm of high importance too, and is due by the earlier of the two.
        """
        usual = [one for one in norms if not one.high]
        high = [one for one in norms if one.high] if urgent else []
        due: dict[str, datetime] = {}
        for step in STEPS:
            found = [one for kind in (usual, high) if (one := norm(kind, step, topic)) is not None]
            if found:
                due[step] = min(self.due(one, written) for one in found)
        if "reaction" in due and "answer" in due:
            # An answer is a reaction too: one that comes in time is never too late as the other.
            due["reaction"] = min(due["reaction"], due["answer"])
        return due

    def is_plausible(self, written: datetime) -> bool:
        """Whether a message can have been written then: since there are such systems, and not in the future."""
        now = datetime.now(self.zone)
        if not EARLIEST.year <= written.year <= now.year + 1:
            return False
        moment = written.replace(tzinfo=self.zone) if written.tzinfo is None else written
        return moment.date() >= EARLIEST and moment <= now + FAST_CLOCK

    def _after_working(self, start: datetime, left: timedelta) -> datetime:
        day = start.date() if self.is_working(start.date()) else self._next_working(start.date())
        while True:
            opens = datetime.combine(day, self.begins, self.zone)
            closes = self._closing(day)
            now = max(start, opens)
            if now + left <= closes:
                return now + left
            left -= max(closes - now, timedelta())
            day = self._next_working(day)

    def _next_working(self, day: date) -> date:
        day += timedelta(days=1)
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def _closing(self, day: date) -> datetime:
        return datetime.combine(day, self.ends, self.zone)
