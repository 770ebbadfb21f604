"""A region pack: who answers for what, where, and how soon. Plain tables in one folder, checked on load.

    region.toml       title, root territory, capital, time zone, working day
    territories.csv   code, title, kind, parent, aliases («;»), oktmo
    authorities.csv   code, title, short_title, level, roles, territory, parent, site, confirmed
    accounts.csv      address, authority, official
    deadlines.csv     channel, title, amount, unit, source

Every mistake is a RegionError that names the file, the line and the column.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tsur_nlp.catalog import LEVELS, Catalog, label_key, load_catalog
from tsur_nlp.deadlines import UNITS, Deadline, WorkingTime
from tsur_nlp.errors import RegionError
from tsur_nlp.reference import Record, read_reference, unique

PACKS = files("tsur_nlp") / "regions"
KINDS = ("region", "urban_district", "municipal_district", "city_district", "settlement")


@dataclass(frozen=True, slots=True)
class Territory:
    """A place. `parent`: the code of the place around it, empty for the region itself."""

    code: str
    title: str
    kind: str
    parent: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """A body that answers. `territory`: where; `parent`: whom it belongs to.

    `confirmed`: its name was found in a public source; if not, its parent answers for it.
    """

    code: str
    title: str
    short_title: str
    level: str
    roles: tuple[str, ...]
    territory: str
    parent: str
    confirmed: bool


@dataclass(frozen=True)
class Region:
    """A loaded pack. Mappings are by code, accounts by bare address (see `account_key`)."""

    title: str
    root: str
    capital: str
    capital_share: float
    territories: Mapping[str, Territory]
    authorities: Mapping[str, Authority]
    accounts: Mapping[str, str]
    deadlines: Mapping[str, Deadline]
    working_time: WorkingTime
    catalog: Catalog

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], Authority]:
        """(role, territory) → the first body of the table that has them."""
        table: dict[tuple[str, str], Authority] = {}
        for authority in self.authorities.values():
            for role in authority.roles:
                table.setdefault((role, authority.territory), authority)
        return table

    @cached_property
    def _territory_names(self) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for territory in self.territories.values():
            for name in (territory.code, territory.title, *territory.aliases):
                names.setdefault(label_key(name), territory.code)
        # Exports drop «округ» and «район»: «Кстовский» is the district unless something is called just so.
        for name, code in list(names.items()):
            names.setdefault(_bare_place(name), code)
        return names

    @cached_property
    def _authority_names(self) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for authority in self.authorities.values():
            for name in (authority.code, authority.title, authority.short_title):
                names.setdefault(label_key(name), authority.code)
        return names

    def territory_named(self, name: str) -> Territory | None:
        """A territory by code, title or alias, as a host system may write it."""
        key = label_key(name)
        code = self._territory_names.get(key) or self._territory_names.get(_bare_place(key))
        return self.territories[code] if code else None

    def authority_named(self, name: str) -> Authority | None:
        """A body by code, title or short title."""
        code = self._authority_names.get(label_key(name))
        return self.authorities[code] if code else None

    def owner_of(self, account: str) -> Authority | None:
        """The body on whose account a message was left; None if the account is not in the table."""
        code = self.accounts.get(account_key(account))
        return self.authorities[code] if code else None

    def around(self, territory: str) -> Iterator[str]:
        """Codes of a territory and of all around it, the smallest first."""
        while territory:
            yield territory
            territory = self.territories[territory].parent

    def resolve(self, role: str, territory: str) -> Authority | None:
        """The body that plays a role at a place: there, in the places around it, else by the role's fallback.

        An unconfirmed body hands over to its parent.
        """
        seen: set[str] = set()
        while role and role not in seen:
            seen.add(role)
            for place in self.around(territory):
                if authority := self._by_place.get((role, place)):
                    return self._confirmed(authority)
            role = self.catalog.roles[role].fallback
        return None

    def _confirmed(self, authority: Authority) -> Authority:
        while not authority.confirmed and authority.parent:
            authority = self.authorities[authority.parent]
        return authority

    def is_local(self, role: str) -> bool:
        """Whether the body depends on the place within the region."""
        return self.catalog.roles[role].level == "municipal"


def account_key(address: str) -> str:
    """`https://vk.com/club1`, `vk.com/club1`, `@club1`, `club1` → `club1`: what the accounts are compared by."""
    bare = re.sub(r"\A(?:https?://)?(?:www\.|m\.)?(?:vk\.com|vk\.ru|t\.me|ok\.ru|ok\.ru/group)/", "", address.strip())
    return bare.strip("@/ ").lower()


PLACE_WORDS = frozenset(
    (
        "городской",
        "муниципальный",
        "округ",
        "район",
        "р-н",
        "город",
        "г",
        "гор",
        "г.о.г",
        "г.о",
        "м.о",
        "го",
        "мо",
        "мр",
    )
)


def _bare_place(key: str) -> str:
    """A label key without the words that only say what kind of place it is."""
    return " ".join(word for word in key.split() if word.strip(".,") not in PLACE_WORDS)


# ------------------------------------------------------------------------------
#   Loading
# ------------------------------------------------------------------------------


def load_region(name: str | Path) -> Region:
    """A shipped pack by name («nizhny») or any folder of tables. Raises RegionError."""
    folder: Traversable = PACKS / str(name) if str(name).isidentifier() else Path(name)
    if not folder.is_dir():
        folder = Path(name)
    if not (folder / "region.toml").is_file():
        known = ", ".join(sorted(pack.name for pack in PACKS.iterdir() if pack.is_dir() and pack.name[0] != "_"))
        raise RegionError(f"регион «{name}» неизвестен; есть: {known}; или укажите папку, где лежит region.toml")
    return read_region(folder)


def read_region(folder: Traversable) -> Region:
    """Read and check the tables of a pack."""
    catalog = load_catalog()
    settings = _Settings(folder / "region.toml")
    territories = _read_territories(folder)
    authorities = _read_authorities(folder, territories, catalog)
    for key in ("root", "capital"):
        if settings.text(key) not in territories:
            settings.fail(key, f"нет такой территории в territories.csv: «{settings.text(key)}»")
    return Region(
        title=settings.text("title"),
        root=settings.text("root"),
        capital=settings.text("capital"),
        capital_share=settings.share("capital_share"),
        territories=territories,
        authorities=authorities,
        accounts=_read_accounts(folder, authorities),
        deadlines=_read_deadlines(folder),
        working_time=settings.working_time(),
        catalog=catalog,
    )


class _Settings:
    """region.toml, whose mistakes are named by key."""

    def __init__(self, file: Traversable):
        self._name = file.name
        try:
            self._values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
            raise RegionError(f"{file.name}: не читается как TOML ({reason})") from None

    def fail(self, key: str, message: str) -> None:
        raise RegionError(f"{self._name}, ключ «{key}»: {message}")

    def text(self, key: str) -> str:
        value = self._values.get(key)
        if not isinstance(value, str) or not value:
            self.fail(key, "нужна непустая строка в кавычках")
        return str(value)

    def share(self, key: str) -> float:
        value = self._values.get(key, 1.0)
        if not isinstance(value, int | float) or not 0 <= value <= 1:
            self.fail(key, "нужно число от 0 до 1")
        return float(value)

    def working_time(self) -> WorkingTime:
        try:
            zone = ZoneInfo(self.text("timezone"))
        except (ZoneInfoNotFoundError, ValueError):
            self.fail("timezone", "нужен часовой пояс вида Europe/Moscow")
        try:
            begins, ends = (time.fromisoformat(moment) for moment in self._values["workday"])
            if begins >= ends:
                raise ValueError
        except (KeyError, TypeError, ValueError):
            self.fail("workday", 'нужны начало и конец рабочего дня: ["09:00", "18:00"]')
        return WorkingTime(zone, begins, ends)


def _read_territories(folder: Traversable) -> dict[str, Territory]:
    territories: dict[str, Territory] = {}
    records = list(
        read_reference(folder / "territories.csv", ("code", "title", "kind", "parent", "aliases"), RegionError)
    )
    for record in records:
        code = unique(record, "code", record.required("code"), territories)
        record.known("kind", record.required("kind"), KINDS, "списке видов: " + ", ".join(KINDS))
        if record["parent"]:
            # A parent stands above its children, so the tree has no loops.
            record.known("parent", record["parent"], territories, "territories.csv выше этой строки")
        territories[code] = Territory(
            code, record.required("title"), record["kind"], record["parent"], record.phrases("aliases")
        )
    return territories


def _read_authorities(
    folder: Traversable, territories: Mapping[str, Territory], catalog: Catalog
) -> dict[str, Authority]:
    authorities: dict[str, Authority] = {}
    columns = ("code", "title", "short_title", "level", "roles", "territory", "parent", "confirmed")
    for record in read_reference(folder / "authorities.csv", columns, RegionError):
        code = unique(record, "code", record.required("code"), authorities)
        record.known("level", record.required("level"), LEVELS, "списке уровней: " + ", ".join(LEVELS))
        record.known("territory", record.required("territory"), territories, "territories.csv")
        for role in record.words("roles"):
            record.known("roles", role, catalog.roles, "roles.csv")
        if record["parent"]:
            record.known("parent", record["parent"], authorities, "authorities.csv выше этой строки")
        authorities[code] = Authority(
            code=code,
            title=record.required("title"),
            short_title=record["short_title"] or record["title"],
            level=record["level"],
            roles=record.words("roles"),
            territory=record["territory"],
            parent=record["parent"],
            confirmed=_yes_or_no(record, "confirmed"),
        )
    return authorities


def _read_accounts(folder: Traversable, authorities: Mapping[str, Authority]) -> dict[str, str]:
    accounts: dict[str, str] = {}
    for record in read_reference(folder / "accounts.csv", ("address", "authority", "official"), RegionError):
        key = unique(record, "address", account_key(record.required("address")), accounts)
        _yes_or_no(record, "official")
        accounts[key] = record.known("authority", record.required("authority"), authorities, "authorities.csv")
    return accounts


def _read_deadlines(folder: Traversable) -> dict[str, Deadline]:
    deadlines: dict[str, Deadline] = {}
    columns = ("channel", "title", "amount", "unit", "source")
    for record in read_reference(folder / "deadlines.csv", columns, RegionError):
        channel = unique(record, "channel", record.required("channel"), deadlines)
        record.known("unit", record.required("unit"), UNITS, "списке единиц: " + ", ".join(UNITS))
        if not record["amount"].isdecimal() or not 0 < int(record["amount"]) <= 1000:
            record.fail("amount", "нужно целое число от 1 до 1000")
        deadlines[channel] = Deadline(
            channel, record.required("title"), int(record["amount"]), record["unit"], record.required("source")
        )
    return deadlines


def _yes_or_no(record: Record, column: str) -> bool:
    if record[column] not in ("yes", "no"):
        record.fail(column, "ожидалось yes или no")
    return record[column] == "yes"
