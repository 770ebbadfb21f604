"""Names of people from tables, in whatever case form: given names, patronymics, surnames.

Forms of given names and patronymics are made when the tables are first asked for; a surname is led back to its
first form by its ending, since tables of all forms would be ten times as large. Sources: data/privacy/SOURCES.md.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import Record, read_reference
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.cleaning import normalize

FOLDER = files("tsur_nlp") / "data" / "privacy"

WITH_OV = re.compile(r"(.+(?:ов|ев|ин|ын))(?:а|у|ым|ом|е|ой|ою|ых|ыми|ы)?\Z")
WITH_SK = re.compile(r"(.+[сц]к)(?:ий|ого|ому|им|ом|ая|ой|ую|ие|их|ими)\Z")
WITH_CONSONANT = re.compile(r"(.+[бвгджзклмнпрстфхцчшщ])(?:а|у|ом|ем|е)?\Z")
WITH_Y = re.compile(r"(.+)(?:ый|ого|ому|ым|ом|ая|ой|ую)\Z")
PATRONYMIC = re.compile(r"[а-я]{3,}(?:[ое]вич(?:а|у|ем|е)?|[ое]вн(?:а|ы|е|у|ой|ою))\Z")
"""How patronymics end, those of rare names too."""
SHAPE = re.compile(
    r"[а-я]{2,}(?:(?:ов|ев|ин|ын)(?:а|у|ым|ом|е|ой|ою|ых|ы)?|[сц]к(?:ий|ого|ому|им|ом|ая|ой|ую)"
    r"|енко|ейко|(?:чук|щук|нюк)(?:а|у|ом|ем|е)?|янц?(?:а|у|ом|ем|е)?|дзе|швили|оглы|кызы|ских|ных|[оеь]вич(?:а|у|ем|е)?)\Z"
)
"""How surnames end. Only beside a given name, a patronymic, initials or a word for a person do endings suffice."""


def _records(name: str, *columns: str) -> Iterator[Record]:
    return read_reference(FOLDER / name, columns, CatalogError)


@cache
def given_names() -> dict[str, bool]:
    """Forms of given names; true for those that are also usual words, names of places, or short names."""
    forms: dict[str, bool] = {}
    for record in _records("given_names.csv", "name", "gender", "word"):
        for form in declined(normalize(record.required("name")), record["gender"]):
            forms[form] = forms.get(form, True) and bool(record["word"])
    for record in _records("short_names.csv", "name", "gender", "kind"):
        if record["kind"] == "имя":
            for form in declined(normalize(record.required("name")), record["gender"]):
                forms.setdefault(form, True)
    return forms


@cache
def patronymics() -> frozenset[str]:
    """Forms of patronymics."""
    names = [normalize(record.required("patronymic")) for record in _records("patronymics.csv", "patronymic")]
    short = _records("short_names.csv", "name", "kind")
    names += [normalize(record["name"]) for record in short if record["kind"] == "отчество"]
    return frozenset(form for name in names for form in declined(name, "м" if name.endswith("ч") else "ж"))


@cache
def surnames() -> dict[str, str]:
    """First forms of surnames; «слово» or «место» where the surname is also that."""
    rows = _records("surnames.csv", "surname", "word")
    return {normalize(record.required("surname")): record["word"] for record in rows}


@cache
def streets_of_people() -> frozenset[str]:
    """First forms of surnames that streets are commonly named after."""
    return frozenset(normalize(record.required("surname")) for record in _records("streets_of_people.csv", "surname"))


@cache
def words_around() -> dict[str, str]:
    """Lemmas that stand before names: «человек» before a person's, «место» before what is named after a person."""
    return {record.required("word"): record.required("says") for record in _records("around_names.csv", "word", "says")}


def declined(name: str, gender: str) -> Iterator[str]:
    """Case forms of a normalised given name or patronymic."""
    yield name
    if name.endswith("ия"):
        yield from (name[:-1] + ending for ending in ("и", "ю", "ей"))
    elif name.endswith("я"):
        yield from (name[:-1] + ending for ending in ("и", "е", "ю", "ей", "ею"))
    elif name.endswith("а"):
        soft = "и" if name[-2:-1] in "гкхжшчщ" else "ы"
        yield from (name[:-1] + ending for ending in (soft, "е", "у", "ой", "ей" if soft == "и" else "ою"))
    elif name.endswith("ь"):
        ending_forms = ("я", "ю", "ем", "е") if gender == "м" else ("и", "ью")
        base = "любов" if name == "любовь" else name[:-1]
        yield from (base + ending for ending in ending_forms)
    elif gender == "м" and name.endswith("ий"):
        yield from (name[:-1] + ending for ending in ("я", "ю", "ем", "и"))
    elif gender == "м" and name.endswith("й"):
        yield from (name[:-1] + ending for ending in ("я", "ю", "ем", "е"))
    elif gender == "м" and name[-1] in "бвгджзклмнпрстфхцчшщ":
        base = {"павел": "павл", "лев": "льв", "петр": "петр"}.get(name, name)
        yield from (base + ending for ending in ("а", "у", "ом", "ем", "е"))


def first_forms(word: str) -> Iterator[str]:
    """First forms that a normalised word would have as a surname, itself among them."""
    yield word
    for pattern, ending in ((WITH_OV, ""), (WITH_SK, "ий"), (WITH_CONSONANT, ""), (WITH_Y, "ый")):
        if match := pattern.match(word):
            yield match[1] + ending


@lru_cache(maxsize=50_000)
def surname(word: str) -> str | None:
    """What surnames.csv says of a normalised word in any case form; None if it holds no such surname.

    A word in the first form of a usual one («волков», of wolves) is «слово»; in another form it is no such word.
    """
    table = surnames()
    found = [first for first in first_forms(word) if first in table]
    if not found:
        return None
    says = table[found[0]]
    return "" if says == "слово" and WITH_OV.match(word) and word != found[0] else says


def names_a_street(word: str) -> bool:
    """Whether streets are named after a bearer of this surname, in whatever form."""
    return any(first in streets_of_people() for first in first_forms(word))
