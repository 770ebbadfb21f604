"""The contract, and decisions on texts written for the project."""

import csv
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pandas
import pytest

from tests.conftest import SAMPLE
from tsur_nlp import Appeal, ModelError, Router
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.region.loader import PACKS, load_region


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


def test_the_contract(router: Router) -> None:
    d = router.route("Во дворе на Бекетова, 13 третий день не горят фонари")
    assert d.topic == d.topics[0]
    assert d.topic.title == load_catalog().topics[d.topic.code].title
    assert d.authority == d.authorities[0]
    assert d.authority.title
    assert len(d.topics[:3]) == 3
    confidences = [choice.confidence for choice in d.topics]
    assert 1 >= confidences[0] >= confidences[-1] >= 0
    assert d.action in ("auto", "review", "redirect", "not_an_appeal")
    assert d.reasons
    assert d.deadline is not None
    assert d.deadline.tzinfo is not None


GOLDEN = [
    ("Лифт в третьем подъезде не работает вторую неделю", "housing.lifts", "nizhny.gzhi"),
    ("В регистратуре поликлиники грубят и не берут трубку", "health.registry", "nizhny.health"),
    ("В деревне не ловит телефон, поставьте вышку сотовой связи", "telecom.mobile", "nizhny.digital"),
    ("Яма на дороге на улице Родионова, пробил колесо", "roads.pits", "nn.roads"),
    ("На дороге в г. Бор огромные ямы, чиним машины", "roads.pits", "bor.administration"),
    ("Управляющая компания не убирает подъезд и не отвечает на заявки", "housing.managers", "nizhny.gzhi"),
    ("Скорая ехала к маме два часа", "health.ambulance", "nizhny.health"),
]


@pytest.mark.parametrize(("text", "topic", "authority"), GOLDEN)
def test_golden_decisions(router: Router, text: str, topic: str, authority: str) -> None:
    d = router.route(text)
    assert (d.topic.code, d.authority.code) == (topic, authority)


def test_the_sample_is_mostly_understood(router: Router) -> None:
    """Texts written for the project, their topics by the catalogue: a smoke alarm, not a measure of quality."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["Тема"]]
    decisions = router.route_many(row["Текст инцидента"] for row in rows)
    right = [row["Тема"] in {choice.title for choice in d.topics[:3]} for row, d in zip(rows, decisions, strict=True)]
    assert sum(right) / len(right) > 0.75


@pytest.mark.parametrize(
    "text", ["", "   ", "12345", "👍👍", "!!!", "https://vk.com/wall1", "Спасибо большое!", "С праздником!"]
)
def test_nothing_to_answer(router: Router, text: str) -> None:
    d = router.route(text)
    assert d.action == "not_an_appeal"
    assert d.reasons
    assert d.deadline is None


@pytest.mark.parametrize("text", ["Почему так?", "Помогите!", "Когда?", "ааа"])
def test_too_little_is_said_as_such(router: Router, text: str) -> None:
    d = router.route(text)
    assert (d.action, d.outcome) == ("review", "insufficient_information")
    assert any("мало" in reason for reason in d.reasons)


OUTSIDE = [
    ("Сбербанк списал деньги с карты и не возвращает", "federal.bank"),
    ("Вайлдберриз привёз не тот товар и не возвращает деньги", "federal.consumer"),
    ("СФР посчитал мне 11 тысяч, где мои северные?", "federal.pension"),
    ("Гаишники прячутся за остановкой и ловят на обгоне", "federal.police"),
    ("Загранпаспорт жду пятый месяц", "federal.police"),
    ("Приставы сняли всё до копейки, а долг не мой", "nizhny.policy"),
    ("Нотариус тянет с наследством полгода", "nizhny.policy"),
]


@pytest.mark.parametrize(("text", "authority"), OUTSIDE)
def test_what_the_region_does_not_decide_is_said(router: Router, text: str, authority: str) -> None:
    d = router.route(text)
    assert (d.outcome, d.authority.code) == ("outside_competence", authority)
    assert any("Вне компетенции" in reason for reason in d.reasons)


@pytest.mark.parametrize(
    "text",
    [
        "Трава не скошена, сухой скос лежит у крыльца бывшего магазина, пожароопасно",
        "Нет ни зебры, ни знака, чтобы перейти дорогу, рядом консультация и магазины, паркуются кто как может",
    ],
)
def test_a_shop_in_the_text_sends_nothing_on_by_itself(router: Router, text: str) -> None:
    """It went out to the consumers' inspection with the confidence of the body that it stood in for."""
    d = router.route(Appeal(text, territory="Бор"))
    assert (d.action, d.authority.code) != ("auto", "federal.consumer")


