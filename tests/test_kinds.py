"""Kinds of messages and what follows from them."""

import csv
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.test_text import NASTY
from tsur_nlp import Appeal, Router
from tsur_nlp.pipeline.kind import KindComponent, KnownWords, goes_round
from tsur_nlp.pipeline.kind_model import ASKING, features, kind_weights, table_digest


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


KINDS = [
    ("Третий день нет воды, никто не отвечает", "complaint"),
    ("Спасибо, что опять без воды", "complaint"),
    ("Спасибо за разбитую дорогу, второе колесо пробил", "complaint"),
    ("Какие документы нужны для субсидии на отопление?", "question"),
    ("Прошу отремонтировать подъезд в доме 5", "request"),
    ("Предлагаю поставить во дворе теннисный стол", "proposal"),
    ("Спасибо за отремонтированную дорогу", "thanks"),
    ("ям нет, спасибо", "thanks"),
    ("+1", "support"),
    ("Поддерживаю!", "support"),
    ("у нас то же", "support"),
    ("Извините, ошиблась домом, правильно 14", "correction"),
    ("Уважаемые жители! С 9 до 17 будет отключена холодная вода", "announcement"),
    ("Продам гараж на Казанском шоссе", "advertising"),
    ("Всем привет, кто на рыбалку?", "chatter"),
    ("Дебилы и воры", "insult"),
    ("Верните автобус! Верните автобус! Верните автобус!", "repetition"),
]


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_kinds(router: Router, text: str, kind: str) -> None:
    d = router.route(text)
    assert d.kind == kind
    assert 0 < d.kind_confidence <= 1
    if kind not in ASKING:
        assert d.action != "auto"
        assert any(reason.startswith(("Похоже на", "Одно и то же", "В сообщении")) for reason in d.reasons)


def test_what_was_written_apart_is_told_apart(router: Router) -> None:
    """The judging half of benchmarks/kinds.csv; benchmarks/kinds.py tells more."""
    with (ROOT / "benchmarks" / "kinds.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["half"] == "judge"]
    decisions = list(router.route_many(row["text"] for row in rows))
    right = [d.kind == row["kind"] for row, d in zip(rows, decisions, strict=True)]
    assert np.mean(right) >= 0.9
    asked = [d for row, d in zip(rows, decisions, strict=True) if row["kind"] in ASKING]
    assert sum(d.action == "not_an_appeal" for d in asked) <= 0.01 * len(asked)


@pytest.mark.parametrize(
    "text",
    [
        "Магазин продаёт просрочку",
        "Киоск торгует пивом ночью",
        "Сливают канализацию в реку",
        "В школе 185 плохо кормят детей",
        "Проездной для студентов где купить",
        "Трамвай 417 ходит раз в час",
        "Шумят соседи ночью",
        "Убивает эта очередь в поликлинике",
        "Снег",
    ],
)
def test_what_is_wrong_said_as_a_bare_fact_is_no_advertisement_nor_talk(router: Router, text: str) -> None:
    """Some were closed as advertisements, others were kept back as chatter or announcements."""
    d = router.route(text)
    assert d.kind in ASKING
    assert not any(reason.startswith("Похоже на") for reason in d.reasons)


@pytest.mark.parametrize(
    "text", ["Спасибо за отремонтированную дорогу, ямы заделали", "Благодарю за новый светлый лифт в подъезде, спасибо"]
)
def test_thanks_keep_the_topic_they_thank_for(router: Router, text: str) -> None:
    d = router.route(text)
    assert d.kind == "thanks"
    assert d.action in ("not_an_appeal", "review")
    assert d.topic.code
    assert d.explain().topic == d.topic.title


@pytest.mark.parametrize("text", ["Поддерживаю!", "У нас то же самое", "Полностью согласна", "плюсую"])
def test_support_has_no_topic_of_its_own(router: Router, text: str) -> None:
    d = router.route(text)
    assert (d.topic.code, d.authority.code) == ("", "")
    assert (d.action, d.outcome) == ("review", "insufficient_information")


def test_an_announcement_is_settled_only_on_a_page(router: Router) -> None:
    text = "Уважаемые жители! Администрация сообщает: 5 июня будет отключена горячая вода"
    assert router.route(text).action == "review"
    assert router.route(Appeal(text, account="vk.com/water")).action == "not_an_appeal"


def test_a_topic_that_somebody_chose_settles_nothing(router: Router) -> None:
    assert router.route(Appeal("Спасибо за ремонт дороги", topic="Ямы во дворах")).action != "not_an_appeal"


ROUNDS = [("а б а б а б", True), ("а а а а", True), ("а б в г", False), ("а б а в а г а д а е", False), ("", False)]


@pytest.mark.parametrize(("words", "round_"), ROUNDS)
def test_rounds(words: str, round_: bool) -> None:
    assert goes_round(words.split()) is round_


class Growing(list[str]):
    """Words of a store to which another thread adds one whenever a word is read."""

    def __getitem__(self, at: Any) -> Any:
        self.append("спасибо")
        return super().__getitem__(at)


def test_words_that_come_meanwhile_are_learned_the_next_time() -> None:
    """They counted as learned: threads that shared a cold router named other kinds, in silence."""
    known = KnownWords(kind_weights())
    known.learn(Growing(["яма"]))
    assert known.count == 1
    known.learn(["яма", "спасибо"])
    assert known.added[1].any()


def test_weights_are_of_the_table() -> None:
    """After a change of data/kinds.csv: python -m tsur_nlp.learning.kinds, as its head says."""
    assert kind_weights().table == table_digest()


SOME = st.sampled_from([text for text, _ in KINDS]) | NASTY


@settings(deadline=None)
@given(st.lists(SOME, min_size=1, max_size=6))
def test_a_block_is_scored_as_its_features_are(texts: list[str]) -> None:
    router, weights = _router(), kind_weights()
    block = next(iter(islice(router.blocks(texts), 1)))
    scores = KindComponent().scores(block)
    for text, words, found in zip(block.texts, block.words, scores, strict=True):
        expected = weights.intercept + sum(value * weights.of(name) for name, value in features(words, text).items())
        assert found == pytest.approx(expected, abs=1e-3)


def _router(kept: list[Router] = []) -> Router:  # noqa: B006
    if not kept:
        kept.append(Router.load())
    return kept[0]


@settings(deadline=None, max_examples=30)
@given(st.lists(SOME, min_size=1, max_size=40))
def test_a_kind_is_the_same_alone_and_in_company(texts: list[str]) -> None:
    router = _router()
    for text, d in zip(texts, router.route_many(texts), strict=True):
        assert (d.kind, d.kind_confidence) == ((alone := router.route(text)).kind, alone.kind_confidence)


def test_a_kind_is_the_same_wherever_a_text_stands_in_a_block(router: Router) -> None:
    """Texts of eight words were summed in another order at the end of a block."""
    sentence = "Скажите когда уже починят эту разбитую дорогу возле школы по улице рядом с домом где мы живём с детьми"
    said = sentence.split()
    for text in (" ".join(said[n : n + 8]) for n in range(len(said) - 7)):
        placed = (([text, "Снег"], 0), (["Снег", text], 1), ([text], 0))
        assert len({next(router.blocks(texts)).kinds[row] for texts, row in placed}) == 1


@pytest.mark.parametrize("text", ["Огромное количество борщевика", "Борщевик захватил поле", "Цены на яйца выросли"])
def test_a_sure_topic_is_not_settled_as_talk(router: Router, text: str) -> None:
    assert router.route(text).action != "not_an_appeal"
