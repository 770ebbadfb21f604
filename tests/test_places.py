"""Where a message is about, in whatever form the place is named."""

import csv
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsur_nlp import Appeal, Router
from tsur_nlp.errors import RegionError
from tsur_nlp.region.abroad import cities, subjects
from tsur_nlp.region.inflection import forms
from tsur_nlp.region.loader import PACKS, load_region
from tsur_nlp.region.locator import Locator, Place
from tsur_nlp.region.outlines import Outlines
from tsur_nlp.region.reading import Reading
from tsur_nlp.text.cleaning import clean, normalize
from tsur_nlp.text.tokens import WORD, words


@pytest.fixture(scope="module")
def locator() -> Locator:
    return Locator(load_region("nizhny"))


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


def place_of(locator: Locator, text: str, territory: str | None = None, **where: float) -> Place:
    return locator.place(Appeal(text, territory=territory, **where), clean(text), words(text))


NAMED = [
    ("не вывозят мусор в Сормове", "nn.sormovsky"),
    ("жители Автозаводского района просят", "nn.avtozavodsky"),
    ("яма в Кстовском р-не", "kstovo"),
    ("район Сормовский, темно", "nn.sormovsky"),
    ("Навашинский м.о., переезд закрыт", "navashino"),
    ("Балахнинский муниципальный округ, темно", "balakhna"),
    ("в Большом Болдине нет света", "boldino"),
    ("живём в г. Бор", "bor"),
    ("дорога в Бор разбита", "bor"),
    ("Шахунья, отопление не дали", "shakhunya"),
    ("Перевоз, нет ФОКа", "perevoz"),
    ("г.Дзержинск, пр-т Циолковского 15а", "dzerzhinsk"),
    ("Во дворе на Бекетова, 13 нет фонарей", "nn.sovetsky"),
    ("угол проспекта Ленина и улицы Баумана", "nn.leninsky"),
    ("Казанское шоссе, пробки", "nn.nizhegorodsky"),
    ("Кстово, ул. Ленина 5", "kstovo"),
    ("Н.Новгород, ул. Нартова 2", "nn.sovetsky"),
    ("мы в Щербинках без тепла", "nn.prioksky"),
    ("отключили свет в кстово", "kstovo"),
    ("Лукоянов. Третий день без воды", "lukoyanov"),
    ("арзамас улица кирова 5 темно", "arzamas"),
    ("дзержинск пр ленина 8, в подъезде мыши", "dzerzhinsk"),
    ("шахунья опять без автобуса", "shakhunya"),
    ("Бор. Автобусов нет", "bor"),
    ("Станция Ветлужская, нет фонарей", "baki"),
]


@pytest.mark.parametrize(("text", "territory"), NAMED)
def test_a_place_is_found_in_any_form(locator: Locator, text: str, territory: str) -> None:
    place = place_of(locator, text)
    assert (place.known, place.territory, place.foreign) == (True, territory, None)


NOT_NAMED = [
    "гуляли в бору, там свалка",
    "Бор горит за посёлком",
    "советские дома разваливаются",
    "грузовой перевоз мебели подорожал",
    "по адресу Вознесенская 26А яма",
    "улица Павловская 5, нет тепла",
    "Ольга Семёнова, директор школы, не отвечает",
    "Горбатов П.П. обещал починить лавку",
    "прораб Лукоянов пропал",
    "красные баки у подъезда",
    "очередь в Ветлужской поликлинике",
    "нет воды",
]


@pytest.mark.parametrize("text", NOT_NAMED)
def test_what_only_looks_like_a_place_is_none(locator: Locator, text: str) -> None:
    assert not place_of(locator, text).known


