"""The corridor: components fit together, a host adds one, and company changes no answer."""

import csv
import random
from collections.abc import Sequence
from datetime import datetime

import pytest

from tests.conftest import SAMPLE
from tsur_nlp import Appeal, CatalogError, Decision, ModelError, RegionError, Router
from tsur_nlp.errors import PipelineError
from tsur_nlp.pipeline import Block, Component, Corridor, Reason
from tsur_nlp.pipeline.reasons import templates

MOMENT = datetime(2024, 5, 13, 10)


class Fountain(Component):
    """Ten lines of a host: whoever writes of a fountain waits for a person."""

    name = "fountain"
    requires = ("words",)
    assigns = ("doubts",)

    def triggered_by(self, word: str, lemma: str) -> bool:
        return lemma == "фонтан"

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        for row in rows:
            block.doubts[row].append(Reason("institution_unknown", ("фонтан",)))


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


@pytest.fixture(scope="module")
def appeals() -> list[Appeal]:
    with SAMPLE.open(encoding="utf-8-sig", newline="") as stream:
        return [Appeal(row["Текст инцидента"], created=MOMENT) for row in csv.DictReader(stream)]


def test_a_host_adds_a_component_in_ten_lines() -> None:
    router = Router.load(components=[Fountain()])
    with_it, without = router.route_many(["В парке сломаны фонтаны, не работают", "В парке сломаны скамейки"])
    assert with_it.action == "review"
    assert any("«фонтан»" in reason for reason in with_it.reasons)
    assert not any("фонтан" in reason for reason in without.reasons)


class Hungry(Fountain):
    name = "hungry"
    requires = ("bodies", "weather")


@pytest.mark.parametrize(
    ("components", "said"), [([Hungry()], "weather"), ([Fountain(), Fountain()], "«fountain» названо дважды")]
)
def test_components_that_do_not_fit_are_told_when_the_router_is_built(components: list[Component], said: str) -> None:
    with pytest.raises(PipelineError, match=said):
        Corridor(components)


def test_only_the_verdict_and_what_closes_a_row_set_an_action(router: Router) -> None:
    setting = [component.name for component in router.corridor.components if "actions" in component.assigns]
    assert setting[-1] == router.corridor.components[-1].name == "verdict"
    assert setting[0] == "not_an_appeal"


def values(decision: Decision) -> object:
    return decision.record()


def test_a_decision_is_the_same_alone_and_in_any_company(router: Router, appeals: list[Appeal]) -> None:
    """To the last bit: other texts, other blocks, words met before or a cold start change nothing."""
    alone = [values(router.route(appeal)) for appeal in appeals]
    made = random.Random(0)
    for _ in range(3):
        order = made.sample(range(len(appeals)), len(appeals))
        company = [Appeal("Слово за словом " * made.randrange(1, 40)) for _ in order]
        mixed = [appeal for at in order for appeal in (company[at], appeals[at])]
        cold = Router(router.model, router.region)
        decided = list(cold.route_many(mixed * 5))[-2 * len(order) :][1::2]
        assert [values(decision) for decision in decided] == [alone[at] for at in order]


@pytest.mark.parametrize("code", ["topic_words", "place", "matrix_topic", "hint_disputed"])
def test_reasons_are_sentences_of_a_table(code: str) -> None:
    assert templates()[code][0].isupper()


# ------------------------------------------------------------------------------
#   A topic that somebody chose already
# ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "topic", ["housing.lifts", "Неисправность или отключение лифтов", "неисправность  или отключение ЛИФТОВ"]
)
def test_a_chosen_topic_is_respected(router: Router, topic: str) -> None:
    d = router.route(Appeal("Опять не работает, сколько можно ждать", topic=topic, territory="Бор"))
    assert d.topic.code == "housing.lifts"
    assert any("выбрана вместе с сообщением" in reason for reason in d.reasons)


def test_a_chosen_topic_is_checked_against_the_text(router: Router) -> None:
    d = router.route(
        Appeal("Яма на дороге, пробил колесо, асфальт разбит, ямы", topic="housing.lifts", territory="Бор")
    )
    assert (d.topic.code, d.action) == ("housing.lifts", "review")
    assert any("слова говорят за" in reason for reason in d.reasons)


def test_an_unknown_chosen_topic_is_said_with_the_nearest(router: Router) -> None:
    d = router.route(Appeal("Лифт не работает", topic="Неисправность лифтов", territory="Бор"))
    assert d.action == "review"
    assert any("«Неисправность лифтов» нет" in reason and "лифтов" in reason for reason in d.reasons)


# ------------------------------------------------------------------------------
#   Who answers
# ------------------------------------------------------------------------------


def test_who_answers_for_a_topic_is_told_without_a_text(router: Router) -> None:
    found = router.responsible("roads.pits", territory="г. Бор")
    assert found[0].code == "bor.administration"
    assert found[0].title
    assert found[0].reasons
    assert found[0].deadline is not None
    assert sum(one.confidence for one in found) == pytest.approx(1)
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)


@pytest.mark.parametrize(
    "code", ["roads.pits", "health.registry", "education.meals", "telecom.mobile", "military.payments"]
)
def test_somebody_answers_for_every_topic_with_a_place_and_without(router: Router, code: str) -> None:
    code = code if code in router.catalog.topics else next(iter(router.catalog.topics))
    assert router.responsible(code)
    assert router.responsible(router.catalog.topics[code].title, territory="Кстовский")


@pytest.mark.parametrize(
    ("topic", "place", "asked"),
    [("roads.pits", None, True), ("roads.pits", "Бор", False), ("housing.managers", None, False)],
)
def test_the_place_is_asked_for_only_where_the_body_depends_on_it(
    router: Router, topic: str, place: str | None, asked: bool
) -> None:
    assert any("Место не названо" in reason for reason in router.responsible(topic, place)[0].reasons) == asked


def test_unknown_names_are_refused_with_the_nearest(router: Router) -> None:
    with pytest.raises(CatalogError, match="ближайшая — «Неисправность или отключение лифтов»"):
        router.responsible("Неисправность и отключение лифтов")
    with pytest.raises(RegionError, match=r"ближайшая — «.*Бор"):
        router.responsible("housing.lifts", territory="Борр")


def test_a_region_is_needed_to_name_bodies(router: Router) -> None:
    with pytest.raises(RegionError, match="без региона"):
        Router(router.model, None).responsible("housing.lifts")


@pytest.mark.parametrize("auto", ["topic", "", "Body"])
def test_an_unknown_way_of_sending_on_is_refused(auto: str) -> None:
    with pytest.raises(ModelError, match="body"):
        Router.load(auto=auto)  # type: ignore[arg-type]


def test_topics_of_one_body_in_doubt_keep_nothing_back() -> None:
    text = "На дороге в Кстове яма или провал, асфальта нет совсем, не проехать"
    body, both = (Router.load(precision=0.6, auto=auto).route(text) for auto in ("body", "both"))
    assert body.authority == both.authority
    sent = {"auto": 1, "review": 0}
    assert sent[body.action] >= sent[both.action]
