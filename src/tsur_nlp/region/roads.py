"""Federal and regional roads named in a text: «М-7», «трасса Р158», and the names a region lists."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tsur_nlp.catalog.csv_records import read_reference, unique
from tsur_nlp.errors import CatalogError
from tsur_nlp.region.abroad import DATA, home, subjects
from tsur_nlp.region.place_tables import Road
from tsur_nlp.region.reading import Reading
from tsur_nlp.text.cleaning import normalize
from tsur_nlp.text.tokens import WORD

LATIN = str.maketrans("MPAmpa", "МРАмра")
NUMBER = re.compile(r"(?P<letter>[МРАMPA])(?<![\w.-].)(?:-|\s-\s|\s)?(?P<number>\d{1,3})(?![\w]|-\d)")
AFTER_WORD = re.compile(
    r"(?:трасс\w{1,3}|автодорог\w{1,2}|дорог\w{1,2}|шоссе|автотрасс\w{1,3})\s{1,2}(?P<letter>[мрампа])(?:-|\s)?(?P<number>\d{1,3})(?!\w)"
)
TOLD = ("трасс", "автодорог", "автотрасс")
WORDS = ("м", "р", "m", "p", "трасса", "автодорога", "автотрасса")
ATTACHED = tuple(letter + digit for letter in "МM" for digit in "123456789")
"""«М7» is a road; «Р 10» and «А5» are houses and prices, unless «трасса» or a hyphen is there."""
DASH = r"\s?[-–—]\s?"
SPELLINGS = {"-": DASH, "м": "[мm]", "р": "[рp]", "а": "[аa]"}
"""How a character of a road's name may be written in a text in small letters."""


@dataclass(frozen=True, slots=True)
class RoadMention:
    """A road in a text. `kind`: federal or regional; `elsewhere`: it is known not to run through the region."""

    words: str
    kind: str
    elsewhere: bool


@cache
def federal_roads() -> Mapping[str, frozenset[str]]:
    """«М-7» → titles of the regions it runs through, none where that is not sure. Rows of data/federal_roads.csv."""
    found: dict[str, frozenset[str]] = {}
    for record in read_reference(DATA / "federal_roads.csv", ("number", "name", "regions"), CatalogError):
        number = unique(record, "number", record.required("number"), found)
        for title in record.phrases("regions"):
            record.known("regions", title, subjects(), "russia_regions.csv")
        found[number] = frozenset(record.phrases("regions"))
    return found


@cache
def _federal_names() -> tuple[tuple[str, frozenset[str]], ...]:
    """Names of two ends («Нижний Новгород – Саратов») and the regions; others are words («Дон», «Урал»)."""
    rows = read_reference(DATA / "federal_roads.csv", ("name", "regions"), CatalogError)
    return tuple((_road_key(row["name"]), frozenset(row.phrases("regions"))) for row in rows if "–" in row["name"])


def _road_key(name: str) -> str:
    """A text as names of roads are compared: with one kind of dash, without blanks around it."""
    return re.sub(DASH, "-", normalize(name).translate(LATIN))


def _spelt(name: str) -> str:
    """A pattern of a name in small letters. A first character that is looked at before what stands before it makes
    the search fast."""
    first, *others = (SPELLINGS.get(sign, re.escape(sign)) for sign in name)
    return rf"{first}(?<!\w.){''.join(others)}"


def _longest_word(name: str) -> str:
    return max(WORD.findall(name.replace("-", " ")), key=len, default="")


class Roads:
    """Finds roads in texts of a region."""

    def __init__(self, title: str, listed: Sequence[Road]):
        """`title`: of the region; `listed`: its own table."""
        self._home = home(title)
        self._listed = {_road_key(name): (road.kind, False) for road in listed for name in road.names}
        for name, regions in _federal_names():
            self._listed.setdefault(name, ("federal", bool(self._home and regions) and self._home not in regions))
        self._longest = {_longest_word(name) for name in self._listed}
        # One letter may be Latin.
        self._needles = tuple(word if len(word) > 1 else "" for word in sorted(self._longest))
        names = sorted(self._listed, key=len, reverse=True)
        self._pattern = re.compile(rf"(?:{'|'.join(map(_spelt, names))})(?!\w)")

    def words(self) -> set[str]:
        """Words, in the nominative, one of which stands in every text that names a road."""
        return {*WORDS, *self._longest} - {""}

    def find(self, reading: Reading) -> RoadMention | None:
        """The first road a text names, those of the region's own table before others."""
        cleaned, lowered = reading.cleaned, reading.lowered
        listed = any(word in lowered for word in self._needles)
        if listed and (named := self._pattern.search(lowered)):
            name = _road_key(named[0])
            return RoadMention(name, *self._listed[name])
        told = any(word in lowered for word in TOLD)
        for match in (*NUMBER.finditer(cleaned), *(AFTER_WORD.finditer(lowered) if told else ())):
            said = cleaned[match.start() : match.end()]
            number = f"{match['letter'].upper().translate(LATIN)}-{match['number']}"
            known = federal_roads().get(number)
            if known is None and not (told and len(match["number"]) > 1):
                continue
            if not told and "-" not in said and not said.startswith(ATTACHED):
                continue
            elsewhere = bool(self._home and known) and self._home not in (known or ())
            return RoadMention(said, "federal", elsewhere)
        return None
