"""Reasons that a person believes: what is quoted is what was written, and what is said of a body is of this body."""

from pathlib import Path

import pytest

from tests.test_competence import matrix_of
from tsur_nlp import Appeal, Router
from tsur_nlp.region.competence import CONDITIONS


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


def quoted(router: Router, appeal: str | Appeal) -> str:
    return next((reason for reason in router.route(appeal).reasons if reason.startswith("За тему говорят")), "")


@pytest.mark.parametrize(
    ("text", "said", "unsaid"),
    [
        ("Не вывозят мусор", "не вывозят", "«вывозят»"),
        ("Тротуар у школы не чистят", "не чистят", "«чистят»"),
        ("Второй день нет горячей воды", "нет горячей", ""),
        ("Горячей воды нет вторую неделю", "воды нет", "«воды»"),
        ("Колодец пересох, воды в деревне нет", "", "деревне нет"),
        ("Сидим без отопления, дети мёрзнут", "«без отопления»", "«без»"),
        ("Подвал затоплен, канализация, вонь", "", "канализация вонь"),
    ],
)
def test_a_negation_is_quoted_with_its_word_and_a_comma_parts_words(
    router: Router, text: str, said: str, unsaid: str
) -> None:
    """«Работает» convinces nobody that a light is broken; «канализация вонь» nobody wrote."""
    found = quoted(router, text)
    assert said in found
    assert not unsaid or unsaid not in found


def test_the_name_of_a_place_is_no_reason_for_a_topic(router: Router) -> None:
    assert "дзержинск" not in quoted(router, "В Дзержинске отключили воду")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_are_said_in_russian(tmp_path: Path, router: Router, condition: str) -> None:
    matrix = matrix_of(tmp_path, f"roads.pits;roads.regional;;;;;;{condition};так решили;;;;")
    step = matrix.cell("roads.pits", "bor", conditions=frozenset((condition,))).step
    assert step.facts == ("так решили",)
    assert condition not in router.route("Яма во дворе").reasons


def test_each_body_is_explained_by_its_own_row(tmp_path: Path) -> None:
    """The inspection was named with the note of the row for the administration."""
    matrix = matrix_of(
        tmp_path,
        "roads.pits;roads.regional;;0,7;;;;;дорога области;;;;",
        "roads.pits;;nizhny.gzhi;0,3;;;;;;закон;;;",
    )
    cell = matrix.cell("roads.pits", "bor")
    assert [cell.steps[body.code].facts for body, _ in cell.answers] == [("дорога области",), ("закон",)]
    assert cell.step.facts == ("дорога области",)


@pytest.mark.parametrize(
    "text", ["Дерево упало на машину", "Подскажите график уборки подъезда", "ветеран, пенсия не пересчитана"]
)
def test_topics_named_together_are_of_one_body(router: Router, text: str) -> None:
    d = router.route(Appeal(text, territory="Бор"))
    told = next((reason for reason in d.reasons if "отвечает за них один орган" in reason), "")
    for topic in (one for one in d.topics if f"«{one.title}»" in told):
        assert d.authority.code in {one.code for one in router.responsible(topic.code, "Бор")}


@pytest.mark.parametrize("text", ["лифт", "Дорога!", "Здравствуйте, автобусы", "А поликлиника?", "фонари фонари"])
def test_one_word_names_no_matter(router: Router, text: str) -> None:
    """However sure the topic of «лифт» is, nobody knows what is wrong with it."""
    d = router.route(Appeal(text, territory="Советский район"))
    assert (d.action, d.outcome) == ("review", "insufficient_information")
    assert d.ask


@pytest.mark.parametrize("text", ["Сделайте дорогу", "Лифт стоит", "Воды нет", "Крыша течёт"])
def test_two_words_may_name_one(router: Router, text: str) -> None:
    assert router.route(Appeal(text, territory="Бор")).outcome == "decided"


@pytest.mark.parametrize("text", ["Яма на дороге", "Не чистят снег на тротуаре", "Нужна крытая остановка"])
def test_what_the_host_told_is_not_asked_again(router: Router, text: str) -> None:
    asked = router.route(Appeal(text, territory="Бор")).ask
    assert asked
    assert "город" not in asked
