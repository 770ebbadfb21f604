"""Urgency and who is hurt: what raises a message, what only looks so, whom to tell, which norm follows."""

import time
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_text import NASTY
from tsur_nlp import Appeal, RegionError, Router
from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.catalog.word_rules import COLUMNS, WordRules, word_rule
from tsur_nlp.errors import CatalogError
from tsur_nlp.pipeline.quoting import as_written
from tsur_nlp.region.loader import load_region
from tsur_nlp.text.cleaning import clean, normalize
from tsur_nlp.text.morphology import lemma
from tsur_nlp.text.tokens import words_of_cleaned

PACKS = files("tsur_nlp") / "regions"
URGENT = [
    (3, "В подъезде пахнет газом, второй день не приезжают", "пахнет газом", "104"),
    (3, "Соседний дом горит, внутри люди", "дом горит", "101"),
    (3, "Провод под напряжением лежит у качелей", "Провод под напряжением", "112"),
    (3, "Сосед избивает жену прямо сейчас", "избивает жену", "102"),
    (3, "Сын говорит, что покончит с собой", "покончит с собой", "Телефон доверия"),
    (3, "В здании школы заложена бомба", "заложена бомба", "ФСБ"),
    (3, "Пропала девочка восьми лет, из школы не пришла", "Пропала девочка", "102"),
    (3, "В доме нет отопления, у нас грудной ребёнок", "нет отопления, у нас грудной", "ЕДДС"),
    (3, "Застряли в лифте с коляской, диспетчер молчит", "Застряли в лифте с коляской", "ЕДДС"),
    (2, "Возле садика открытый люк", "открытый люк", "ЕДДС"),
    (2, "Рухнул балкон на первом этаже", "Рухнул балкон", "ЕДДС"),
    (2, "Стая собак напала на школьника", "собак напала на школьника", "103"),
    (2, "Батареи ледяные, дети болеют", "Батареи ледяные, дети", "ЕДДС"),
    (2, "Отец в запое, ребёнок голодный", "Отец в запое, ребёнок", "Опека"),
    (1, "Третий раз пишем про эту яму", "Третий раз пишем", ""),
    (1, "Коллективная жалоба жителей двора", "Коллективная жалоба", ""),
]
HARMLESS = [
    "Меня убивает эта очередь",
    "Школьники горят желанием сажать деревья",
    "Задыхаемся от пыли на нашей улице",
    "Горим на работе, помогите с садиком",
    "Взорвался интернет от ваших новостей",
    "Газ опять подорожал",
    "Три фонаря на аллее не горят",
    "В прошлом году горел соседний дом",
    "Завтра в школе учебная эвакуация: пожар на втором этаже",
    "Памятка жителям: если запах газа, звоните 104",
    "Утечку газа устранили за час, спасибо",
    "Хоть вешайся от таких квитанций, хоть повеситься",
    "Колодец на участке, вода чистая",
    "Пропала горячая вода",
    "Дерево не упало",
]


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


@pytest.mark.parametrize(("level", "text", "words", "told"), URGENT)
def test_words_that_meet_raise_a_message_and_say_whom_to_tell(
    router: Router, level: int, text: str, words: str, told: str
) -> None:
    urgency = router.route(text).urgency
    assert urgency.level == level
    assert words in urgency.words
    assert (told in "; ".join(urgency.notify)) if told else urgency.notify == ()


@pytest.mark.parametrize("text", HARMLESS)
def test_sayings_drills_and_the_past_raise_nothing(router: Router, text: str) -> None:
    assert router.route(text).urgency.level == 0


def test_a_life_in_danger_waits_for_a_person_and_says_why(router: Router) -> None:
    pit, fire = router.route("На улице Бекетова яма, пробил колесо"), router.route("Горит дом на улице Бекетова")
    assert fire.action == "review"
    assert any(reason.startswith("Опасность для жизни: горит («Горит дом»)") for reason in fire.reasons)
    assert any("101" in reason and "112" in reason for reason in fire.reasons)
    assert not any("сначала смотрит человек" in reason for reason in pit.reasons)


def test_the_same_alone_and_in_company(router: Router) -> None:
    texts = [text for _, text, *_ in URGENT] + HARMLESS
    together = [decision.urgency for decision in router.route_many(texts)]
    assert together == [Router.load().route(text).urgency for text in texts[:3]] + together[3:]
    assert together == [decision.urgency for decision in router.route_many(reversed(texts))][::-1]