FOREIGN = [
    ("в Ленинском районе Саратова сняли автобус", "Саратовская область"),
    ("Казань, Советский район, нет урн", "Республика Татарстан"),
    ("Городец Псковской области, закрыт клуб", "Псковская область"),
    ("Кстово под Москвой, вырубка", "Москва"),
    ("посёлок Бор Туруханского района", "Красноярский край"),
    ("г. Омск, улица Гагарина 5", "Омская область"),
    ("в Ростове-на-Дону мусор", "Ростовская область"),
    ("в Автозаводском районе Тольятти темно", "Самарская область"),
    ("Советский район Самара, темно", "Самарская область"),
    ("Чехов, Ленинский район, темно", "Московская область"),
    ("в Туле на Октябрьской прорвало трубу", "Тульская область"),
    ("мы из Тамбова, у нас нет тротуара", "Тамбовская область"),
    ("Республика Мордовия, Ардатов, темно", "Республика Мордовия"),
    ("в Гатчинском районе отменили электричку", "Ленинградская область"),
    ("трасса М-4, снег не убран", "дорога другого региона"),
]


@pytest.mark.parametrize(("text", "where"), FOREIGN)
def test_a_place_outside_the_region_is_said_to_be_outside(locator: Locator, text: str, where: str) -> None:
    place = place_of(locator, text)
    assert place.foreign is not None
    assert place.foreign.facts[1] == where


@pytest.mark.parametrize(
    "text",
    [
        "дорога на Москву разбита",
        "Московское шоссе в ямах",
        "улица Рязанская, люк",
        "автобус до Казани не пришёл",
        "приехал из Самары за пособием",
        "поезд Москва – Казань опоздал",
        "сосед Киров шумит",
        "у нас, как в Москве, пробки",
        "Владимир, помогите с лифтом",
        "остров на реке зарос",
        "в Кировском темно, фонари не горят",
    ],
)
def test_a_place_outside_that_is_only_mentioned_is_none(locator: Locator, text: str) -> None:
    place = place_of(locator, text)
    assert (place.foreign, place.unplaced) == (None, None)


def test_our_place_beside_another_regions_is_for_a_person(locator: Locator) -> None:
    place = place_of(locator, "в Балахне ямы, а вот в Казани дороги сделали")
    assert (place.territory, place.foreign) == ("balakhna", None)
    assert place.unplaced is not None


@pytest.mark.parametrize(("pack", "home", "away"), [("kursk", "Курск", "Рязань"), ("ryazan", "Рязань", "Курск")])
def test_what_is_foreign_depends_on_the_pack(pack: str, home: str, away: str) -> None:
    locator = Locator(load_region(pack))
    assert place_of(locator, f"г. {away}, нет воды").foreign
    assert not place_of(locator, f"г. {home}, нет воды").foreign
    assert place_of(locator, "г. Нижний Новгород, нет воды").foreign


def test_a_region_of_an_unknown_title_has_nothing_abroad() -> None:
    locator = Locator(replace(load_region("nizhny"), title="Опытный регион"))
    place = place_of(locator, "г. Рязань, нет воды")
    assert (place.foreign, place.known) == (None, False)
    assert place_of(locator, "в Кстове темно").territory == "kstovo"


def test_a_foreign_place_is_never_auto(router: Router) -> None:
    for text, territory in (
        ("Огромная яма на дороге в Московском районе Рязани", None),
        ("Не горят уличные фонари, темно", "Омск г.о."),
        ("Не горят уличные фонари на Бекетова, 13", "Рязанская область"),
    ):
        d = router.route(Appeal(text, territory=territory))
        assert (d.action, d.outcome) == ("review", "outside_competence")
        assert any("не в этом регионе" in reason for reason in d.reasons)


@pytest.mark.parametrize(
    "text",
    ["В деревне Елховка закрыли клуб, артистам негде выступать", "Баки не вывозят неделю, деревня Опалиха"],
)
def test_a_village_of_many_districts_is_never_sent_to_the_region_by_itself(router: Router, text: str) -> None:
    d = router.route(text)
    assert d.action == "review"
    assert any("Место под вопросом" in reason for reason in d.reasons)


