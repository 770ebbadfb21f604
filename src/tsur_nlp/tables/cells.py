"""Cells of tables as people write them: text, moments, durations."""

import json
import re
from datetime import date, datetime, time, timedelta
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
        case list() | dict():
            return json.dumps(cell, ensure_ascii=False, default=str)
        case _:
            return str(cell)


DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def as_moment(cell: Cell) -> datetime | None:
    """A moment: a date of the format itself, ISO 8601, or 31.12.2024 15:30 as written in Russia; None if empty.

    Raises ValueError for anything else.
    """
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    text = as_text(cell).strip()
    if not text:
        return None
    if found := DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = (int(part) for part in found.groups(default="0"))
        return datetime(year, month, day, hour, minute, second)
    return datetime.fromisoformat(text)


DURATION = re.compile(r"(?:(\d{1,5}) days?,? )?(\d{1,4}):(\d{2}):(\d{2})(?:\.\d{1,9})?")


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
