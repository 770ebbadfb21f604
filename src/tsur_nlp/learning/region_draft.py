"""A first draft of a region pack from a table of past messages and the bodies that answered them.

What a body does is guessed from the messages it answered: the shipped model names the roles of each, and the
roles that stand out from all messages are its. Where it works is read from its title and the column of
territories. A draft is for people to correct: every guess stands in a table.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tsur_nlp.errors import RegionError, TableError
from tsur_nlp.model.classifier import BLOCK, AppealModel
from tsur_nlp.model.features import Floats
from tsur_nlp.region.host_places import core_words
from tsur_nlp.region.loader import PACKS
from tsur_nlp.tables.atomic import write_whole
from tsur_nlp.tables.cells import as_text
from tsur_nlp.tables.column_mapping import find_column, find_columns
from tsur_nlp.tables.readers import open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading
from tsur_nlp.text.labels import label_key
from tsur_nlp.text.morphology import lemma

ROOT = "region"
STANDS_OUT = 2.0
"""A role is a body's if its share of the body's messages is so many times its share of all messages."""
LEAST_SHARE = 0.15
FEDERAL = re.compile(r"федеральн|\bмвд\b|\bмчс\b|роспотребнадзор|росси|\bфнс\b|военн|прокуратур", re.IGNORECASE)
ADMINISTRATION = re.compile(r"администраци\w{1,3}\s+(?P<place>.{3,80})", re.IGNORECASE)
INSIDE_CITY = re.compile(r"(?:района|округа)\s+города", re.IGNORECASE)
CITY = re.compile(r"\b(?:города|городского округа)\s+(?P<place>[А-ЯЁ][\w-]+(?:\s[А-ЯЁ][\w-]+)?)")
LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "y", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip


@dataclass
class Body:
    """A body of the table: its title, how many messages it answered, the sum of their role probabilities."""

    title: str
    messages: int = 0
    roles: Floats = field(default_factory=lambda: np.zeros(0, np.float32))


def draft(table: Path, folder: Path, title: str, model: AppealModel, how: Reading = BY_ITSELF) -> tuple[int, int]:
    """Write the tables of a new pack; return how many bodies and territories they hold.

    Raises TableError for a table without texts or bodies, RegionError if the folder is taken.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise RegionError(f"{folder}: место занято; укажите новую папку для черновика региона")
    bodies, places = _read(table, model, how)
    names = [*places, *filter(None, (_place_of(body.title) for body in bodies))]
    shown = _one_name_each(names)
    codes = _codes(dict.fromkeys(shown.values()))
    territories = {name: codes[fullest] for name, fullest in shown.items()}
    folder.mkdir(parents=True, exist_ok=True)
    cities = [name for name in territories if name.startswith("город")]
    capital = next((territories[name] for name in (*places[:1], *cities)), ROOT)
    rows = [[ROOT, title, "region", "", label_key(title)]]
    rows += [[code, name, _kind(name), ROOT, _aliases(name)] for name, code in codes.items()]
    _write(folder / "territories.csv", "code title kind parent aliases", rows)
    columns = "code title short_title level roles territory parent confirmed"
    _write(folder / "authorities.csv", columns, _body_rows(bodies, territories, model.heads["authority"].labels))
    _write(folder / "institutions.csv", "code title short_title kind number names territory parent confirmed", [])
    _write(folder / "streets.csv", "street territories", [])
    _write(folder / "competence.csv", "topics roles note", [])
    _write(folder / "accounts.csv", "address authority official", [])
    write_whole(folder / "deadlines.csv", (PACKS / "nizhny" / "deadlines.csv").read_text(encoding="utf-8"))
    write_whole(folder / "region.toml", SETTINGS.format(title=title.replace('"', ""), root=ROOT, capital=capital))
    return len(bodies), len(codes)


SETTINGS = """# Черновик: проверьте столицу, часовой пояс и рабочий день, затем «tsur-nlp region check».
title = "{title}"
root = "{root}"
# Если место не названо ни системой, ни текстом, берётся capital; capital_share — какую долю уверенности
# в муниципальном органе тогда оставить.
capital = "{capital}"
capital_share = 0.6
timezone = "Europe/Moscow"
workday = ["09:00", "18:00"]
"""


