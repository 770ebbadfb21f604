"""Who answers for what and where; and how a pack's mistakes are told."""

import shutil
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest

from tsur_nlp.errors import RegionError
from tsur_nlp.places import Gazetteer
from tsur_nlp.region import Region, account_key, load_region
from tsur_nlp.text import clean, words

PACK = Path(str(files("tsur_nlp") / "regions" / "nizhny"))


@pytest.fixture(scope="module")
def nizhny() -> Region:
    return load_region("nizhny")


RESOLVED = [
    ("roads.municipal", "nn", "nn.roads"),
    ("roads.municipal", "nn.sovetsky", "nn.roads"),
    ("roads.municipal", "kstovo", "kstovo.administration"),
    ("roads.regional", "kstovo", "nizhny.transport"),
    ("district.administration", "nn.sormovsky", "nn.sormovsky.administration"),
    ("district.administration", "nn", "nn.administration"),
    ("housing.manager", "bor", "nizhny.gzhi"),
    ("economy.municipal", "nn", "nn.administration"),  # the department's name is not confirmed
    ("health.regional", "sarov", "nizhny.health"),
]


@pytest.mark.parametrize(("role", "territory", "authority"), RESOLVED)
def test_role_and_territory_give_a_body(nizhny: Region, role: str, territory: str, authority: str) -> None:
    found = nizhny.resolve(role, territory)
    assert found is not None
    assert found.code == authority


def test_every_role_is_answered_everywhere(nizhny: Region) -> None:
    for role in nizhny.catalog.roles:
        for territory in nizhny.territories:
            found = nizhny.resolve(role, territory)
            assert found is not None, (role, territory)
            assert found.confirmed, (role, territory)


OTHERS = [
    ("kursk", "roads.municipal", "Сеймский округ", "Комитет дорожного хозяйства города Курска"),
    ("kursk", "district.administration", "Сеймский округ", "Администрация Сеймского округа города Курска"),
    ("kursk", "roads.municipal", "Льговский", "Администрация Льговского района"),
    ("ryazan", "housing.inspection", "Касимов", "Госжилинспекция"),
    (
        "ryazan",
        "roads.municipal",
        "Касимов",
        "Администрация муниципального образования - городской округ город Касимов",
    ),
]


@pytest.mark.parametrize(("region", "role", "place", "title"), OTHERS)
def test_the_same_roles_serve_other_regions(region: str, role: str, place: str, title: str) -> None:
    pack = load_region(region)
    territory = pack.territory_named(place)
    assert territory is not None
    found = pack.resolve(role, territory.code)
    assert found is not None
    assert found.title == title


NAMED = [
    ("Кстовский", "kstovo"),
    ("г.о.г. Нижний Новгород", "nn"),
    ("Городской округ Бор", "bor"),
    ("бор", "bor"),
    ("Сормовский район", "nn.sormovsky"),
    ("Семёновский муниципальный округ", "semenov"),
    ("nn.leninsky", "nn.leninsky"),
    ("Тридевятое царство", None),
    ("округ", None),
]


@pytest.mark.parametrize(("name", "code"), NAMED)
def test_territories_are_known_as_hosts_write_them(nizhny: Region, name: str, code: str | None) -> None:
    found = nizhny.territory_named(name)
    assert (found.code if found else None) == code


MENTIONS = [
    ("не вывозят мусор в Сормове", ["nn.sormovsky"]),
    ("жители Автозаводского района просят", ["nn.avtozavodsky"]),
    ("яма в Кстовском р-не", ["kstovo"]),
    ("в Большом Болдине нет света", ["boldino"]),
    ("живём в г. Бор", ["bor"]),
    ("дорога в Бор разбита", ["bor"]),
    ("гуляли в бору, там свалка", []),
    ("Бор горит за посёлком", []),
    ("советские дома разваливаются", []),
    ("нет воды", []),
]


@pytest.mark.parametrize(("text", "codes"), MENTIONS)
def test_places_in_text(nizhny: Region, text: str, codes: list[str]) -> None:
    gazetteer = Gazetteer((t.code, alias) for t in nizhny.territories.values() for alias in t.aliases)
    assert [mention.territory for mention in gazetteer.find(clean(text), words(text))] == codes


@pytest.mark.parametrize(
    "address", ["https://vk.com/Club1", "vk.com/club1/", "@club1", "club1", " http://m.vk.com/club1"]
)
def test_addresses_of_one_account_are_one(address: str) -> None:
    assert account_key(address) == "club1"


MISTAKES = [
    ("authorities.csv", "nizhny.health,", "nizhny.health2,", None),
    (
        "authorities.csv",
        "health.regional",
        "health.regionl",
        "authorities.csv, строка 3, столбец «roles».*health.regionl",
    ),
    ("territories.csv", "urban_district,nizhny", "city,nizhny", "territories.csv, строка 3, столбец «kind»"),
    ("territories.csv", "nn.avtozavodsky", "nn", "territories.csv, строка 4, столбец «code».*уже есть"),
    ("deadlines.csv", "social,Сообщение в социальной сети,4", "social,Сообщение в социальной сети,четыре", "«amount»"),
    ("region.toml", '"Europe/Moscow"', '"Луна"', "region.toml, ключ «timezone»"),
    ("region.toml", 'capital = "nn"', 'capital = "omsk"', "region.toml, ключ «capital».*omsk"),
    ("region.toml", '["09:00", "18:00"]', '["18:00", "09:00"]', "region.toml, ключ «workday»"),
    ("region.toml", "title =", "title", "region.toml: не читается"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), MISTAKES)
def test_mistakes_of_a_pack_are_named(tmp_path: Path, file: str, old: str, new: str, message: str | None) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    if message is None:
        assert load_region(folder).authorities["nizhny.health2"]
    else:
        with pytest.raises(RegionError, match=message):
            load_region(folder)


def test_an_unknown_region_names_the_known_ones() -> None:
    with pytest.raises(RegionError, match="«atlantis» неизвестен; есть: kursk, nizhny, ryazan"):
        load_region("atlantis")


DUE = [
    # channel, written, due: Moscow time; 2024-05-01, 09, 10 are days off, 2024-04-27 is a working Saturday.
    ("social", "2024-05-13 10:00", "2024-05-13 14:00"),
    ("social", "2024-05-13 16:00", "2024-05-14 11:00"),
    ("social", "2024-05-08 17:00", "2024-05-13 12:00"),
    ("social", "2024-05-11 03:00", "2024-05-13 13:00"),
    ("social", "2024-04-27 10:00", "2024-04-27 14:00"),
    ("pos", "2024-05-13 10:00", "2024-05-23 18:00"),
    ("formal", "2024-05-13 10:00", "2024-06-12 18:00"),
]


@pytest.mark.parametrize(("channel", "written", "due"), DUE)
def test_deadlines_follow_the_channel_and_the_production_calendar(
    nizhny: Region, channel: str, written: str, due: str
) -> None:
    moment = datetime.fromisoformat(written)
    found = nizhny.working_time.due(nizhny.deadlines[channel], moment)
    assert found == datetime.fromisoformat(due).replace(tzinfo=nizhny.working_time.zone)
