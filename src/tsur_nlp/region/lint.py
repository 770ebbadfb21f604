"""What is missing in a region pack that loads: gaps a clerk can fill, in Russian."""

from collections.abc import Iterator
from dataclasses import dataclass

from tsur_nlp.region.abroad import home
from tsur_nlp.region.competence import CompetenceMatrix
from tsur_nlp.region.region import Region
from tsur_nlp.text.labels import label_key

SHOWN = 5
"""Examples named in one line."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something missing. `serious`: messages would go astray; else the pack only knows less than it could."""

    serious: bool
    text: str


def gaps(region: Region) -> Iterator[Gap]:
    """Gaps of a pack, the serious ones first."""
    yield from _matrix(region)
    yield from _missing_bodies(region)
    yield from _shared_names(region)
    yield from _unconfirmed(region)
    yield from _silent_territories(region)
    yield from _accounts(region)
    if not home(region.title):
        yield Gap(False, f"Региона «{region.title}» нет в russia_regions.csv: какие города чужие, не узнать")


def _matrix(region: Region) -> Iterator[Gap]:
    """Topics that nobody answers for, topics without a row of their own, bodies that no topic comes to."""
    matrix = CompetenceMatrix(region, region.catalog.topics)
    answered, rowless, busy = set[str](), dict[str, None](), set[str]()
    for place in dict.fromkeys(map(matrix.anchor, region.territories)):
        for topic in region.catalog.topics:
            cell = matrix.cell(topic, place)
            answers = cell.answers
            busy.update(body.code for body, _ in answers)
            if answers:
                answered.add(topic)
            if cell.step.code == "matrix_catalog":
                rowless[topic] = None
    # Rules on conditions and channels name bodies that no place alone comes to.
    busy.update(name for rule in region.competence for name, _ in rule.answers)
    titles = {code: topic.title for code, topic in region.catalog.topics.items()}
    if alone := [title for code, title in titles.items() if code not in answered]:
        yield Gap(True, f"Тем, на которые никто не отвечает: {len(alone)} ({_some(alone)})")
    if rowless and region.competence:
        named = _some([titles[code] for code in rowless])
        yield Gap(False, f"Тем без строки в competence.csv, отвечает каталог: {len(rowless)} ({named})")
    elif rowless:
        yield Gap(False, "В competence.csv нет строк: кто отвечает, решает каталог")
    idle = [
        body.title for body in region.authorities.values() if not body.kind and body.confirmed and body.code not in busy
    ]
    if idle:
        yield Gap(False, f"Органов, к которым не ведёт ни одна тема: {len(idle)} ({_some(idle)})")
    doubtful = {rule.topic for rule in region.competence if not rule.confirmed}
    if doubtful:
        yield Gap(False, f"Тем, у которых есть строки без подтверждения (confirmed = no): {len(doubtful)}")


def _missing_bodies(region: Region) -> Iterator[Gap]:
    for role in region.catalog.roles.values():
        without = [one.title for one in region.territories.values() if region.resolve(role.code, one.code) is None]
        if len(without) == len(region.territories):
            yield Gap(True, f"Роль «{role.title}» ({role.code}) не играет никто")
        elif without:
            yield Gap(True, f"Роль «{role.title}» ({role.code}) без органа: {_some(without)}")
    local = [one for one in region.territories.values() if one.kind in ("urban_district", "municipal_district")]
    headless = []
    for territory in local:
        found = region.resolve("municipality.administration", territory.code)
        if found is not None and found.level != "municipal":
            headless.append(territory.title)
    if headless:
        yield Gap(True, f"Муниципалитетов без своей администрации: {len(headless)} ({_some(headless)})")


def _shared_names(region: Region) -> Iterator[Gap]:
    owners: dict[str, set[str]] = {}
    for territory in region.territories.values():
        for alias in territory.aliases:
            owners.setdefault(label_key(alias), set()).add(territory.code)
    shared = [name for name, codes in owners.items() if len(codes) > 1]
    if shared:
        yield Gap(False, f"Названий, общих для нескольких мест (сообщение пойдёт на просмотр): {_some(shared)}")
    open_streets = sorted({street.name for street in region.streets if len(street.territories) > 1})
    if open_streets:
        yield Gap(False, f"Улиц, которые идут через несколько районов: {len(open_streets)} ({_some(open_streets)})")


def _unconfirmed(region: Region) -> Iterator[Gap]:
    bodies = [one.title for one in region.authorities.values() if not one.confirmed and not one.kind]
    places = [one.title for one in region.authorities.values() if not one.confirmed and one.kind]
    for what, titles in (("органов", bodies), ("учреждений", places)):
        if titles:
            text = f"Не подтверждено {what}: {len(titles)}, за них отвечает вышестоящий орган ({_some(titles)})"
            yield Gap(False, text)


def _silent_territories(region: Region) -> Iterator[Gap]:
    silent = [one.title for one in region.territories.values() if not one.aliases]
    if silent:
        yield Gap(False, f"Территорий, которых в тексте не узнать (нет aliases): {len(silent)} ({_some(silent)})")


def _accounts(region: Region) -> Iterator[Gap]:
    owners = set(region.accounts.values())
    without = [one.short_title for one in region.authorities.values() if one.code not in owners]
    if without:
        yield Gap(False, f"Органов и учреждений без аккаунта: {len(without)} из {len(region.authorities)}")


def _some(titles: list[str]) -> str:
    return ", ".join(titles[:SHOWN]) + (" …" if len(titles) > SHOWN else "")