@pytest.mark.parametrize(
    ("page", "territory"),
    [
        ("vk.com/dzeradm", "dzerzhinsk"),
        ("vk.com/crbbor", "bor"),
        ("t.me/admgornn", "nn.sormovsky"),
        ("vk.com/governmentnnov", "nn.sormovsky"),
        (None, "nn.sormovsky"),
    ],
)
def test_a_street_left_on_the_page_of_a_town_is_in_that_town(
    locator: Locator, page: str | None, territory: str
) -> None:
    text = "темно на Юбилейном бульваре, Юбилейный бульвар 12"
    assert locator.place(Appeal(text, account=page), text, words(text)).territory == territory


def test_a_foreign_place_on_an_official_page_is_not_redirected(router: Router) -> None:
    d = router.route(Appeal("В Рязани огромная яма на дороге, пробил колесо", account="vk.com/tsur52"))
    assert (d.action, d.outcome) == ("review", "outside_competence")


HOST = [
    ("Городской округ Бор", "bor"),
    ("г. Бор", "bor"),
    ("Борский", "bor"),
    ("Борский г.о.", "bor"),
    ("Н. Новгород", "nn"),
    ("Нижегородская обл., г. Бор", "bor"),
    ("Нижегородская область, Арзамасский р-н, с. Хватовка", "arzamas"),
    ("Уренский муниципальный округ Нижегородской области", "uren"),
    ("город Нижний Новгород, Советский район", "nn.sovetsky"),
    ("Нижегородская область, с. Хватовка", "arzamas"),
    ("д. Березовка, Арзамасский район", "arzamas"),
    ("город областного значения Бор", "bor"),
    ("22511000", "bor"),
    ("22712000", "bor"),
    ("22 511 000", "bor"),
    ("22602151111", "ardatov"),
    ("22701000001", "nn"),
]


@pytest.mark.parametrize(("name", "territory"), HOST)
def test_the_hosts_territory_is_known_in_any_form(locator: Locator, name: str, territory: str) -> None:
    place = place_of(locator, "яма", name)
    assert (place.territory, place.known, place.doubt, place.unplaced) == (territory, True, None, None)


def test_two_places_of_a_host_are_left_open(locator: Locator) -> None:
    place = place_of(locator, "яма", "Бор, Кстово")
    assert place.territory == "nizhny"
    assert place.doubt is not None


def test_a_city_of_the_region_that_its_table_lacks_is_not_foreign() -> None:
    locator = Locator(load_region("kursk"))
    territories = load_region("kursk").host_places
    for city in cities():
        if city.subject == "Курская область":
            assert not territories.find(f"г. {city.name}").elsewhere
            assert not place_of(locator, f"г. {city.name}, нет воды").foreign


@pytest.mark.parametrize("name", ["Тридевятое царство", "Бурский", "Борисов", "99999999", "Октябрьский район"])
def test_an_unknown_territory_of_the_host_is_never_dropped(locator: Locator, name: str) -> None:
    place = place_of(locator, "яма на Бекетова, 13", name)
    assert (place.known, place.territory) == (False, "nn")
    assert place.unplaced is not None
    assert name in place.unplaced.facts[0]


def test_a_name_of_two_territories_is_left_open(locator: Locator) -> None:
    place = place_of(locator, "яма", "Ветлужский")
    assert place.doubt is not None
    assert place_of(locator, "яма", "Ветлужский район").territory == "vetluga"


def test_the_region_itself_is_no_place(locator: Locator) -> None:
    assert not place_of(locator, "яма", "Нижегородская область").known
    assert place_of(locator, "яма в Кстове", "Нижегородская область").territory == "kstovo"


SETTLEMENTS = [
    ("деревня Плаксово, нет света", None, "uren"),
    ("в д. Чирятьево прорвало трубу", None, "pavlovo"),
    ("нет врача в Чирятьеве", None, "pavlovo"),
    ("деревня Березовка, темно", "Арзамасский район", "arzamas"),
    ("Борский район, деревня Березовка, темно", None, "bor"),
    ("рп Ветлужский, нет аптеки", None, "baki"),
]


