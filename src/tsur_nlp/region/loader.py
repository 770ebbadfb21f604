"""Reads a region pack: plain tables in one folder, checked on load.

    region.toml       title, root territory, capital, time zone, working day
    territories.csv   code, title, kind, parent, aliases («;»)
    streets.csv       street (names with «;»), territories
    settlements.csv, roads.csv, outlines.geojson: see place_tables.py
    authorities.csv   code, title, short_title, level, roles, territory, parent, confirmed
    institutions.csv  code, title, short_title, kind, number, names («;»), territory, parent, confirmed
    competence.csv    topics, roles; and if wanted authority, share, territory, kind, channel, condition, note, source,
                      confirmed, valid_from, valid_to
    accounts.csv      address, authority, official
    deadlines.csv     channel, step, title, amount, unit, topics, source; and if wanted importance («high» or nothing)
    vulnerable.csv    group, order, raises: groups of people that are heard first here, no other counts

Places, streets, institutions, competence and vulnerable may be left out. Authorities and institutions may have
`valid_from` and `valid_to` (2026-01-31): out of these days the parent answers; authorities also `former` titles («;»),
by which they are known. Any table may have more columns (site, oktmo, a note).
Every mistake is a RegionError that names the file, the line and the column.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tsur_nlp.catalog.csv_records import Record, read_reference, unique
from tsur_nlp.catalog.topics import LEVELS, Catalog, load_catalog
from tsur_nlp.catalog.vulnerable import VulnerableGroup, order_and_raises, vulnerable_table
from tsur_nlp.errors import RegionError
from tsur_nlp.region.cells import in_force, topics_meant, yes_or_no
from tsur_nlp.region.competence_table import read_competence
from tsur_nlp.region.deadlines import STEPS, UNITS, Deadline, WorkingTime
from tsur_nlp.region.place_tables import read_outlines, read_roads, read_settlements
from tsur_nlp.region.region import Authority, Region, Street, account_key
from tsur_nlp.region.territory import KINDS, Territory

PACKS = files("tsur_nlp") / "regions"
IMPORTANCE = ("", "high")


def load_region(name: str | Path) -> Region:
    """A shipped pack by name («nizhny») or any folder of tables. Raises RegionError."""
    return read_region(folder_of(name))


def folder_of(name: str | Path) -> Traversable:
    """The folder of a pack. Raises RegionError if there is none."""
    folder: Traversable = PACKS / str(name) if str(name).isidentifier() else Path(name)
    if not folder.is_dir():
        folder = Path(name)
    if not (folder / "region.toml").is_file():
        known = ", ".join(sorted(pack.name for pack in PACKS.iterdir() if pack.is_dir() and pack.name[0] != "_"))
        raise RegionError(f"регион «{name}» неизвестен; есть: {known}; или укажите папку, где лежит region.toml")
    return folder


def read_region(folder: Traversable) -> Region:
    """Read and check the tables of a pack."""
    catalog = load_catalog()
    settings = _Settings(folder / "region.toml")
    territories = _read_territories(folder)
    authorities = _read_authorities(folder, territories, catalog)
    authorities |= _read_institutions(folder, territories, authorities, catalog)
    for key in ("root", "capital"):
        if settings.text(key) not in territories:
            settings.fail(key, f"нет такой территории в territories.csv: «{settings.text(key)}»")
    accounts, unofficial = _read_accounts(folder, authorities)
    return Region(
        title=settings.text("title"),
        root=settings.text("root"),
        capital=settings.text("capital"),
        capital_share=settings.share("capital_share"),
        territories=territories,
        authorities=authorities,
        streets=_read_streets(folder, territories),
        settlements=read_settlements(folder, territories),
        roads=read_roads(folder),
        outlines=read_outlines(folder),
        competence=read_competence(folder, territories, authorities, catalog),
        accounts=accounts,
        unofficial=unofficial,
        deadlines=_read_deadlines(folder, catalog),
        working_time=settings.working_time(),
        catalog=catalog,
        vulnerable=_read_vulnerable(folder),
    )


class _Settings:
    """region.toml, whose mistakes are named by key."""

    def __init__(self, file: Traversable):
        self._name = file.name
        try:
            self._values = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as reason:
            raise RegionError(f"{file.name}: не читается ({type(reason).__name__}); нужен TOML в UTF-8") from None
        except RecursionError:
            raise RegionError(f"{file.name}: не читается как TOML (слишком много вложенных скобок)") from None
        except tomllib.TOMLDecodeError as reason:
            at = re.search(r"line (\d+), column (\d+)", str(reason))
            where = f"строка {at[1]}, столбец {at[2]}" if at else "последняя строка"
            raise RegionError(f'{file.name}: не читается как TOML ({where}); строки имеют вид ключ = "слово"') from None

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
        kind = record.known("kind", record.required("kind"), KINDS, "списке видов: " + ", ".join(KINDS))
        if record["parent"]:
            # A parent stands above its children, so the tree has no loops.
            record.known("parent", record["parent"], territories, "territories.csv выше этой строки")
        codes = [*record.cells.get("oktmo", "").split(), *record.cells.get("oktmo_former", "").split()]
        if wrong := next((number for number in codes if not number.isdecimal()), None):
            record.fail("oktmo", f"нужны цифры кода ОКТМО, а стоит «{wrong}»")
        territories[code] = Territory(
            code,
            record.required("title"),
            kind,
            record["parent"],
            record.phrases("aliases"),
            tuple(codes),
        )
    return territories


def _read_authorities(
    folder: Traversable, territories: Mapping[str, Territory], catalog: Catalog
) -> dict[str, Authority]:
    authorities: dict[str, Authority] = {}
    columns = ("code", "title", "short_title", "level", "roles", "territory", "parent", "confirmed")
    for record in read_reference(folder / "authorities.csv", columns, RegionError):
        code = unique(record, "code", record.required("code"), authorities)
        level = record.known("level", record.required("level"), LEVELS, "списке уровней: " + ", ".join(LEVELS))
        record.known("territory", record.required("territory"), territories, "territories.csv")
        for role in record.words("roles"):
            record.known("roles", role, catalog.roles, "roles.csv")
        if record["parent"]:
            record.known("parent", record["parent"], authorities, "authorities.csv выше этой строки")
        authorities[code] = Authority(
            code=code,
            title=record.required("title"),
            short_title=record["short_title"] or record["title"],
            level=level,
            roles=record.words("roles"),
            territory=record["territory"],
            parent=record["parent"],
            confirmed=yes_or_no(record, "confirmed") and in_force(record),
            names=record.phrases("former") if "former" in record.cells else (),
        )
    return authorities


def _read_institutions(
    folder: Traversable,
    territories: Mapping[str, Territory],
    authorities: Mapping[str, Authority],
    catalog: Catalog,
) -> dict[str, Authority]:
    institutions: dict[str, Authority] = {}
    columns = ("code", "title", "short_title", "kind", "number", "names", "territory", "parent", "confirmed")
    if not (folder / "institutions.csv").is_file():
        return institutions
    for record in read_reference(folder / "institutions.csv", columns, RegionError):
        code = unique(record, "code", record.required("code"), authorities)
        unique(record, "code", code, institutions)
        kind = record.known("kind", record.required("kind"), catalog.institution_kinds, "institution_kinds.csv")
        record.known("territory", record.required("territory"), territories, "territories.csv")
        record.known("parent", record.required("parent"), authorities, "authorities.csv")
        if record["number"] and not record["number"].isdecimal():
            record.fail("number", "нужно число без знака «№» или пусто")
        if not record["number"] and not record["names"]:
            record.fail("names", "учреждение без номера и без названий в тексте не найти")
        _wordy(record, "names")
        institutions[code] = Authority(
            code=code,
            title=record.required("title"),
            short_title=record["short_title"] or record["title"],
            level="institution",
            roles=(catalog.institution_kinds[kind].role,),
            territory=record["territory"],
            parent=record["parent"],
            confirmed=yes_or_no(record, "confirmed") and in_force(record),
            kind=kind,
            number=record["number"],
            names=record.phrases("names"),
        )
    return institutions


def _read_streets(folder: Traversable, territories: Mapping[str, Territory]) -> tuple[Street, ...]:
    streets: list[Street] = []
    if not (folder / "streets.csv").is_file():
        return ()
    for record in read_reference(folder / "streets.csv", ("street", "territories"), RegionError):
        record.required("territories")
        for code in record.words("territories"):
            record.known("territories", code, territories, "territories.csv")
        record.required("street")
        _wordy(record, "street")
        streets += (Street(name, record.words("territories")) for name in record.phrases("street"))
    return tuple(streets)


def _read_accounts(folder: Traversable, authorities: Mapping[str, Authority]) -> tuple[dict[str, str], frozenset[str]]:
    """Owners by address, and the addresses whose owner is not confirmed."""
    accounts: dict[str, str] = {}
    unofficial: set[str] = set()
    for record in read_reference(folder / "accounts.csv", ("address", "authority", "official"), RegionError):
        key = unique(record, "address", account_key(record.required("address")), accounts)
        if not yes_or_no(record, "official"):
            unofficial.add(key)
        where = "authorities.csv и institutions.csv"
        accounts[key] = record.known("authority", record.required("authority"), authorities, where)
    return accounts, frozenset(unofficial)


def _read_deadlines(folder: Traversable, catalog: Catalog) -> dict[str, tuple[Deadline, ...]]:
    deadlines: dict[str, tuple[Deadline, ...]] = {}
    columns = ("channel", "step", "title", "amount", "unit", "topics", "source")
    for record in read_reference(folder / "deadlines.csv", columns, RegionError):
        channel = record.required("channel")
        step = record.known("step", record.required("step"), STEPS, "списке шагов: " + ", ".join(STEPS))
        unit = record.known("unit", record.required("unit"), UNITS, "списке единиц: " + ", ".join(UNITS))
        if not record["amount"].isdecimal() or not 0 < int(record["amount"]) <= 1000:
            record.fail("amount", "нужно целое число от 1 до 1000")
        importance = record.cells.get("importance", "")
        if importance not in IMPORTANCE:
            record.fail("importance", f"«{importance}» не годится; нужно high или пусто")
        deadlines[channel] = (
            *deadlines.get(channel, ()),
            Deadline(
                channel=channel,
                step=step,
                title=record.required("title"),
                amount=int(record["amount"]),
                unit=unit,
                topics=frozenset(topics_meant(record, catalog)),
                source=record.required("source"),
                high=importance == "high",
            ),
        )
    return deadlines


def _read_vulnerable(folder: Traversable) -> dict[str, VulnerableGroup] | None:
    if not (folder / "vulnerable.csv").is_file():
        return None
    known, _ = vulnerable_table()
    groups: dict[str, VulnerableGroup] = {}
    for record in read_reference(folder / "vulnerable.csv", ("group", "order", "raises"), RegionError):
        code = unique(record, "group", record.required("group"), groups)
        record.known("group", code, known, "vulnerable.csv каталога")
        order, raises = order_and_raises(record)
        groups[code] = replace(known[code], order=order, raises=raises)
    return groups


def _wordy(record: Record, column: str) -> None:
    """A name of signs and figures alone («№ 45») would be found nowhere, or everywhere."""
    if nameless := next((name for name in record.phrases(column) if not any(map(str.isalpha, name))), None):
        record.fail(column, f"в названии «{nameless}» нет ни одной буквы; номеру место в своём столбце")
