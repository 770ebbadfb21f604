"""What to ask the citizen, and texts that do not say what the matter is."""

import pytest

from tsur_nlp import Appeal, Router
from tsur_nlp.pipeline.ask import NEEDS, has_house, questions


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Помогите!", "что случилось"),
        ("Сколько можно это терпеть?", "что случилось"),
        ("Обратите внимание на наш район", "что случилось"),
        ("Нет горячей воды третий день", "улицу и номер дома"),
        ("Нет горячей воды в Дзержинске третий день", "улицу и номер дома"),
        ("Нет горячей воды на улице Победы, 14 в Дзержинске", ""),
        ("На дороге огромная яма, асфальт разбит", "улицу и ближайший дом или перекрёсток"),
        ("Не работает лифт, дом 5, третий день стоит", "В каком городе"),
        ("Врач в поликлинике нагрубил и отказал в приёме", "больницу или поликлинику"),
        ("Почему автобус не соблюдает расписание и интервал движения?", "номер маршрута"),
        ("Почему автобус 64 в Дзержинске не соблюдает расписание и интервал движения?", ""),
        ("Спасибо большое!", ""),
        ("Сбербанк списал деньги с карты и не возвращает", ""),
    ],
)
def test_one_question_for_what_is_missing(router: Router, text: str, asked: str) -> None:
    ask = router.route(text).ask
    assert asked in ask
    assert bool(ask) == bool(asked)
    assert ask.count("?") + ask.count(".") <= 1


def test_a_question_changes_nothing(router: Router) -> None:
    told = router.route(Appeal("Нет горячей воды третий день", territory="Дзержинск"))
    also = router.route(Appeal("Нет горячей воды третий день, дом 5", territory="Дзержинск"))
    assert told.ask
    assert not also.ask
    assert (told.topic.code, told.outcome, told.action) == (also.topic.code, also.outcome, also.action)


def test_without_a_matter_it_is_the_rest_of_a_clear_group(router: Router) -> None:
    for text in ("Школа", "Больница", "Дороги в области", "Транспорт?"):
        d = router.route(text)
        if d.outcome == "insufficient_information":
            assert d.action == "review"
            assert any("мало" in reason for reason in d.reasons)
            assert d.topic.code.endswith(".other") or d.topic.confidence < 0.5
            assert sum(choice.confidence for choice in d.topics) <= 1.01


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ул. Ленина, 5", True),
        ("на Победы 14 темно", True),
        ("дом № 7", True),
        ("д.12 корп 2", True),
        ("нет воды в доме 5 дней", False),
        ("ждали автобус 40 минут", False),
        ("с понедельника 12 марта", False),
        ("нет воды", False),
    ],
)
def test_house_numbers(text: str, found: bool) -> None:
    assert has_house(text) == found


def test_the_table_asks_politely() -> None:
    asked = [one for group in questions().values() for one in group]
    assert {one.need for one in asked} == set(NEEDS)
    assert all(one.text.endswith(("?", ".")) and len(one.text) < 150 for one in asked)


@pytest.mark.parametrize("text", ["Московское шоссе 15, лифт стоит", "пр-т Гагарина, 101", "Южное ш. 4", "б-р Мира 7"])
def test_the_number_of_a_house_after_the_kind_of_its_street(text: str) -> None:
    assert has_house(text)