def test_urgent_is_due_sooner_by_the_clock(router: Router) -> None:
    evening = datetime(2024, 5, 17, 17)
    usual = router.route(Appeal("Яма на дороге", created=evening)).due["answer"]
    urgent = router.route(Appeal("Открытый люк на дороге", created=evening)).due["answer"]
    assert f"{usual:%d.%m %H:%M}" == "20.05 12:00"
    assert f"{urgent:%d.%m %H:%M}" == "17.05 21:00"


@pytest.mark.parametrize("pack", ["nizhny", "kursk", "ryazan"])
@pytest.mark.parametrize("hour", range(0, 24, 5))
def test_high_importance_is_never_later(pack: str, hour: int) -> None:
    region = load_region(pack)
    for channel in region.deadlines:
        for day in (13, 17, 18):
            moment = datetime(2024, 5, day, hour)
            usual = region.steps_due(channel, "", moment)
            urgent = region.steps_due(channel, "", moment, urgent=True)
            assert usual.keys() == urgent.keys()
            assert all(urgent[step] <= usual[step] for step in usual)


# ------------------------------------------------------------------------------
#   Who is hurt
# ------------------------------------------------------------------------------

GROUPS = [
    ("Муж на СВО, а двор не чистят", ("Участники СВО и их семьи",)),
    ("У меня ребёнок-инвалид, пандуса нет", ("Дети-инвалиды",)),
    ("Я инвалид второй группы, лифт стоит", ("Инвалиды",)),
    ("Сироте не дают квартиру", ("Сироты",)),
    ("Ветеран труда, а льготы сняли", ("Ветераны",)),
    ("Мы многодетная семья, земли нет десять лет", ("Многодетные семьи",)),
    ("С грудным ребёнком по лестнице не подняться", ("Малыши и беременные",)),
    ("Многодетная семья участника СВО", ("Участники СВО и их семьи", "Многодетные семьи")),
    ("Пенсионерка, еле хожу", ("Пожилые",)),
    ("На улице Ветеранов не чистят снег", ()),
    ("Дом ветеранов на Лесной отремонтировали", ()),
    ("Дети играют на дороге", ()),
    ("Заняли парковку для инвалидов", ()),
    ("Сделайте свою работу", ()),
]


@pytest.mark.parametrize(("text", "groups"), GROUPS)
def test_groups_are_named_and_streets_are_not(router: Router, text: str, groups: tuple[str, ...]) -> None:
    assert router.route(text).vulnerable == groups


def test_a_group_raises_the_queue_and_nothing_else(router: Router) -> None:
    snow = "Не чистят снег во дворе, дворник не убирает снег вторую неделю"
    plain, hurt = router.route(snow), router.route(f"{snow}, я многодетная мать")
    assert (plain.urgency.level, hurt.urgency.level) == (0, 1)
    assert hurt.urgency.words == ("многодетная",)
    assert hurt.urgency.notify == ()
    assert hurt.topic.code == plain.topic.code
    assert router.route("Пенсионерка, двор завален снегом").urgency.level == 0
    assert router.route("Ветерана избивает сосед").urgency.level == 3


def test_a_region_says_which_groups_count(tmp_path: Path) -> None:
    with_own = tmp_path / "mine"
    copytree(Path(str(PACKS / "nizhny")), with_own)
    (with_own / "vulnerable.csv").write_text("group,order,raises\nelderly,1,yes\nveterans,2,no\n", encoding="utf-8")
    router = Router.load(region=with_own)
    said = router.route("Я ветеран и пенсионер, инвалид")
    assert said.vulnerable == ("Пожилые", "Ветераны")
    assert said.urgency.words == ("пенсионер",)
    assert router.route("Ветеран труда, нет света").urgency.level == 0


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("vulnerable.csv", "group,order,raises\nelders,1,yes\n", "столбец «group».*elders.*ближайший — «elderly»"),
        ("vulnerable.csv", "group,order,raises\nelderly,0,yes\n", "столбец «order»: нужно целое число от 1 до 100"),
        ("vulnerable.csv", "group,order,raises\nelderly,1,maybe\n", "столбец «raises».*maybe"),
        (
            "deadlines.csv",
            "channel,step,title,amount,unit,topics,source,importance\nsocial,answer,Ответ,4,hours,,Норма,top\n",
            "столбец «importance»: «top» не годится",
        ),
    ],
)
def test_mistakes_of_a_pack_are_named(tmp_path: Path, file: str, text: str, message: str) -> None:
    folder = tmp_path / "mine"
    copytree(Path(str(PACKS / "nizhny")), folder)
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(RegionError, match=message):
        load_region(folder)


