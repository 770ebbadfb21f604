"""Who answers for what and where; and how a pack's mistakes are told."""

import csv
import shutil
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest

from tsur_nlp.errors import RegionError
from tsur_nlp.region.deadlines import norm
from tsur_nlp.region.lint import gaps
from tsur_nlp.region.loader import load_region
from tsur_nlp.region.region import Region, account_key

PACK = Path(str(files("tsur_nlp") / "regions" / "nizhny"))


@pytest.fixture(scope="module")
def nizhny() -> Region:
    return load_region("nizhny")


RESOLVED = [
    ("roads.municipal", "nn", "nn.roads"),
    ("roads.municipal", "nn.sovetsky", "nn.roads"),
    ("roads.municipal", "kstovo", "nn.roads"),
    ("district.administration", "kstovo", "kstovo.administration"),
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


@pytest.mark.parametrize(
    "address", ["https://vk.com/Club1", "vk.com/club1/", "@club1", "club1", " http://m.vk.com/club1"]
)
def test_addresses_of_one_account_are_one(address: str) -> None:
    assert account_key(address) == "club1"


MISTAKES = [
    ("authorities.csv", "Минздрав,regional", "Минздрав области,regional", None),
    (
        "authorities.csv",
        "health.regional",
        "health.regionl",
        "authorities.csv, строка 3, столбец «roles».*health.regionl",
    ),
    ("territories.csv", "urban_district,nizhny", "city,nizhny", "territories.csv, строка 3, столбец «kind»"),
    ("territories.csv", "nn.avtozavodsky", "nn", "territories.csv, строка 4, столбец «code».*уже есть"),
    ("deadlines.csv", "ответ,4,", "ответ,четыре,", "deadlines.csv, строка 3, столбец «amount»"),
    ("deadlines.csv", "social,reaction", "social,reply", "столбец «step».*reply"),
    ("deadlines.csv", "working_hours,,", "working_hours,lifts,", "столбец «topics».*lifts"),
    ("streets.csv", "nn.avtozavodsky", "nn.avtozavod", "streets.csv, строка 2, столбец «territories»"),
    ("institutions.csv", "hospital,5,", "hospital,№5,", "столбец «number»"),
    ("institutions.csv", "hospital,5,", "hospital,,", "столбец «names»"),
    ("competence.csv", "safety.disorder ", "safety.disorde ", "competence.csv, строка 2, столбец «topics»"),
    ("competence.csv", "safety.disorder ", "safety.disorde ", "нет такой темы.*ближайшая — «safety.disorder»"),
    (
        "competence.csv",
        "district.administration",
        "district.administraton",
        "столбец «roles».*«district.administration»",
    ),
    ("competence.csv", ",nn,,,,", ",nnn,,,,", "столбец «territory»: неизвестный код «nnn».*ближайший — «nn»"),
    ("competence.csv", ",region,,,", ",regional,,,", "столбец «kind»: неизвестный код «regional».*«region»"),
    ("competence.csv", ",yard,", ",yards,", "столбец «condition»: неизвестный код «yards».*«yard»"),
    ("competence.csv", '"0,75"', "1.75", "строка 6, столбец «share»: нужно число больше 0 и не больше 1"),
    ("competence.csv", '"0,75"', '"0,7"', "столбец «share»: доли для «safety.wildfire» в сумме дают 0.95"),
    ("competence.csv", '"0,25"', "", "строка 7, столбец «share»: доли для «safety.wildfire» в сумме дают 1.75"),
    ("competence.csv", 'forestry.regional,,"0,25"', 'emergency.regional,,"0,25"', "названо дважды"),
    ("institutions.csv", ",school,", ",schol,", "столбец «kind».*schol"),
    ("region.toml", '"Europe/Moscow"', '"Луна"', "region.toml, ключ «timezone»"),
    ("region.toml", 'capital = "nn"', 'capital = "omsk"', "region.toml, ключ «capital».*omsk"),
    ("region.toml", '["09:00", "18:00"]', '["18:00", "09:00"]', "region.toml, ключ «workday»"),
    ("region.toml", "title =", "title", r"region.toml: не читается как TOML \(строка \d+, столбец \d+\)"),
    ("region.toml", "title =", f"deep = {'[' * 5000}\ntitle =", r"region.toml: не читается как TOML \(слишком"),
    ("institutions.csv", "hospital,5,", "hospital,5,№ 45", "столбец «names»: в названии «№ 45» нет ни одной буквы"),
    ("streets.csv", "\n", "\n— 5,nn\n", "streets.csv, строка 2, столбец «street»: в названии «— 5»"),
    ("authorities.csv", "\n", '\n"без конца,', "authorities.csv, строка 2, столбец «code»: кавычка не закрыта"),
    ("authorities.csv", "level,roles", "level,level,roles", "authorities.csv, строка 1: столбец «level» назван дважды"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), MISTAKES)
def test_mistakes_of_a_pack_are_named(tmp_path: Path, file: str, old: str, new: str, message: str | None) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    if message is None:
        assert load_region(folder).authorities["nizhny.health"].short_title == "Минздрав области"
    else:
        with pytest.raises(RegionError, match=message):
            load_region(folder)


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8-sig", "utf-16"])
def test_a_pack_saved_by_a_russian_excel_is_the_same_pack(nizhny: Region, tmp_path: Path, encoding: str) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    for file in folder.glob("*.csv"):
        rows = [[*row, "", ""] for row in csv.reader(file.read_text(encoding="utf-8").splitlines())]
        with file.open("w", encoding=encoding, errors="replace", newline="") as stream:
            csv.writer(stream, delimiter=";").writerows(rows)
    settings = (folder / "region.toml").read_text(encoding="utf-8")
    (folder / "region.toml").write_text(settings, encoding="utf-8-sig")
    found = load_region(folder)
    assert found.territories == nizhny.territories
    assert found.streets == nizhny.streets
    assert found.authorities.keys() == nizhny.authorities.keys()
    assert found.accounts == nizhny.accounts


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
    answer = norm(nizhny.deadlines[channel], "answer", "")
    assert answer is not None
    found = nizhny.working_time.due(answer, moment)
    assert found == datetime.fromisoformat(due).replace(tzinfo=nizhny.working_time.zone)


def test_a_norm_for_a_topic_goes_before_the_general_one(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    with (folder / "deadlines.csv").open("a", encoding="utf-8") as stream:
        stream.write('pos,answer,Ускоренно,2,working_days,waste.*,"Приказ центра"\n')
    norms = load_region(folder).deadlines["pos"]
    found = {topic: norm(norms, "answer", topic) for topic in ("waste.violations", "roads.pits")}
    assert {topic: one.amount for topic, one in found.items() if one} == {"waste.violations": 2, "roads.pits": 8}


def test_thousands_of_accounts_load_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    known = load_region("nizhny")
    owners = sorted(known.authorities)
    with (folder / "accounts.csv").open("a", encoding="utf-8") as stream:
        stream.writelines(f"vk.com/page{i},{owners[i % len(owners)]},yes\n" for i in range(3300))
    region = load_region(folder)
    assert len(region.accounts) == 3300 + len(known.accounts)
    owner = region.owner_of("https://vk.com/page7")
    assert owner is not None
    assert owner.code == owners[7]


def test_the_default_pack_has_no_serious_gap(nizhny: Region) -> None:
    found = list(gaps(nizhny))
    assert not [gap.text for gap in found if gap.serious]
    assert any("Не подтверждено" in gap.text for gap in found)


def test_gaps_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    table = folder / "authorities.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(("nizhny.vet,", "bor.administration,"))]
    table.write_text("".join(kept), encoding="utf-8")
    institutions = folder / "institutions.csv"
    rest = [line for line in institutions.read_text(encoding="utf-8").splitlines(keepends=True) if ",bor." not in line]
    institutions.write_text("".join(rest), encoding="utf-8")
    serious = " ".join(gap.text for gap in gaps(load_region(folder)) if gap.serious)
    assert "veterinary.regional" in serious
    assert "город Бор" in serious
    assert "Ветеринарные станции" in serious


def rewrite(table: Path, code: str, **cells: str) -> None:
    """Put other cells in the row of a code."""
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [dict.fromkeys(cells, "") | row for row in csv.DictReader(stream)]
    for row in rows:
        if row["code"] == code:
            row |= cells
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("first", "last", "answers"),
    [
        ("", "", "nn.roads"),
        ("2020-01-01", "2999-12-31", "nn.roads"),
        ("2999-01-01", "", "nn.administration"),
        ("", "2020-12-31", "nn.administration"),
    ],
)
def test_a_body_answers_while_it_exists(tmp_path: Path, first: str, last: str, answers: str) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    rewrite(folder / "authorities.csv", "nn.roads", valid_from=first, valid_to=last)
    found = load_region(folder).resolve("roads.municipal", "nn")
    assert found is not None
    assert found.code == answers


def test_a_day_that_is_none_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    rewrite(folder / "authorities.csv", "nizhny.government", valid_from="вчера")
    with pytest.raises(RegionError, match=r"строка 2, столбец «valid_from».*вчера"):
        load_region(folder)
