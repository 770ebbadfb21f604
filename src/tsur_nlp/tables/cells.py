"""Cells of tables as people write them: text, moments, durations."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

Cell = Any
"""str, int, float, bool, date, datetime, time, timedelta, None; from jsonl also lists and objects."""


def as_text(cell: Cell) -> str:
    """A cell as people write it: whole floats without «.0», dates by day, month and year."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "да" if cell else "нет"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.strftime("%d.%m.%Y")
        case datetime():
            return cell.strftime("%d.%m.%Y %H:%M:%S")
        case date():
            return cell.strftime("%d.%m.%Y")
        case timedelta():
            return _hours(cell)
        case list() | dict():
            return json.dumps(cell, ensure_ascii=False, default=str)
        case _:
            return str(cell)


def _hours(lasted: timedelta) -> str:
    """A duration as [h]:mm:ss of Excel shows it."""
    minutes, seconds = divmod(abs(round(lasted.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if lasted < timedelta() else ''}{hours}:{minutes:02}:{seconds:02}"


CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?"
DAY_FIRST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:\s{0,3}г\.?)?(?:(?:,?[ T]\s{0,3}|,)" + CLOCK + ")?")
TIME = re.compile(CLOCK)
NUMBER = re.compile(r"\d{4,14}(?:\.\d{1,15})?")
COMPACT = re.compile(r"\d{8}")
"""20241231 of ISO 8601."""
EXCEL_ZERO = datetime(1899, 12, 30)
EXCEL_DAYS = (36_526, 73_050)
"""Days of Excel from 2000 to 2100: a date that lost its format on the way."""
EPOCH_SECONDS = (946_684_800, 4_102_444_800)
"""Seconds since 1970 from 2000 to 2100; databases export them, or thousandths of them."""


def as_moment(cell: Cell) -> datetime | None:
    """A moment: a date of the format itself, ISO 8601, 31.12.2024 15:30 and the like, a number of Excel or of Unix.

    None if empty. A year of two figures is of this century. Raises ValueError for anything else.
    """
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    text = as_text(cell).strip()
    return _moment_of(text) if text else None


# Days come again and again; two thousand of them are five years.
@lru_cache(maxsize=2048)
def _moment_of(text: str) -> datetime:
    if found := DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = (int(part) for part in found.group(1, 3, 4) + found.groups("0")[4:])
        return datetime(year if year > 99 else 2000 + year, month, day, hour, minute, second)
    if NUMBER.fullmatch(text) and not COMPACT.fullmatch(text):
        return _numbered(float(text))
    return datetime.fromisoformat(text)


def _numbered(number: float) -> datetime:
    """The moment of a bare number. Raises ValueError if it is none."""
    if EXCEL_DAYS[0] <= number < EXCEL_DAYS[1]:
        return EXCEL_ZERO + timedelta(seconds=round(number * 86_400))
    for unit in (1, 1000):
        if EPOCH_SECONDS[0] <= number / unit < EPOCH_SECONDS[1]:
            return datetime.fromtimestamp(number / unit, UTC)
    raise ValueError(f"{number} is no moment")


def as_time(cell: Cell) -> time | None:
    """The time of a day: of the format itself, a share of a day as Excel keeps it, or 15:30; None if empty.

    Raises ValueError for anything else.
    """
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, timedelta | float) and not isinstance(cell, bool):
        return (datetime.min + (cell if isinstance(cell, timedelta) else timedelta(days=cell % 1))).time()
    text = as_text(cell).strip()
    if not text:
        return None
    found = TIME.fullmatch(text)
    if found is None:
        raise ValueError("a time looks like 15:30")
    hour, minute, second = map(int, found.groups("0"))
    return time(hour, minute, second)


def has_time(cell: Cell) -> bool:
    """Whether a moment says the time of the day, and not the day alone."""
    if isinstance(cell, datetime):
        return cell.time() != time()
    text = as_text(cell)
    return ":" in text or ("." in text and NUMBER.fullmatch(text.strip()) is not None)


DURATION = re.compile(r"(?:(\d{1,5}) days?,? )?(\d{1,7}):(\d{2}):(\d{2})(?:\.\d{1,9})?")


def as_duration(cell: Cell) -> timedelta | None:
    """A duration: of the format itself, or «11 days 12:10:25.217000» as exports print it; None if empty.

    Parts of a second are dropped. Raises ValueError for anything else.
    """
    if isinstance(cell, timedelta):
        return cell
    text = as_text(cell).strip()
    if not text:
        return None
    found = DURATION.fullmatch(text)
    if found is None:
        raise ValueError("a duration looks like «11 days 12:10:25»")
    days, hours, minutes, seconds = (int(part) for part in found.groups(default="0"))
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
