"""Words that stand beside names of places: kinds («село», «р-н», «проспект»), prepositions, how they are shortened."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import CatalogError

GROUPS = frozenset(
    (
        "settlement", "row", "district", "several", "between", "no_district", "street", "before_street", "shortened",
        "in", "near", "towards", "hence", "direction", "border", "compared", "of_place", "host", "river", "bridge",
    )
)  # fmt: skip


@cache
def place_words() -> Mapping[str, Mapping[str, str]]:
    """Group → word → kind: the rows of `data/place_words.csv`. Raises CatalogError for an unknown group."""
    found: dict[str, dict[str, str]] = {group: {} for group in GROUPS}
    file = files("tsur_nlp") / "data" / "place_words.csv"
    for record in read_reference(file, ("group", "kind", "words"), CatalogError):
        group = record.known("group", record.required("group"), GROUPS, "списке: " + ", ".join(sorted(GROUPS)))
        record.required("words")
        for word in record.words("words"):
            if word in found[group]:
                record.fail("words", f"слово «{word}» в этой группе уже есть выше")
            found[group][word] = record["kind"]
    return found


def _words(group: str) -> frozenset[str]:
    return frozenset(place_words()[group])


SETTLEMENT_WORDS = place_words()["settlement"]
"""Word → kind of settlement."""
ROW_KINDS = place_words()["row"]
"""Kind in settlements.csv → the same kinds."""
MEANT = {
    "city": ("city",),
    "village": ("village", "hamlet"),
    "hamlet": ("hamlet", "village"),
    "township": ("township", "urban"),
    "urban": ("urban", "township"),
    "quarter": (),
}
"""Kind in a text → kinds in the table, the likelier first: people mix village and hamlet."""
DOTTED = frozenset(("с",))
"""A word for a kind only with a full stop after it."""

DISTRICT_WORDS = place_words()["district"]
"""Word → kind of municipality or district."""
SEVERAL = _words("several")
LETTERS_OF_DISTRICT = frozenset((("м", "о"), ("г", "о"), ("м", "р"), ("г", "о-г")))
"""«м.о.», «г.о.г.» as two words."""
BETWEEN = tuple(place_words()["between"])
"""How words between the adjective and «округ» begin."""
RIVERS, BRIDGES = _words("river"), _words("bridge")
NO_DISTRICT = tuple(place_words()["no_district"])
"""How adjectives begin that stand before «район» and name none."""

STREET_WORDS = place_words()["street"]
"""Word → kind of street."""
AFTER_NAME = frozenset(word for word in STREET_WORDS if len(word) > 4)
"""Street words that may follow the name: «Московское шоссе»; in «Кстово ул. Мира» the abbreviation looks forward."""
BEFORE_STREET = _words("before_street")

SHORTENED = place_words()["shortened"]
IN = _words("in")
NEAR = _words("near")
WHERE = IN | NEAR | {"из"}
INTO = WHERE | _words("towards")
"""Prepositions that stand before a place rather than a person."""
HENCE = _words("hence")
"""«Мы из Самары»: where they live; «приехал из Самары»: where they came from."""
DIRECTION = _words("direction")
COMPARED = _words("compared")
OF_PLACE = tuple(place_words()["of_place"])
BORDER = tuple(place_words()["border"])
HOST_WORDS = _words("host") | DISTRICT_WORDS.keys() | SETTLEMENT_WORDS.keys()
"""Words in a host's territory that say only what kind of place it is."""