def test_a_body_for_want_of_a_place_is_not_sure(router: Router) -> None:
    """«Красная Горка» is in several districts: the ministry of roads went out by itself, lighting being a town's."""
    d = router.route("В посёлке Красная Горка нет освещения")
    assert d.action == "review"
    assert any("Место под вопросом" in reason for reason in d.reasons)
    d = router.route("В посёлке Красная Горка в больнице нет врачей, не попасть на приём")
    assert not any("Место под вопросом" in reason for reason in d.reasons)


def test_an_explanation_is_exact_and_points_into_the_text(router: Router) -> None:
    text = "<p>Лифт</p> в подъезде сломан, лифт не работает! [id1|Имя]"
    found = router.route(text).explain()
    assert found.intercept + sum(word.score for word in found.words) == pytest.approx(found.score, abs=1e-4)
    shown = [text[word.start : word.stop] for word in found.words]
    assert shown == ["Лифт", "в", "подъезде", "сломан", "лифт", "не", "работает"]
    top = max(found.words, key=lambda word: word.score)
    assert text[top.start : top.stop].lower() == "лифт"
    without = router.route("в подъезде сломан, не работает")
    assert without.topic.code != "housing.lifts" or without.topic.confidence < router.route(text).topic.confidence
    page = found._repr_html_()
    assert "&lt;p&gt;" in page
    assert page.count("<span") == len(shown)
    assert any("лифт" in example for example in found.examples)


def test_prediction_sets_grow_with_the_promise(router: Router) -> None:
    d = router.route("Во дворе лежит снег, скорая не проехала")
    sizes = [len(d.topics_set(coverage)) for coverage in (0.5, 0.7, 0.9)]
    assert sizes == sorted(sizes)
    assert d.topics_set(0.9)[0] == d.topic
    with pytest.raises(ValueError, match="обещать"):
        d.topics_set(0.999)
    assert router.route("").topics_set() == ()
    with pytest.raises(ValueError, match="объяснять нечего"):
        router.route("").explain()


