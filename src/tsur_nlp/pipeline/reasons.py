"""Reasons in Russian: a code and its facts become a sentence of data/reasons.csv."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from string import Formatter

from tsur_nlp.catalog.csv_records import read_reference, unique
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.errors import CatalogError


@cache
def templates() -> Mapping[str, str]:
    """Code → text with numbered places for facts. Raises CatalogError for a text that can't be filled."""
    found: dict[str, str] = {}
    for record in read_reference(files("tsur_nlp") / "data" / "reasons.csv", ("code", "text"), CatalogError):
        code = unique(record, "code", record.required("code"), found)
        found[code] = record.required("text")
        try:
            places = [place for _, place, _, _ in Formatter().parse(found[code]) if place is not None]
        except ValueError:
            places = [""]
        if not all(place.isdecimal() for place in places):
            record.fail("text", "места для сведений пишутся числами в скобках: {0}, {1}")
    return found


def said(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Reasons as sentences, each once."""
    texts = templates()
    return tuple(dict.fromkeys([texts[code].format(*facts) if facts else texts[code] for code, facts in reasons]))
