"""Reads competence.csv: rows of one key become one rule, and every mistake is named by its place."""

from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable

from tsur_nlp.catalog.csv_records import Record, read_reference
from tsur_nlp.catalog.topics import Catalog, role_shares
from tsur_nlp.errors import RegionError
from tsur_nlp.region.cells import in_force, topics_meant, yes_or_no
from tsur_nlp.region.region import Authority
from tsur_nlp.region.rule import CONDITIONS, Rule
from tsur_nlp.region.territory import KINDS, Territory

Key = tuple[str, str, str, str, str]
"""Topic or group, territory, kind of territory, channel, condition."""
SLACK = 0.005
"""Shares are typed with two digits: three thirds are 0.99."""


def read_competence(
    folder: Traversable, territories: Mapping[str, Territory], authorities: Mapping[str, Authority], catalog: Catalog
) -> tuple[Rule, ...]:
    """The rules in force today, in the order of the table; none if the region has no table.

    Raises RegionError: an unknown name, a share outside 0 … 1, shares of one key that do not sum to 1, a body twice.
    """
    file = folder / "competence.csv"
    if not file.is_file():
        return ()
    answers: dict[Key, dict[str, float]] = {}
    whys: dict[Key, list[str]] = {}
    records: dict[Key, Record] = {}
    for record in read_reference(file, ("topics", "roles"), RegionError):
        places = _place(record, territories)
        names = _named(record, authorities, catalog)
        record.required("topics")
        if not in_force(record):
            continue
        for topic in _topics_or_groups(record, catalog):
            key = (topic, *places)
            held = answers.setdefault(key, {})
            if key in records and "share" not in record.cells:
                record.fail(
                    "topics", f"для «{topic}» здесь уже есть строка {records[key].line}; второй нужна доля (share)"
                )
            records[key] = record
            for name, share in names:
                if name in held:
                    record.fail("roles", f"«{name}» для «{topic}» названо дважды")
                held[name] = share
                whys.setdefault(key, []).append(record.cells.get("note") or record.cells.get("source", ""))
    for key, held in answers.items():
        total = sum(held.values())
        if abs(total - 1) > SLACK * max(len(held), 2):
            records[key].fail("share", f"доли для «{key[0]}» в сумме дают {total:.2f}, а нужно 1")
    return tuple(_rule(key, held, whys[key], records[key]) for key, held in answers.items())


def _rule(key: Key, answers: Mapping[str, float], whys: Sequence[str], record: Record) -> Rule:
    topic, territory, kind, channel, condition = key
    return Rule(
        topic=topic,
        answers=tuple(answers.items()),
        whys=tuple(whys),
        territory=territory,
        kind=kind,
        channel=channel,
        condition=condition,
        note=record.cells.get("note", ""),
        source=record.cells.get("source", ""),
        confirmed=record.cells.get("confirmed", "yes") != "no",
        line=record.line,
    )


def _place(record: Record, territories: Mapping[str, Territory]) -> tuple[str, str, str, str]:
    """Territory, kind, channel and condition of a row; "" for each that it does not limit."""
    territory, kind, channel, condition = (
        record.cells.get(column, "") for column in ("territory", "kind", "channel", "condition")
    )
    if territory:
        record.known("territory", territory, territories, "territories.csv")
    if kind:
        record.known("kind", kind, KINDS, "списке видов: " + ", ".join(KINDS))
    if condition:
        record.known("condition", condition, CONDITIONS, "списке условий: " + ", ".join(CONDITIONS))
    if record.cells.get("confirmed"):
        yes_or_no(record, "confirmed")
    return territory, kind, channel, condition


def _named(record: Record, authorities: Mapping[str, Authority], catalog: Catalog) -> list[tuple[str, float]]:
    """Roles and bodies of a row with their shares: roles alone are shared as the catalogue shares them."""
    body = record.cells.get("authority", "")
    roles = record.words("roles")
    for role in roles:
        record.known("roles", role, catalog.roles, "roles.csv")
    if body:
        record.known("authority", body, authorities, "authorities.csv")
    names = [*roles, *([body] if body else [])]
    if not names:
        record.fail("roles", "нужна роль (roles) или орган (authority)")
    text = record.cells.get("share", "")
    if not text:
        return list(role_shares(names))
    if len(names) > 1:
        record.fail("share", "доля пишется для одной роли или одного органа: остальным нужны свои строки")
    try:
        share = float(text.replace(",", "."))
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        record.fail("share", f"нужно число больше 0 и не больше 1, например 0,5, а стоит «{text}»")
    return [(names[0], share)]


def _topics_or_groups(record: Record, catalog: Catalog) -> list[str]:
    """Codes a row is for: `health.*` is the group itself, so that a row of one topic goes before it."""
    found = []
    for pattern in record.words("topics"):
        if pattern.endswith(".*") and catalog.topics_of(pattern):
            found.append(pattern[:-2])
        else:
            found += topics_meant(record, catalog, [pattern])
    return found