# ------------------------------------------------------------------------------
#   The engine
# ------------------------------------------------------------------------------

HEAD = ",".join(COLUMNS) + "\n"
RULES = [
    ("газ,,запах|пахнуть,,2,", "сильно пахнет газом", True),
    ("газ,,запах|пахнуть,,2,", "газом сегодня утром снова пахнет", False),
    ("газ,,запах|пахнуть,,2,", "не газом пахнет", False),
    ("жить,не+хотеть,,,2,", "не хочу жить", True),
    ("жить,не+хотеть,,,2,", "жить не хочу", False),
    ("=горим,,,,1,", "горим", True),
    ("=горим,,,,1,", "горит", False),
    ("задыха*,,,дым,3,пыль", "задыхаемся в дыму", True),
    ("задыха*,,,дым,3,пыль", "задыхаемся пыль да дым", False),
]


def read_rules(folder: Path, rows: str) -> WordRules:
    (folder / "rules.csv").write_text(HEAD + rows + "\n", encoding="utf-8")
    return WordRules([word_rule(record) for record in read_reference(folder / "rules.csv", COLUMNS, CatalogError)])


@pytest.mark.parametrize(("row", "text", "met"), RULES)
def test_rules_meet_words_in_reach_and_order(tmp_path: Path, row: str, text: str, met: bool) -> None:
    rules = read_rules(tmp_path, row)
    words = text.split()
    begun = [place for place, word in enumerate(words) if rules.learn(word, lemma(word))]
    assert bool(rules.found(words, begun)) == met


@given(NASTY | st.text("аяё-! \n1", max_size=40))
def test_words_are_quoted_as_they_are_written(text: str) -> None:
    cleaned = clean(text)
    words = words_of_cleaned(cleaned)
    for place, word in enumerate(words):
        quoted = as_written(cleaned, words, [place])
        assert quoted in cleaned
        assert normalize(quoted) == word


@pytest.mark.parametrize(
    ("places", "quoted"), [([1, 3], "Пахнет газом, третий"), ([0, 8], "Тут … НОЧЬ"), ([2], "газом")]
)
def test_near_words_are_quoted_as_one_piece(places: list[int], quoted: str) -> None:
    text = "Тут Пахнет  газом, третий день и уже вторую НОЧЬ"
    assert as_written(text, words_of_cleaned(text), places) == quoted


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("газ,,,,,", "столбец «within»"),
        (",,газ,,3,", "столбец «word»"),
        ("газ+дым,,,,3,", "столбец «word»: нужна одна группа"),
        ("газ,,за пах,,3,", "столбец «near»: «за пах» — не слово"),
        ("газ,,запах||дым,,3,", "столбец «near»: «» — не слово"),
    ],
)
def test_mistakes_of_rules_are_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        read_rules(tmp_path, row)


@pytest.mark.parametrize("filler", ["и ", "газ ", "пахнет газом "])
def test_long_texts_take_linear_time(router: Router, filler: str) -> None:
    started = time.process_time()
    router.route(filler * (100_000 // len(filler)))
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Я сейчас прыгну с моста", 3),
        ("Сброшусь с крыши, всё надоело", 3),
        ("Убью этого соседа, достал", 3),
        ("Соседка не отвечает, пожилая, третий день, дверь закрыта", 2),
        ("Бабушка из пятой квартиры не открывает дверь вторые сутки", 2),
        ("Лёд на реке тонкий, дети играют", 2),
        ("В квартире 12 градусов, ребёнку два месяца", 2),
        ("Прыгну от радости, если мост достроят", 0),
        ("Убью эти тараканы в подъезде", 0),
        ("Сосед не отвечает за порядок в подъезде, дверь сломана", 0),
        ("На катке лёд плохой, дети падают", 0),
        ("У ребёнка в квартире жарко, 28 градусов", 0),
    ],
)
def test_danger_said_in_other_words(router: Router, text: str, level: int) -> None:
    assert router.route(text).urgency.level == level


