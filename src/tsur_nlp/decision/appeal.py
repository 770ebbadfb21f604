"""Appeal: what a host hands in. Everything but the text is optional."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from numbers import Real
from typing import cast

from tsur_nlp.errors import AppealError

DAY_ENDS = time(23, 59)
"""A message of a day without a time counts as written at its end, so that no deadline comes before it."""
NOTHING = frozenset(("nan", "NaT", "<NA>"))
"""How data frames show what is not there, whatever its type."""
NAMED = ("channel", "account", "territory", "topic", "thread")


@dataclass(frozen=True, slots=True)
class Appeal:
    """One message of a citizen.

    `id`         the host's own identifier, handed back untouched
    `channel`    how it came: a code of the region's deadlines table, «social» when not given
    `account`    the account it was left on (an address or an @name), if it was left on one
    `territory`  where it happened, as the host knows it: a code, a title or an alias of the region
    `created`    when it was written; deadlines are counted from here
    `topic`      the topic somebody chose already, by code or title: respected, and checked against the text
    `lat`, `lon` where it happened, degrees of WGS 84, for regions that have a table of outlines
    `thread`     the post or discussion it was written under: its address or number, for «у нас то же самое»
    """

    text: str
    id: str | None = None
    channel: str | None = None
    account: str | None = None
    territory: str | None = None
    created: datetime | None = None
    topic: str | None = None
    lat: float | None = None
    lon: float | None = None
    thread: str | None = None


def as_appeal(item: object) -> Appeal:
    """What a host hands in, as an appeal: a string is a text, what data frames have for nothing is nothing.

    A number that names something (an OKTMO code, an account) is taken as it is written; a day without a time as its
    end. Raises AppealError, a TypeError, for anything else.
    """
    if isinstance(item, str):
        return Appeal(item)
    if not isinstance(item, Appeal):
        return Appeal(_text(item))
    mended: dict[str, object] = {} if isinstance(item.text, str) else {"text": _text(item.text)}
    for name in NAMED:
        value = getattr(item, name)
        if value is not None and not isinstance(value, str):
            mended[name] = as_name(name, value)
    # A pandas.NaT is a datetime too, and says so by not being equal to itself.
    if item.created is not None and (not isinstance(item.created, datetime) or item.created != item.created):
        mended["created"] = _moment(item.created)
    if item.lat is not None or item.lon is not None:
        lat, lon = _degrees("lat", item.lat), _degrees("lon", item.lon)
        mended |= {"lat": lat, "lon": lon} if lat is not None and lon is not None else {"lat": None, "lon": None}
    return replace(item, **mended) if mended else item  # type: ignore[arg-type]


def as_name(field: str, value: object) -> str | None:
    """A name that a host gives in a field, None for nothing. Raises AppealError."""
    if value is None or isinstance(value, str):
        return value
    if _is_nothing(value):
        return None
    # A column of codes with a gap in it is one of floats: 22701000.0.
    if isinstance(value, Real) and not isinstance(value, bool) and float(value).is_integer():
        return str(int(cast(float, value)))
    raise AppealError(f"Appeal.{field}: ожидалась строка, а передан {type(value).__name__}")


def _is_nothing(value: object) -> bool:
    return value is None or (not isinstance(value, str) and str(value) in NOTHING)


def _text(value: object) -> str:
    if _is_nothing(value):
        return ""
    raise AppealError(f"ожидалось обращение (Appeal) или строка, а передан {type(value).__name__}")


def _moment(value: object) -> datetime | None:
    if _is_nothing(value):
        return None
    if isinstance(value, date):
        return datetime.combine(value, DAY_ENDS)
    raise AppealError(
        f"Appeal.created: ожидалась дата со временем (datetime), а передан {type(value).__name__}; "
        "строку переводит datetime.fromisoformat"
    )


def _degrees(field: str, value: object) -> float | None:
    if _is_nothing(value):
        return None
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise AppealError(f"Appeal.{field}: ожидалось число градусов, а передан {type(value).__name__}")
