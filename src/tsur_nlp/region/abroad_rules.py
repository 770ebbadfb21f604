"""Whether a place outside the region is where a message is about, or is only mentioned: case and prepositions tell."""

from tsur_nlp.region.kinds_of_place import (
    AFTER_NAME,
    BORDER,
    COMPARED,
    DIRECTION,
    DISTRICT_WORDS,
    HENCE,
    IN,
    NEAR,
    OF_PLACE,
    STREET_WORDS,
)
from tsur_nlp.region.names import PlaceName
from tsur_nlp.region.reading import Reading
from tsur_nlp.text.morphology import is_common


def located_abroad(reading: Reading, start: int, end: int, name: PlaceName, kind: str) -> str:
    """The region of a place outside, if the text says that it happened there; else ""."""
    own = bool(name.codes) or any(row in ("г", "рп") for row, _ in name.settlements)
    if not name.subject and (own or (kind and kind != "city")):
        return ""
    if kind == "" and name.settlements and not name.subject and reading.word(start - 1) not in IN | NEAR:
        return ""
    title, support = (name.subject, "") if name.subject else name.cities[0]
    if len(name.cities) > 1 and not name.subject:
        title = " или ".join(dict.fromkeys(title for title, _ in name.cities))
        support = "name" if any(need == "name" for _, need in name.cities) else support
    return title if _located(reading, start, end, name, kind, support) else ""


def _located(reading: Reading, start: int, end: int, name: PlaceName, kind: str, support: str) -> bool:
    first = start - 1 if kind else start
    before = reading.word(first - 1) if first and not (not kind and reading.begins_sentence(first)) else ""
    if not reading.capital(start) and not (before in IN and not is_common(reading.word(start))):
        return False
    if before in STREET_WORDS or (reading.word(end) in AFTER_NAME and reading.touching(end - 1)):
        return False
    if before == "из":
        return reading.word(first - 2) in HENCE
    if before in DIRECTION or before.startswith(BORDER) or reading.word(first - 2) in COMPARED:
        return False
    if kind:
        return not (before in IN and reading.word(start - 1) == "город")
    if support == "name":
        return False
    said = reading.words[start:end]
    nominative = tuple(said) == name.words
    last, named = said[-1].partition("-на-")[0], name.words[-1].partition("-на-")[0]
    towards = (last != named and last.endswith(("у", "ю"))) or said[0].endswith("ую")
    if before in IN:
        if name.words[-1].endswith("ск") and said[-1].endswith("ском"):
            return False  # «в Кировском» is a district, the city is «в Кировске»
        if nominative:
            return said[-1].endswith(("о", "е")) or support == "fixed"
        return not towards
    if before in NEAR:
        return not nominative and not towards
    if reading.word(end) in DISTRICT_WORDS:
        return False
    apart = reading.begins_sentence(start) or bool(first and "," in reading.gap(first - 1))
    beside = reading.touching(first - 1) if first else False
    # «районе Рязани», «район Иваново»; «Ленинский район Саранск» is an address without its comma.
    invariable = support == "fixed" or name.words[-1].endswith(("о", "е"))
    if beside and (before in DISTRICT_WORDS or (before.startswith(OF_PLACE) and (not nominative or invariable))):
        return True
    if not nominative:
        # «Городец Псковской области», «Балашиха Московской области», «Псковской обл., Гдов»
        return bool(name.subject) and end - start > 1 and (apart or (beside and reading.capital(first - 1)))
    # «Киров, Ленинский район»: a name that is also a surname, where an address follows.
    address = reading.word(end) in STREET_WORDS or reading.word(end + 1) in DISTRICT_WORDS
    if (support == "case" and not address) or not apart:
        return bool(name.subject) and end - start > 1 and nominative
    return (reading.ends_clause(end) and "!" not in reading.gap(end - 1)) or reading.word(end) in STREET_WORDS