KINDS = [
    ("На кухне надышались газом, мать и сын лежат", 3, "104"),
    ("Розетка заискрилась, обои дымятся", 3, "101"),
    ("Топят сверху, аварийка третий час едет", 2, "ЕДДС"),
    ("Крыша потекла, сейчас заливает комнату и проводку", 2, "ЕДДС"),
    ("Сорвало кран, кипяток хлещет, слесаря нет", 2, "ЕДДС"),
    ("Порыв теплосети у рынка, пар и фонтан на дороге", 2, "ЕДДС"),
    ("Четвёртые сутки без отопления, дома старики", 2, "ЕДДС"),
    ("Опора рухнула, провода на машине, внутри водитель", 3, "112"),
    ("Столб накренился над остановкой, держится на проводах", 2, "ЕДДС"),
    ("Ледяная глыба нависла над входом в садик", 2, "ЕДДС"),
    ("Сосна рухнула поперёк дороги, скорая не проедет", 2, "ЕДДС"),
    ("Кирпичи вываливаются со стены на прохожих", 2, "ЕДДС"),
    ("Старик лежит в сугробе и не шевелится", 3, "103"),
    ("Женщине плохо с сердцем, вызовите врача, помогите", 3, "103"),
    ("Скорую ждём два часа, у отца отнялась рука", 3, "103"),
    ("Пассажир упал и не встаёт", 3, "103"),
    ("Сыну с эпилепсией не выдают лекарство", 2, "Орган здравоохранения"),
    ("Дома нечего есть, внуки голодные", 2, "Социальная защита"),
    ("Погорельцы, с детьми ночевать негде", 2, "Социальная защита"),
    ("Толпа пинает парня у клуба", 3, "102"),
    ("За мной гонится мужчина, спряталась в подъезде", 3, "102"),
    ("Прощайте, сегодня меня не станет", 3, "Телефон доверия"),
    ("Жить уже не хочется, больше нет сил", 3, "Телефон доверия"),
    ("Дочь ушла из дома, не выходит на связь вторые сутки", 3, "102"),
    ("Кабина встала между этажами, внутри малыш", 3, "112"),
    ("Лось выбежал на дорогу, мечется между машинами", 2, "ЕДДС"),
    ("Подростки прыгают по льдинам", 2, "ЕДДС"),
    ("Мужик с топором у подъезда", 3, "102"),
    ("Напали на парня у остановки, полиция не отвечает", 3, "102"),
    ("Подросток упал на рельсы", 3, "103"),
    ("Едкий запах хлора, глаза режет, детей тошнит", 2, "112"),
]


@pytest.mark.parametrize(("text", "level", "told"), KINDS)
def test_kinds_of_trouble_are_raised(router: Router, text: str, level: int, told: str) -> None:
    urgency = router.route(text).urgency
    assert urgency.level == level
    assert told in "; ".join(urgency.notify)


@pytest.mark.parametrize(
    "text",
    [
        "Крыша течёт каждую весну, включите дом в план ремонта",
        "Соседи затопили квартиру в мае, как составить акт?",
        "Топят плохо, сделайте перерасчёт",
        "После прорыва трубы не восстановили газон",
        "Фонтан на площади бьёт красиво",
        "Столб наклонён с прошлого года, когда замените?",
        "Снег у входа в школу не чистят",
        "Упавшее дерево с осени лежит в сквере, распилите",
        "Не дозвониться в поликлинику, чтобы записаться",
        "Человеку плохо объяснили порядок записи",
        "Отец лежит в больнице, кормят хорошо",
        "Нечего делать молодёжи в посёлке",
        "Дети в столовой голодные: еда невкусная",
        "Душат налогами предпринимателей",
        "Жить тут больше не хочется, двор грязный",
        "Лифт не работает неделю, пенсионеры ходят пешком",
        "Светофор у школы не работает, когда почините?",
        "Медведь на гербе нарисован криво",
        "Не хочу умереть под колёсами, поставьте светофор",
        "Химический анализ воды где посмотреть?",
    ],
)
def test_calm_twins_of_trouble_stay_calm(router: Router, text: str) -> None:
    assert router.route(text).urgency.level == 0