def _read(table: Path, model: AppealModel, how: Reading) -> tuple[list[Body], list[str]]:
    """Bodies and names of territories of a table, the most frequent first."""
    bodies: dict[str, Body] = {}
    places: Counter[str] = Counter()
    with open_table(table, how) as source:
        columns = find_columns(source.columns, source.sample)
        authority_at = find_column(source.columns, "authority")
        if authority_at is None:
            raise TableError(f"{table.name}: не нашёл столбец с органом; назовите его «Исполнитель» или «Орган»")
        waiting: list[tuple[Body, str]] = []
        for row in source.rows:
            if row.problem:
                continue
            title = " ".join(as_text(row.cells[authority_at]).split())
            if columns.territory is not None and (place := " ".join(as_text(row.cells[columns.territory]).split())):
                places[place] += 1
            if title:
                waiting.append((bodies.setdefault(title, Body(title)), as_text(row.cells[columns.text])))
            if len(waiting) == BLOCK:
                _add_roles(waiting, model)
                waiting = []
        _add_roles(waiting, model)
    if not bodies:
        raise TableError(f"{table.name}: в столбце с органом пусто; черновик составлять не из чего")
    ranked = sorted(bodies.values(), key=lambda body: -body.messages)
    return ranked, [place for place, _ in places.most_common()]


def _add_roles(waiting: Sequence[tuple[Body, str]], model: AppealModel) -> None:
    if not waiting:
        return
    found = model.probabilities([text for _, text in waiting])["authority"]
    for (body, _), values in zip(waiting, found, strict=True):
        body.messages += 1
        body.roles = values if body.messages == 1 else body.roles + values


def _one_name_each(names: Iterable[str]) -> dict[str, str]:
    """For each name of a place the fullest one it has here: «Озёрск» and «город Озёрск» are one place."""
    fullest: dict[str, str] = {}
    names = list(names)
    for name in names:
        key = " ".join(core_words(name)) or label_key(name)
        fullest[key] = max(fullest.get(key, ""), name, key=len)
    return {name: fullest[" ".join(core_words(name)) or label_key(name)] for name in names}


def _place_of(title: str) -> str:
    """The place in an administration's title, in the nominative: «Администрация Беловского района»."""
    match = ADMINISTRATION.match(title) or CITY.search(title)
    if match is None or (match.re is ADMINISTRATION and CITY.fullmatch(match["place"].strip())):
        match = CITY.search(title)
    if match is None:
        return ""
    named = " ".join(map(_nominative, match["place"].split()))
    return f"город {named}" if match.re is CITY else named


def _nominative(word: str) -> str:
    found = lemma(word.lower().replace("ё", "е"))
    return found.capitalize() if word[:1].isupper() else found


def _aliases(name: str) -> str:
    """How texts may call a place: a city by its bare name, a district of a city without the city."""
    key = label_key(name)
    return key.removeprefix("город ") if key.startswith("город ") else key.split(" город ")[0]


def _kind(name: str) -> str:
    first = label_key(name).split()
    if "город" in first[1:]:
        return "city_district"
    return "urban_district" if first[0] in ("город", "городской") else "municipal_district"


def _body_rows(bodies: Sequence[Body], territories: Mapping[str, str], labels: Sequence[str]) -> list[list[str]]:
    overall = np.sum([body.roles for body in bodies], axis=0)
    overall = overall / overall.sum()
    rows = []
    codes = _codes(body.title for body in bodies)
    for body in bodies:
        title = body.title
        territory = territories.get(_place_of(title), ROOT)
        if ADMINISTRATION.match(title):
            roles = ["district.administration" if INSIDE_CITY.search(title) else "municipality.administration"]
        else:
            shares = body.roles / body.roles.sum()
            out = (shares >= LEAST_SHARE) & (shares >= STANDS_OUT * overall)
            roles = [labels[i] for i in np.argsort(-shares, kind="stable") if out[i]]
        level = "federal" if FEDERAL.search(title) else "municipal" if territory != ROOT else "regional"
        rows.append([codes[title], title, title, level, " ".join(roles), territory, "", "yes"])
    return rows


def _codes(names: Iterable[str]) -> dict[str, str]:
    """A code for each of different names, made of its letters, all different."""
    codes: dict[str, str] = {}
    taken = {ROOT}
    for name in names:
        letters = "".join(LETTERS.get(letter, letter) for letter in label_key(name))
        code = stem = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:48] or "body"
        number = 1
        while code in taken:
            number += 1
            code = f"{stem}_{number}"
        taken.add(code)
        codes[name] = code
    return codes


def _write(file: Path, columns: str, rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.split())
    writer.writerows(rows)
    write_whole(file, text.getvalue())
