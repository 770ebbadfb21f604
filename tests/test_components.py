"""What each component of the corridor notes, a few cases each; whole decisions are tested in test_router.py."""

from collections.abc import Callable
from datetime import datetime

import pytest

from tsur_nlp import Appeal, Router
from tsur_nlp.pipeline.block import Block


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


def kind(block: Block) -> str:
    return block.kinds[0][0]


def topic(block: Block) -> str:
    return block.topics_of(0)[0].code


def place(block: Block) -> str | None:
    found = block.places[0]
    return found.territory if found else None


def settings(block: Block) -> set[str]:
    return set(block.settings[0])


def body(block: Block) -> str:
    return block.authorities_of(0)[0].code


def said(block: Block) -> set[str]:
    """Codes of reasons and of doubts."""
    return {reason.code for reason in (*block.reasons[0], *block.doubts[0])}


def action(block: Block) -> str:
    return block.actions[0]


def outcome(block: Block) -> str:
    return block.outcomes[0]


def noted(code: str) -> Callable[[Block], bool]:
    return lambda block: code in said(block)


PIT = "Яма на дороге пробила колесо"
CASES: list[tuple[str, Appeal, Callable[[Block], object], object]] = [
    ("kind", Appeal(PIT), kind, "complaint"),
    ("kind", Appeal("Спасибо большое!"), kind, "thanks"),
    ("kind", Appeal("Подскажите, когда откроется новая поликлиника?"), kind, "question"),
    ("not_an_appeal", Appeal("12 👍"), noted("no_words"), True),
    ("not_an_appeal", Appeal("Спасибо большое!"), noted("courtesy"), True),
    ("not_an_appeal", Appeal("Спасибо, что разбили дорогу"), noted("courtesy"), False),
    ("urgency", Appeal("Пахнет газом в подъезде"), noted("urgency_3"), True),
    ("urgency", Appeal("Проложите газ в наше село"), noted("urgency_3"), False),
    ("topic", Appeal("Лифт в подъезде не работает"), topic, "housing.lifts"),
    ("sufficiency", Appeal("Помогите, нужна помощь"), outcome, "insufficient_information"),
    ("sufficiency", Appeal(PIT), outcome, "decided"),
    ("kind_action", Appeal("Благодарим дорожников за хорошую работу, дорога отличная"), action, "not_an_appeal"),
    ("place", Appeal("Не горит фонарь, г. Бор"), place, "bor"),
    ("place", Appeal("Не горит фонарь в посёлке Красная Горка"), noted("place_many"), True),
    ("institution", Appeal("В детском саду № 15 Автозаводского района холодно"), noted("institution_unknown"), True),
    ("setting", Appeal("Яма во дворе дома"), settings, {"yard"}),
    ("setting", Appeal(PIT), settings, set()),
    ("authority", Appeal("Скорая не едет, в больнице нет врачей"), body, "nizhny.health"),
    ("jurisdiction", Appeal("Банк навязал страховку по кредиту и не возвращает деньги"), outcome, "outside_competence"),
    ("jurisdiction", Appeal("Возле банка яма на дороге"), outcome, "decided"),
    ("account", Appeal(PIT, account="vk.com/nobody_knows_it"), noted("account_unknown"), True),
    ("account", Appeal(PIT), noted("account_unknown"), False),
    ("doubt", Appeal(PIT), noted("place_unknown"), True),
    ("doubt", Appeal(PIT, territory="Бор"), noted("place_unknown"), False),
    ("vulnerable", Appeal("Ребёнок-инвалид не может выйти, лифт сломан"), noted("vulnerable"), True),
    ("vulnerable", Appeal("Лифт сломан"), noted("vulnerable"), False),
    ("deadline", Appeal(PIT, channel="голубь"), noted("channel_unknown"), True),
    ("deadline", Appeal(PIT, created=datetime(1899, 1, 1)), noted("date_implausible"), True),
    ("parts", Appeal("Лифт не работает. Также не вывозят мусор.", territory="Бор"), noted("parts_bodies"), True),
    ("verdict", Appeal("Не вывозят мусор", territory="Бор"), action, "auto"),
    ("verdict", Appeal("Не вывозят мусор"), action, "review"),
]


@pytest.mark.parametrize(("component", "appeal", "read", "expected"), CASES, ids=[f"{c[0]}-{c[1].text}" for c in CASES])
def test_what_a_component_notes(
    router: Router, component: str, appeal: Appeal, read: Callable[[Block], object], expected: object
) -> None:
    (block,) = router.blocks([appeal])
    assert read(block) == expected


def test_every_component_has_a_case(router: Router) -> None:
    assert {component.name for component in router.corridor.components} == {component for component, *_ in CASES}
