"""Several questions in one message: pieces of a text, their labelling, and what parts make of the whole."""

import csv
import gc
import json
import time
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import write_csv
from tsur_nlp import Appeal, Decision, Router
from tsur_nlp.batch import Job, route_table
from tsur_nlp.pipeline.parts import MOST_PARTS
from tsur_nlp.pipeline.segmentation import likeliest_labels
from tsur_nlp.text.pieces import POINT, STRONG, WEAK, word_places
from tsur_nlp.text.vectorized import read_many

PITS = "На улице Горной огромные ямы, асфальт разбит, машины ломаются."
HEAT = "В доме нет отопления, батареи холодные вторую неделю."
BUS = "Автобус опаздывает каждое утро, интервал движения по часу, расписание не соблюдается."
DOGS = "Стая бродячих собак кидается на детей, отловите безнадзорных собак."


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        (f"{PITS} Также {HEAT.lower()}", ["roads", "housing"]),
        (f"{HEAT}\n{BUS}", ["housing", "transport"]),
        (f"1. {PITS}\n2. {HEAT}\n3. {BUS}", ["roads", "housing", "transport"]),
        (f"Добрый день! {DOGS} Второй вопрос: {HEAT.lower()} С уважением, жители дома.", ["safety", "housing"]),
        (f"<p>{PITS}</p><p>Кроме того, {DOGS.lower()}</p>", ["roads", "safety"]),
    ],
)
def test_each_question_is_decided_by_itself(router: Router, text: str, groups: list[str]) -> None:
    d = router.route(text)
    assert [part.topic.code.split(".")[0] for part in d.parts] == groups
    spans = [part.span for part in d.parts]
    assert all(span and span[0] < span[1] <= len(text) for span in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans) if one and other)
    assert all(part.authority.code and part.deadline and part.reasons and not part.parts for part in d.parts)
    lead = max(d.parts, key=lambda part: part.urgency.level)
    assert (d.topic, d.authority, d.span) == (lead.topic, lead.authority, None)
    assert d.action == "review"
    assert any("59-ФЗ" in reason and all(part.authority.title in reason for part in d.parts) for reason in d.reasons)


@pytest.mark.parametrize(
    "text",
    [
        PITS,
        f"Здравствуйте! {HEAT} Прошу помочь. С уважением, жильцы.",
        f"{PITS} Надеюсь на понимание, кроме нас о дороге никто не позаботится.",
        "Мне 80 лет, живу одна. В квартире нет отопления. Батареи холодные, звонила в аварийную службу, никто не едет.",
        "Спасибо!",
        "",
        "?!.; \n ,,, 1) 2) 3)",
    ],
)
def test_one_matter_stays_whole(router: Router, text: str) -> None:
    assert router.route(text).parts == ()


def test_a_strong_first_question_does_not_hide_the_rest(router: Router) -> None:
    text = "Я ветеран труда, не пришла пенсия, и лампочка в подъезде не горит, и автобус 64 не ходит."
    assert router.route(Appeal(text, territory="Дзержинск")).action != "auto"


def test_parts_are_where_the_message_is_unless_they_say_otherwise(router: Router) -> None:
    d = router.route(f"{PITS} Это в городе Дзержинске. Также {HEAT.lower()}")
    assert {part.territory for part in d.parts} == {d.territory}
    assert "Дзержинск" in d.territory
    d = router.route(Appeal(f"{PITS} Также {HEAT.lower()}", territory="Арзамас", id="7"))
    assert all("Арзамас" in part.territory and part.appeal_id == "7" for part in d.parts)


def test_a_chosen_topic_stays_and_parts_are_shown(router: Router) -> None:
    d = router.route(Appeal(f"{PITS} Также {HEAT.lower()}", topic="housing.heating"))
    assert (d.topic.code, d.action, len(d.parts)) == ("housing.heating", "review", 2)


def test_a_decision_is_the_same_alone_and_in_company(router: Router) -> None:
    texts = [PITS, f"{PITS} Также {HEAT.lower()}", "", f"1. {DOGS} 2. {BUS}", HEAT] * 9
    assert list(router.route_many(texts)) == [router.route(text) for text in texts]


