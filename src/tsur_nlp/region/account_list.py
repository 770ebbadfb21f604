"""A region's own list of accounts: any table with links to pages and their owners.

The columns with links are recognised by what stands in them, the owner's by its name, or by how many of its cells name
bodies of the region.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import RegionError, TableError
from tsur_nlp.region.loader import folder_of
from tsur_nlp.region.region import Authority, Region, account_key
from tsur_nlp.tables.column_mapping import find_column
from tsur_nlp.tables.readers import open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading, Row
from tsur_nlp.text.labels import label_key, nearest
from tsur_nlp.text.morphology import lemma

LINK = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?(?:vk\.com|vk\.ru|vkontakte\.ru|ok\.ru/group|ok\.ru|t\.me/s|t\.me|telegram\.me)/[\w.+-]+",
    re.IGNORECASE,
)
QUOTES = re.compile(r"[«»\"„“”'`]")
YES = frozenset(("да", "yes", "1", "+", "официальная", "официальный", "подтверждена", "подтверждён", "true"))
OFFICIAL = ("официальная", "официальный", "официальная страница", "статус", "подтверждена", "official")


@dataclass(frozen=True, slots=True)
class Found:
    """An account and the body it was matched to. `official`: the list says so; else the owner is only shown."""

    address: str
    body: Authority
    official: bool


@dataclass
class Taken:
    """What a list gave. `unmatched`: row, owner as written, the nearest body of the region or ""; `linkless`: rows."""

    rows: int = 0
    found: list[Found] = field(default_factory=list)
    unmatched: list[tuple[int, str, str]] = field(default_factory=list)
    linkless: int = 0


def read_list(region: Region, file: Path, how: Reading = BY_ITSELF) -> Taken:
    """Match the accounts of a list to bodies of a region. Raises TableError if it has no links or no owners."""
    owners = Owners(region)
    taken = Taken()
    with open_table(file, how) as table:
        linked = [n for n in range(len(table.columns)) if any(LINK.search(row.text(n)) for row in _whole(table.sample))]
        if not linked:
            raise TableError(f"{file.name}: не нашёл ссылок на страницы (vk.com, ok.ru, t.me) ни в одном столбце")
        owner_at = _owner_column(table.columns, table.sample, linked, owners)
        if owner_at is None:
            raise TableError(f"{file.name}: не нашёл столбца с владельцем; назовите его «Владелец» или «Орган»")
        keys = [label_key(name) for name in table.columns]
        official_at = next((keys.index(name) for name in OFFICIAL if name in keys), None)
        for row in table.rows:
            if row.problem:
                continue
            taken.rows += 1
            links = dict.fromkeys(match[0] for n in linked for match in LINK.finditer(row.text(n)))
            if not links:
                taken.linkless += 1
                continue
            body = owners.named(row.text(owner_at))
            if body is None:
                written = row.text(owner_at)
                taken.unmatched.append((row.line or row.number, written, owners.like(written)))
                continue
            official = label_key(row.text(official_at)) in YES
            taken.found += (Found(account_key(link), body, official) for link in links)
    return taken


def merged(name: str | Path, taken: Taken) -> str:
    """accounts.csv of a pack with the accounts found: a known address keeps its row unless the owner is another."""
    rows = {
        account_key(record["address"]): dict(record.cells)
        for record in read_reference(
            folder_of(name) / "accounts.csv", ("address", "authority", "official"), RegionError
        )
    }
    for one in taken.found:
        row = rows.setdefault(one.address, {"address": one.address, "official": "no"})
        row["authority"] = one.body.code
        if one.official:
            row["official"] = "yes"
    header = list(
        dict.fromkeys(("address", "authority", "official", *(column for row in rows.values() for column in row)))
    )
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    return out.getvalue()


class Owners:
    """Bodies by their titles, as lists write them: quotes, order of cases and short names aside."""

    def __init__(self, region: Region):
        self._region = region

    def named(self, title: str) -> Authority | None:
        """A body by code or title; an administration also by the place it is of."""
        if found := self._region.authority_named(title):
            return found
        key = _bare(title)
        if not key:
            return None
        code = self._by_title.get(key)
        return self._region.authorities[code] if code else self._administration(title)

    def like(self, title: str) -> str:
        """The title nearest to one that names nothing; "" if none is like it."""
        return nearest(title, (body.title for body in self._region.authorities.values())) or ""

    @cached_property
    def _by_title(self) -> dict[str, str]:
        """Titles that mean one body."""
        owners: dict[str, set[str]] = {}
        for code, body in self._region.authorities.items():
            for name in (body.title, body.short_title, *body.names):
                owners.setdefault(_bare(name), set()).add(code)
        return {name: codes.pop() for name, codes in owners.items() if len(codes) == 1}

    def _administration(self, title: str) -> Authority | None:
        first, _, rest = title.strip().partition(" ")
        if label_key(first).strip(":,") != "администрация" or not rest:
            return None
        role = "municipality.administration"
        place = self._region.territory_named(rest.strip()) or self._region.territory_named(_nominative(rest))
        if place is None or place.code == self._region.root:
            return None
        if place.kind == "city_district":
            role = "district.administration"
        return self._region.resolve(role, place.code)


def _bare(title: str) -> str:
    """A title as a set of words without endings: lists write «Минздрав», «МИНЗДРАВ области», any order of quotes."""
    return " ".join(lemma(word) for word in label_key(QUOTES.sub(" ", title)).replace("№", " ").split())


def _nominative(name: str) -> str:
    return " ".join(lemma(word) for word in label_key(QUOTES.sub(" ", name)).split())


def _owner_column(columns: Sequence[str], sample: Sequence[Row], linked: Sequence[int], owners: Owners) -> int | None:
    named = find_column(columns, "owner")
    if named is not None and named not in linked:
        return named
    rows = _whole(sample)
    counts = {
        n: sum(owners.named(row.text(n)) is not None for row in rows) for n in range(len(columns)) if n not in linked
    }
    best = max(counts, key=lambda n: counts[n], default=None)
    return best if best is not None and counts[best] else None


def _whole(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row.problem]


def unmatched_lines(taken: Taken, shown: int = 10) -> Iterator[str]:
    """Owners that matched no body, a line each, with the row where each stands first."""
    first = {written: (line, near) for line, written, near in reversed(taken.unmatched)}
    owners = list(reversed(first.items()))
    for written, (line, near) in owners[:shown]:
        hint = f"; ближайший — «{near}»" if near else ""
        yield f"строка {line}: «{written[:120]}»{hint}"
    if len(owners) > shown:
        yield f"и ещё {len(owners) - shown}"
