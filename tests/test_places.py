"""Where a message is about, in whatever form the place is named."""

from pathlib import Path

import pytest

from tsur_nlp import Appeal
from tsur_nlp.region.gazetteer import Gazetteer
from tsur_nlp.region.loader import load_region
from tsur_nlp.region.locator import Locator, Place
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.tokens import words


@pytest.fixture(scope="module")
def locator() -> Locator:
    return Locator(load_region("nizhny"))


def place_of(locator: Locator, text: str, territory: str | None = None) -> Place:
    return locator.place(Appeal(text, territory=territory), clean(text), words(text))


NAMED = [
    ("не вывозят мусор в Сормове", "nn.sormovsky"),
    ("жители Автозаводского района просят", "nn.avtozavodsky"),
    ("яма в Кстовском р-не", "kstovo"),
    ("в Большом Болдине нет света", "boldino"),
    ("живём в г. Бор", "bor"),
    ("дорога в Бор разбита", "bor"),
    ("Шахунья, отопление не дали", "shakhunya"),
    ("Перевоз, нет ФОКа", "perevoz"),
    ("г.Дзержинск, пр-т Циолковского 15а", "dzerzhinsk"),
    ("Во дворе на Бекетова, 13 нет фонарей", "nn.sovetsky"),
    ("Казанское шоссе, пробки", "nn.nizhegorodsky"),
    ("Кстово, ул. Ленина 5", "kstovo"),
    ("Н.Новгород, ул. Нартова 2", "nn.sovetsky"),
]


@pytest.mark.parametrize(("text", "territory"), NAMED)
def test_a_place_is_found_in_any_form(locator: Locator, text: str, territory: str) -> None:
    place = place_of(locator, text)
    assert (place.known, place.territory) == (True, territory)


NOT_NAMED = [
    "гуляли в бору, там свалка",
    "Бор горит за посёлком",
    "советские дома разваливаются",
    "грузовой перевоз мебели подорожал",
    "по адресу Вознесенская 26А яма",
    "улица Павловская 5, нет тепла",
    "Ольга Семёнова, директор школы, не отвечает",
    "нет воды",
]


@pytest.mark.parametrize("text", NOT_NAMED)
def test_what_only_looks_like_a_place_is_none(locator: Locator, text: str) -> None:
    assert not place_of(locator, text).known


def test_a_street_of_several_districts_leaves_them_open(locator: Locator) -> None:
    place = place_of(locator, "на проспекте Ленина не горят фонари")
    assert (place.territory, place.known) == ("nn", True)
    assert place.doubt is not None
    assert "Канавинский" in place.doubt.facts[1]
    assert place_of(locator, "проспект Ленина, Ленинский район").territory == "nn.leninsky"


def test_what_the_host_says_comes_first_and_conflicts_are_said(locator: Locator) -> None:
    assert place_of(locator, "яма на Бекетова", "Нижний Новгород").territory == "nn.sovetsky"
    assert not place_of(locator, "яма в Советском районе", "Нижний Новгород").doubt
    conflict = place_of(locator, "в Кстове яма", "Дзержинск")
    assert (conflict.territory, conflict.known) == ("dzerzhinsk", True)
    assert conflict.doubt is not None
    assert conflict.doubt.facts[0] == "Кстове"
    two = place_of(locator, "автобус из Кстова в Балахну отменили")
    assert two.doubt


def test_names_of_two_places_are_kept_apart() -> None:
    gazetteer = Gazetteer([(("north",), "советский район"), (("south",), "советский район")])
    text = "в Советском районе темно"
    (mention,) = gazetteer.find(clean(text), words(text))
    assert mention.territories == ("north", "south")


def test_the_messages_of_the_benchmark_are_mostly_understood(locator: Locator) -> None:
    """A smoke alarm; `python benchmarks/places.py` gives the figures."""
    import csv

    file = Path(__file__).parents[1] / "benchmarks" / "places.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    right = 0
    for row in rows:
        place = place_of(locator, row["text"])
        right += (place.territory if place.known else "") == row["territory"]
    assert right / len(rows) > 0.95