@pytest.mark.parametrize(("text", "host", "territory"), SETTLEMENTS)
def test_a_village_is_in_its_municipality(locator: Locator, text: str, host: str | None, territory: str) -> None:
    place = place_of(locator, text, host)
    assert (place.territory, place.known, place.doubt) == (territory, True, None)


def test_a_village_of_many_districts_is_for_a_person(locator: Locator) -> None:
    place = place_of(locator, "деревня Березовка, темно")
    assert place.territory == "nizhny"
    assert place.doubt is not None


@pytest.mark.parametrize("text", ["сурки разрыли поле", "труд учителя", "победа за нами", "на белой поляне мусор"])
def test_a_village_needs_its_kind_or_a_preposition(locator: Locator, text: str) -> None:
    assert not place_of(locator, text).known


ROADS = [
    ("на М-7 яма", "federal"),
    ("трасса М7 в снегу", "federal"),
    ("Р-158 разбита", "federal"),
    ("дорога Нижний Новгород - Саратов в ямах", "federal"),
    ("Р 22 и сдача", ""),
    ("квартира А5", ""),
    ("дом 7 м от дороги", ""),
    ("цена 158 р", ""),
    ("М-7 гаражный ряд М-77", "federal"),
]


@pytest.mark.parametrize(("text", "kind"), ROADS)
def test_federal_roads_are_told_by_their_numbers(locator: Locator, text: str, kind: str) -> None:
    assert place_of(locator, text).road == kind


def test_a_federal_road_is_not_sent_to_a_district(router: Router) -> None:
    d = router.route("На трассе М-7 в Кстовском районе огромная яма на дороге, пробил колесо")
    assert d.authority.code == "federal.roads"
    d = router.route(Appeal("Не вывозят мусор из контейнеров на обочине трассы М-7", territory="Кстовский район"))
    assert d.action == "review" or not d.authority.code.startswith("kstovo")


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


PIECES = st.sampled_from(
    [*"гсдп.,-–№ \n!", "ул.", "в ", "под ", "из ", "Бор", "бор ", "Семёнов", "А.", "Рязани ", "область", "обл.",
     "район ", "Сормовском", " и ", "М-7", "Омск", "İ", "Ростов-на-Дону", "5", "проспект ", "Ленина", "д. "]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=5).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_and_any_territory_have_a_place(text: str, host: str) -> None:
    locator = shared_locator()
    place = place_of(locator, text, host or None)
    assert place.territory in locator._around
    found, _ = locator._gazetteer.find(Reading(clean(text), words(text)))
    assert all(mention.words for mention in found)
    assert place.known or not place.foreign


@given(st.text(st.sampled_from("абАБёЁ- ,.\n1"), max_size=60), st.lists(st.integers(0, 30), max_size=12))
def test_words_are_found_where_they_stand_in_whatever_order_they_are_asked_for(text: str, order: list[int]) -> None:
    """Few letters, so that words repeat and stand within others."""
    spans = [match.span() for match in WORD.finditer(normalize(text))]
    reading = Reading(text, WORD.findall(normalize(text)))
    for at in order:
        if at < len(spans):
            assert reading.span(at) == spans[at]


@cache
def shared_locator() -> Locator:
    return Locator(load_region("nizhny"))


# ------------------------------------------------------------------------------
#   Outlines
# ------------------------------------------------------------------------------