def test_many_questions_are_bounded_and_linear(router: Router) -> None:
    asked = f"Также {PITS.lower()} Также {HEAT.lower()} "
    router.route(asked)
    started = time.process_time()
    d = router.route(asked * 250)
    assert len(d.parts) == MOST_PARTS
    assert any("в последней части" in reason for reason in d.reasons)
    assert d.parts[-1].span[1] > 0.9 * len(asked * 250)  # type: ignore[index]
    router.route((asked * 1000)[:200_000])
    assert time.process_time() - started < 10


def test_a_table_may_have_a_row_for_each_question(tmp_path: Path) -> None:
    source, whole, split = (tmp_path / name for name in ("in.csv", "whole.csv", "split.csv"))
    texts = [PITS, f"{PITS} Также {HEAT.lower()}", "Спасибо!"]
    write_csv(source, [["Текст", "part"], *([text, "x"] for text in texts)])
    route_table(Job(source, whole))
    totals = route_table(Job(source, split, split=True, journal=tmp_path / "j.db"))
    assert (totals.routed, totals.rejected) == (3, 0)
    with split.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["part"] for row in rows] == ["1", "1", "2", "1"]
    assert rows[1]["message"] == rows[2]["message"] != rows[0]["message"]
    assert [row["Текст"] for row in rows] == [PITS, PITS, f"Также {HEAT.lower()}", "Спасибо!"]
    assert rows[2]["topic_group"] == "ЖКХ"
    assert {row["input_part"] for row in rows} == {"x"}
    with whole.open(encoding="utf-8-sig", newline="") as stream:
        parts = [row["parts"] for row in csv.DictReader(stream)]
    assert [bool(cell) for cell in parts] == [False, True, False]
    assert [part["span"] for part in json.loads(parts[1])] == [[0, len(PITS)], [len(PITS) + 1, len(texts[1])]]


# ------------------------------------------------------------------------------
#   Pieces of a text
# ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("нет воды. нет света", [0, 0, STRONG, 0]),
        ("ул. Мира д. 5, кв. 7", [0, 0, 0, WEAK]),
        ("раз, два (три) – четыре", [0, WEAK, WEAK, WEAK]),
        ("1. раз\n2. два 3) три", [POINT, POINT, POINT]),
        ("дом 12. двор", [0, STRONG]),
        ("в 12.30 утра", [0, 0]),
        ("раз?два!три…четыре;пять", [0, STRONG, STRONG, STRONG, STRONG]),
    ],
)
def test_breaks_between_words(text: str, breaks: list[int]) -> None:
    assert word_places([text]).breaks.tolist() == breaks


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="аБёz-. ,\n1)?!№«»∀⅀ \u0301", max_size=30), max_size=5))
def test_places_are_those_of_the_words(texts: list[str]) -> None:
    cleaned, words = read_many(texts)
    places = word_places(cleaned)
    assert len(places.starts) == sum(map(len, words))
    spans = iter(zip(places.starts.tolist(), places.stops.tolist(), places.cuts.tolist(), strict=True))
    for text, found in zip(cleaned, words, strict=True):
        end = 0
        for word in found:
            start, stop, cut = next(spans)
            assert text[start:stop].lower().replace("ё", "е") == word
            assert end <= cut <= start
            end = stop


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_no_labelling_is_better(seed: int, lengths: list[int]) -> None:
    random = np.random.default_rng(seed)
    evidence = random.normal(size=(sum(lengths), 3)).astype(np.float32)
    costs = random.uniform(0, 2, sum(lengths)).astype(np.float32)
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    labels = likeliest_labels(evidence, bounds, costs)

    def worth(chosen: tuple[int, ...], begin: int) -> float:
        told = sum(evidence[begin + n, label] for n, label in enumerate(chosen))
        return told - sum(costs[begin + n] for n in range(1, len(chosen)) if chosen[n] != chosen[n - 1])

    for begin, end in pairwise(bounds.tolist()):
        best = max(worth(chosen, begin) for chosen in product(range(3), repeat=end - begin))
        assert worth(tuple(labels[begin:end].tolist()), begin) == pytest.approx(best, abs=1e-4)


def test_what_was_decided_is_let_go_at_once(router: Router) -> None:
    """Nothing waits for the collector of garbage, which many rows at once put off."""
    texts = [f"{HEAT}\n{BUS}", PITS] * 20
    assert sum(len(d.to_dict()["parts"]) for d in router.route_many(texts)) == 40
    gc.collect()
    gc.disable()
    try:
        list(map(Decision.to_dict, router.route_many(texts)))
        assert gc.collect() == 0
    finally:
        gc.enable()