def test_a_higher_precision_sends_less_on_by_itself() -> None:
    with SAMPLE.open(encoding="utf-8-sig", newline="") as stream:
        texts = [row["Текст инцидента"] for row in csv.DictReader(stream)]
    counts = [
        sum(d.action == "auto" for d in Router.load(precision=precision).route_many(texts))
        for precision in (0.6, 0.8, 0.95)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_the_host_knows_the_place_better_than_the_text(router: Router) -> None:
    text = "Яма на дороге, пробил колесо"
    assert router.route(Appeal(text, territory="Лысковский")).authority.code == "lyskovo.administration"
    narrowed = router.route(Appeal(text + " в Сормове", territory="г. Нижний Новгород"))
    assert "Сормовский" in narrowed.territory
    elsewhere = router.route(Appeal(text + " по дороге из Дзержинска", territory="Лысковский"))
    assert "Лысковский" in elsewhere.territory


def test_an_unknown_territory_is_said(router: Router) -> None:
    d = router.route(Appeal("Яма на дороге", territory="Тридевятое"))
    assert any("«Тридевятое» нет" in reason for reason in d.reasons)


@pytest.fixture
def with_accounts(tmp_path: Path) -> Router:
    folder = tmp_path / "mine"
    shutil.copytree(str(PACKS / "nizhny"), folder)
    accounts = (
        "address,authority,official\nvk.com/lifts,nizhny.gzhi,yes\nvk.com/doctors,nizhny.health,yes\n"
        "vk.com/lyskovo,lyskovo.administration,yes\n"
    )
    (folder / "accounts.csv").write_text(accounts, encoding="utf-8")
    return Router(Router.load().model, load_region(folder))


def test_a_message_on_an_account_is_for_its_owner_or_redirected(with_accounts: Router) -> None:
    text = "Управляющая компания не моет подъезд и не отвечает на заявки жильцов"
    home = with_accounts.route(Appeal(text, account="https://vk.com/lifts"))
    assert home.action != "redirect"
    assert home.authority.code == "nizhny.gzhi"
    away = with_accounts.route(Appeal(text, account="@doctors"))
    assert away.action == "redirect"
    assert away.authority.code == "nizhny.gzhi"
    assert any("Минздрав" in reason for reason in away.reasons)
    unsure = with_accounts.route(Appeal("Помогите разобраться в нашем вопросе пожалуйста", account="doctors"))
    assert (unsure.action, unsure.authority.code) == ("review", "nizhny.health")


def test_a_region_settles_itself_who_answers(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(str(PACKS / "nizhny"), folder)
    (folder / "competence.csv").write_text("topics,roles\nhousing.lifts,housing.municipal\n", encoding="utf-8")
    text = "Лифт в третьем подъезде не работает вторую неделю, Нижний Новгород"
    assert Router.load().route(text).authority.code == "nizhny.gzhi"
    assert Router.load(region=folder).route(text).authority.code == "nn.housing"


def test_lighting_of_a_yard_is_for_the_district(router: Router) -> None:
    d = router.route("Во дворе на Бекетова, 13 третий день не горят фонари")
    assert d.authority.code == "nn.sovetsky.administration"
    assert any("«Бекетова»" in reason for reason in d.reasons)


def test_a_body_that_depends_on_the_place_waits_for_it(router: Router) -> None:
    text = "Яма на дороге, пробил колесо, ужасное состояние дороги, ямы"
    assert router.route(f"Кстово. {text}").action == "auto"
    unknown = router.route(text)
    assert unknown.action == "review"
    assert any("Место не названо" in reason for reason in unknown.reasons)
    conflict = router.route(Appeal(f"В Кстове {text}", territory="Дзержинск"))
    assert conflict.action == "review"
    assert any("Место под вопросом" in reason for reason in conflict.reasons)


def test_formal_letters_have_their_steps(router: Router) -> None:
    d = router.route(Appeal("Яма на дороге в Кстово", channel="formal", created=datetime(2024, 5, 13, 10)))
    assert [f"{moment:%d.%m}" for moment in d.due.values()] == ["16.05", "20.05", "12.06"]
    assert d.deadline == d.due["answer"]


def test_the_account_tells_the_place(with_accounts: Router) -> None:
    d = with_accounts.route(Appeal("Яма на дороге, пробил колесо, ямы", account="vk.com/lyskovo"))
    assert (d.authority.code, d.action) == ("lyskovo.administration", "auto")
    assert "Лысковский" in d.territory
    elsewhere = with_accounts.route(Appeal("Яма на дороге в г. Бор, ямы", account="vk.com/lyskovo"))
    assert "Бор" in elsewhere.territory


def test_many_come_in_order_and_one_at_a_time(router: Router) -> None:
    taken = 0

    def appeals() -> Iterator[Appeal]:
        nonlocal taken
        for number in range(10_000):
            taken += 1
            yield Appeal("Яма на дороге", id=str(number))

    decisions = router.route_many(appeals())
    assert [next(decisions).appeal_id for _ in range(3)] == ["0", "1", "2"]
    assert taken < 1000


def test_one_and_many_agree(router: Router) -> None:
    texts = ["Яма на дороге", "нет света в деревне", "", "в школе холодно"]
    moment = datetime(2024, 5, 13, 10)
    appeals = [Appeal(text, created=moment) for text in texts]
    for many, one in zip(router.route_many(appeals), map(router.route, appeals), strict=True):
        assert (many.topic.code, many.action, many.reasons) == (one.topic.code, one.action, one.reasons)
        assert many.topic.confidence == pytest.approx(one.topic.confidence, abs=1e-5)


def test_reasons_never_quote_names(router: Router) -> None:
    d = router.route("Депутат Сидорчуков Аристарх обещал сделать дорогу, а дорога вся в ямах")
    assert not any("сидорчук" in reason.lower() or "аристарх" in reason.lower() for reason in d.reasons)


def test_an_own_model_answers_with_its_own_labels(trained: Path) -> None:
    d = Router.load(model=trained).route("Темно у вокзала, лампы перегорели")
    assert (d.topic.code, d.authority.code) == ("Освещение", "Служба света")


def test_wrong_things_are_refused(router: Router) -> None:
    with pytest.raises(ModelError, match="точность"):
        Router.load(precision=90)
    with pytest.raises(ModelError, match="здесь нет модели"):
        Router.load(model="/nowhere")
    with pytest.raises(TypeError, match="Appeal"):
        router.route(42)


LIGHT = """
import sys
import tsur_nlp
assert not {"numpy", "natasha", "pandas", "click"} & set(sys.modules)
tsur_nlp.Router.load().route("Яма на дороге")
assert not {"sklearn", "natasha", "pandas", "click", "razdel"} & set(sys.modules), set(sys.modules)
"""


def test_using_needs_nothing_that_learning_needs() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=60)


# ------------------------------------------------------------------------------
#   Shared, kept, handed on
# ------------------------------------------------------------------------------


def test_threads_share_a_router(sample_texts: list[str]) -> None:
    """With a cold word cache four threads once gave silently different answers, or an IndexError."""
    expected = [d.to_dict() for d in Router.load().route_many(sample_texts)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(3):
            cold = Router.load()
            with ThreadPoolExecutor(4) as pool:
                orders = [sample_texts[i:] + sample_texts[:i] for i in (0, 7, 23, 41)]
                answers = list(pool.map(lambda texts, router=cold: list(router.route_many(texts)), orders))
            for i, found in zip((0, 7, 23, 41), answers, strict=True):
                said = [d.to_dict() for d in found]
                for one, right in zip(said[len(said) - i :] + said[: len(said) - i], expected, strict=True):
                    assert [c["code"] for c in one["topics"]] == [c["code"] for c in right["topics"]]
                    assert one["authority"]["code"] == right["authority"]["code"]
                    assert one["kind"] == right["kind"]
                    assert one["topic"]["confidence"] == pytest.approx(right["topic"]["confidence"], abs=2e-4)
    finally:
        sys.setswitchinterval(interval)


@pytest.fixture
def sample_texts() -> list[str]:
    with SAMPLE.open(encoding="utf-8-sig") as stream:
        return [row["Текст инцидента"] for row in csv.DictReader(stream)]


def test_a_decision_is_pickled_without_its_router_and_hashed(router: Router) -> None:
    d = router.route(Appeal("Не горит фонарь на Бекетова, 13", id="7", created=datetime(2024, 5, 13, 12)))
    pickled = pickle.dumps(d)
    assert len(pickled) < 20_000
    back = pickle.loads(pickled)
    assert back == d
    assert hash(back) == hash(d)
    assert json.loads(json.dumps(d.to_dict())) == back.to_dict()
    assert d.to_dict()["deadline"].startswith("2024-05-13")


@pytest.mark.parametrize("nothing", [None, float("nan"), pandas.NA, pandas.NaT, Appeal(None), Appeal(float("nan"))])  # type: ignore[arg-type]
def test_no_text_is_an_empty_text(router: Router, nothing: object) -> None:
    before, found, after = router.route_many(["Яма на дороге", nothing, "Не горит фонарь"])  # type: ignore[list-item]
    assert found.action == "not_an_appeal"
    assert before.topic.code
    assert after.topic.code


def test_many_different_words_stay_in_bounded_memory() -> None:
    """12 texts of 100 000 letters, no word twice; 24 of them once took 2 GB."""
    script = """
import random, resource, tracemalloc
from tsur_nlp import Router
router = Router.load()
router.route("Яма")
made = random.Random(0)
texts = ["".join(made.choice("xyzqw") if i % 9 else " " for i in range(100_000)) for _ in range(12)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(list(router.route_many(texts))) == 12
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 500


@pytest.mark.parametrize(
    "created",
    [
        datetime(9999, 12, 31),
        datetime(1, 1, 1),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))),
        datetime(1899, 12, 30),
        datetime(2224, 5, 6),
    ],
)
def test_an_impossible_date_costs_only_its_own_deadline(router: Router, created: datetime) -> None:
    """9999-12-31 in one row once stopped a whole file."""
    before, odd, after = router.route_many(
        [Appeal("Яма на дороге"), Appeal("Не горит фонарь во дворе", created=created), Appeal("Не вывозят мусор")]
    )
    assert odd.deadline is None
    assert odd.due == {}
    assert any("не похожа на настоящую" in reason for reason in odd.reasons)
    assert before.deadline
    assert after.deadline


@pytest.mark.parametrize("channel", ["ВКонтакте", "vk", "ВК", "Телеграм", "ПОС", "письмо", "pos"])
def test_channels_are_known_by_the_names_exports_give_them(router: Router, channel: str) -> None:
    assert router.route(Appeal("Яма на дороге", channel=channel)).deadline


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_the_reaction_is_due_no_later_than_the_answer(router: Router, hour: int) -> None:
    due = router.route(Appeal("Яма на дороге", created=datetime(2024, 5, 13, hour))).due
    assert due["reaction"] <= due["answer"]