def square(code: str, west: float, south: float, size: float) -> dict[str, object]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"territory": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def outlines(*features: dict[str, object]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


MADE = outlines(square("nn", 43, 56, 1), square("nn.sovetsky", 43.4, 56.2, 0.2), square("bor", 44.5, 56.5, 0.5))


@pytest.mark.parametrize(
    ("lat", "lon", "text", "host", "territory", "doubted"),
    [
        (56.3, 43.5, "яма", None, "nn.sovetsky", False),
        (56.9, 43.9, "яма", None, "nn", False),
        (56.3, 43.5, "яма", "Нижний Новгород", "nn.sovetsky", False),
        (56.3, 43.5, "яма", "Бор", "bor", True),
        (10.0, 10.0, "яма", None, "nn", True),
        (1000.0, 43.5, "яма", None, "nn", True),
        (float("nan"), 43.5, "яма", None, "nn", True),
        (56.9, 43.9, "яма на Бекетова", None, "nn.sovetsky", False),
        (56.6, 44.6, "яма в Кстове", None, "bor", True),
    ],
)
def test_coordinates_are_placed_by_outlines(
    lat: float, lon: float, text: str, host: str | None, territory: str, doubted: bool
) -> None:
    locator = Locator(replace(load_region("nizhny"), outlines=MADE))
    place = place_of(locator, text, host, lat=lat, lon=lon)
    assert (place.territory, place.doubt is not None) == (territory, doubted)


def test_coordinates_without_outlines_are_a_doubt(locator: Locator) -> None:
    place = place_of(locator, "яма в Кстове", lat=56.1, lon=44.2)
    assert place.territory == "kstovo"
    assert place.doubt is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "FeatureCollection"),
        (b"[]", "FeatureCollection"),
        (outlines({"properties": {}}), "FeatureCollection"),
        (outlines(square("atlantis", 1, 1, 1)), "atlantis"),
        (outlines({**square("nn", 1, 1, 1), "geometry": {"type": "Point", "coordinates": [1, 1]}}), "многоугольник"),
        (outlines({**square("nn", 1, 1, 1), "geometry": {"type": "Polygon", "coordinates": "x"}}), "не читается"),
    ],
)
def test_a_mistake_in_outlines_is_named(content: bytes, said: str) -> None:
    with pytest.raises(RegionError, match=said):
        Outlines(content, {"nn": None})


# ------------------------------------------------------------------------------
#   Tables and the benchmark
# ------------------------------------------------------------------------------


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    for file in (PACKS / "nizhny").iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.mark.parametrize(
    ("file", "row", "said"),
    [
        ("settlements.csv", "Новое,планета,bor,,no", "kind"),
        ("settlements.csv", "Новое,с,atlantis,,no", "territory"),
        ("settlements.csv", "Новое,с,bor,12-а,no", "oktmo"),
        ("settlements.csv", ",с,bor,,no", "name"),
    ],
)
def test_a_mistake_in_settlements_is_named(pack: Path, file: str, row: str, said: str) -> None:
    with (pack / file).open("a", encoding="utf-8") as stream:
        stream.write(row + "\n")
    with pytest.raises(RegionError, match=said):
        load_region(pack)


def test_a_region_lists_its_own_roads(pack: Path) -> None:
    (pack / "roads.csv").write_text("name,kind\nНеклюдово – Золотово; 22К-0032,regional\n", encoding="utf-8")
    locator = Locator(load_region(pack))
    assert place_of(locator, "яма на дороге 22К-0032").road == "regional"
    assert place_of(locator, "яма на дороге 22К-32").road == ""
    assert place_of(locator, "дорога Неклюдово – Золотово разбита").road == "regional"
    assert place_of(locator, "трасса Неклюдово-Золотово разбита").road == "regional"
    (pack / "roads.csv").write_text("name,kind\nА-900; Южный обход; Яр – Бор – Топь,regional\n", encoding="utf-8")
    locator = Locator(load_region(pack))
    for said in ("А-900", "A 900 и A-900", "южный обход", "Яр-Бор – Топь", "Яр—Бор-Топь"):
        assert place_of(locator, f"трасса {said}, ямы").road == "regional", said
    assert place_of(locator, "южного обхода нет, яр и топь").road == ""
    (pack / "roads.csv").write_text("name,kind\nНеклюдово – Золотово,лесная\n", encoding="utf-8")
    with pytest.raises(RegionError, match="kind"):
        load_region(pack)


def test_tables_of_the_country_agree() -> None:
    assert len(subjects()) > 89
    assert {city.subject for city in cities()} <= subjects().keys()
    assert len(cities()) > 1100


