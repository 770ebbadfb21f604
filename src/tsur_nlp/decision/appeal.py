"""Appeal: what a host hands in. Everything but the text is optional."""

from dataclasses import dataclass
from datetime import datetime


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
