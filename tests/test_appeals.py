"""Appeals as hosts really hand them in: fields of other types, nothing in its many guises, endless words."""

import time
from collections.abc import Sequence
from datetime import date, datetime

import numpy
import pandas
import pytest

from tsur_nlp import Appeal, Router
from tsur_nlp.decision.appeal import as_appeal
from tsur_nlp.errors import AppealError, PipelineError
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component

TEXT = "Не чистят снег во дворе"
NOTHING = [None, float("nan"), pandas.NA, pandas.NaT, numpy.datetime64("NaT"), numpy.float64("nan")]


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


@pytest.mark.parametrize("field", ["channel", "account", "territory", "topic", "created", "lat", "lon"])
@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
def test_what_data_frames_have_for_nothing_is_nothing(field: str, nothing: object) -> None:
    assert as_appeal(Appeal(TEXT, **{field: nothing})) == Appeal(TEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "given", "taken"),
    [
        ("territory", 22701000, "22701000"),
        ("territory", 22701000.0, "22701000"),
        ("account", numpy.int64(123), "123"),
        ("created", date(2024, 5, 13), datetime(2024, 5, 13, 23, 59)),
        ("created", pandas.Timestamp("2024-05-13 10:00"), datetime(2024, 5, 13, 10)),
    ],
)
def test_values_are_taken_as_they_are_meant(field: str, given: object, taken: object) -> None:
    assert getattr(as_appeal(Appeal(TEXT, **{field: given})), field) == taken  # type: ignore[arg-type]


def test_degrees_come_in_pairs_of_numbers() -> None:
    taken = as_appeal(Appeal(TEXT, lat=numpy.float32(56.25), lon=44))  # type: ignore[arg-type]
    assert (taken.lat, taken.lon) == (56.25, 44.0)
    assert as_appeal(Appeal(TEXT, lat=56.0)) == Appeal(TEXT)


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("territory", ["Бор"], "Appeal.territory: ожидалась строка, а передан list"),
        ("territory", 1.5, "Appeal.territory"),
        ("account", True, "Appeal.account"),
        ("channel", b"vk", "Appeal.channel"),
        ("topic", object(), "Appeal.topic"),
        ("created", "2024-05-13", "Appeal.created.*fromisoformat"),
        ("created", 1700000000, "Appeal.created"),
        ("created", numpy.datetime64("2024-05-13"), "Appeal.created"),
        ("lat", "56.3", "Appeal.lat: ожидалось число"),
        ("text", b"...", "а передан bytes"),
    ],
)
def test_the_rest_is_refused_by_name(router: Router, field: str, given: object, said: str) -> None:
    """Each was an AttributeError or a TypeError from within."""
    appeal = Appeal(**{"text": TEXT, "lon": 44.0, field: given})  # type: ignore[arg-type]
    with pytest.raises(AppealError, match=said):
        router.route(appeal)


@pytest.mark.parametrize("text", ["яма" * 33_000, "во-да-" * 16_000, "漢" * 100_000], ids=["word", "hyphens", "han"])
def test_a_word_without_end_takes_no_time(router: Router, text: str) -> None:
    """Its beginnings were looked up one by one: 2.6 s, and four times as much for twice the length."""
    router.route("Яма")
    began = time.process_time()
    router.route(text)
    assert time.process_time() - began < 1


def test_the_nearest_topic_to_a_long_name_is_found_at_once(router: Router) -> None:
    router.route(Appeal(TEXT, topic="дороги"))
    began = time.process_time()
    d = router.route(Appeal(TEXT, topic="уборка снега во дворах и на дорогах " * 3_000))
    assert time.process_time() - began < 1
    assert any("нет в каталоге" in reason for reason in d.reasons)


@pytest.mark.parametrize("field", ["topic", "territory", "account", "channel"])
def test_who_answers_is_asked_by_name(router: Router, field: str) -> None:
    with pytest.raises(AppealError, match=f"Appeal.{field}"):
        router.responsible(**{"topic": "housing.lifts", field: object()})  # type: ignore[arg-type]


def test_who_answers_takes_codes_as_numbers(router: Router) -> None:
    found = router.responsible("housing.lifts", 22712000, float("nan"))  # type: ignore[arg-type]
    assert [one.code for one in found] == [one.code for one in router.responsible("housing.lifts", "bor")]


class Falling(Component):
    name = "falling"
    always = True

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        raise ZeroDivisionError(block.texts[0])


class FallingOverAWord(Falling):
    name = "falling over a word"

    def triggered_by(self, word: str, lemma: str) -> bool:
        raise KeyError(word)


@pytest.mark.parametrize("component", [Falling, FallingOverAWord])
def test_a_component_that_falls_is_named_and_quotes_nothing(component: type[Component]) -> None:
    router = Router.load(components=[component()])
    with pytest.raises(PipelineError, match=f"звено «{component.name}» прервалось") as told:
        router.route("Секретная яма")
    assert "екретн" not in str(told.value)