@pytest.mark.parametrize(
    ("name", "forms_of_it"),
    [
        ("сормово", "сормово сормове сормова сормовом"),
        ("городец", "городец городца городце городцом"),
        ("щербинки", "щербинки щербинках щербинок"),
        ("пермь", "пермь перми пермью"),
        ("сосновское", "сосновское сосновском сосновского"),
        ("ветлужский", "ветлужский ветлужском ветлужского"),
        ("мордовия", "мордовия мордовии мордовию"),
        ("орел", "орел орле орла"),
        ("ростов-на-дону", "ростов-на-дону ростове-на-дону"),
        ("каменск-уральский", "каменск-уральский каменске-уральском"),
        ("йошкар-ола", "йошкар-ола йошкар-оле"),
    ],
)
def test_names_are_known_in_every_case(name: str, forms_of_it: str) -> None:
    for word in forms_of_it.split():
        assert any(form.fits(word) for form in forms(name)), word
    assert not any(form.fits(name[:-2] + "скийск") for form in forms(name))


def benchmark() -> Iterator[dict[str, str]]:
    file = Path(__file__).parents[1] / "benchmarks" / "places.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def test_the_messages_of_the_benchmark_are_mostly_understood(locator: Locator) -> None:
    """A smoke alarm; `python benchmarks/places.py` gives the figures."""
    rows = list(benchmark())
    right = 0
    for row in rows:
        place = place_of(locator, row["text"], row["host"] or None)
        found = "foreign" if place.foreign else "?" if place.unplaced else place.territory if place.known else ""
        right += found == row["territory"] or (row["territory"] == "?" and place.doubt is not None)
    assert right / len(rows) > 0.95


def test_a_place_does_not_depend_on_threads_or_words_met_before() -> None:
    texts = [row["text"] for row in benchmark()]
    shared = Locator(load_region("nizhny"))
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda text: place_of(shared, text), texts))
    alone = Locator(load_region("nizhny"))
    assert together == [place_of(alone, text) for text in reversed(texts)][::-1]


@pytest.mark.parametrize("seed", range(8))
def test_any_names_together_are_one_place_or_a_doubt(locator: Locator, seed: int) -> None:
    """Two names that nothing supports once stopped the whole table."""
    made = random.Random(seed)
    villages = [one.name for one in load_region("nizhny").settlements]
    for _ in range(60):
        names = made.sample(villages, made.randint(1, 4))
        form = made.choice(["в {}", "{}", "деревня {}", "на {}", "{} рядом"])
        assert place_of(locator, "Нет воды: " + ", ".join(form.format(name) for name in names)).territory


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Мост через Ветлугу закрыт", ""),
        ("Переправа через Ветлугу не работает", ""),
        ("На реке Линде сливают отходы", ""),
        ("Мост в Ветлуге закрыт", "Ветлужский округ"),
        ("Автобус через Павлово не ходит", "Павловский округ"),
    ],
)
def test_a_river_is_no_town(text: str, place: str) -> None:
    found = Router.load().route(text)
    assert found.territory == (place or "город Нижний Новгород")
    assert any("не названо" in reason for reason in found.reasons) == (not place)


@pytest.mark.parametrize("text", ["Ветлужский, нет воды третий день", "в Ветлужском нет воды"])
def test_an_adjective_may_be_a_township_or_a_district(locator: Locator, text: str) -> None:
    place = place_of(locator, text)
    assert place.doubt is not None
    assert "Ветлужский округ" in place.doubt.facts[1]


@pytest.mark.parametrize(
    ("text", "territory"),
    [("рп Ветлужский, нет воды", "Краснобаковский"), ("в Ветлужском районе нет воды", "Ветлужский")],
)
def test_its_kind_tells_a_township_from_a_district(locator: Locator, text: str, territory: str) -> None:
    place = place_of(locator, text)
    assert place.doubt is None
    assert territory in place.title
