"""Training: folds, calibration, and what is said of a bad table."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from tests.conftest import SAMPLE, write_csv
from tsur_nlp import TableError
from tsur_nlp.catalog.lessons import read_lessons
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.learning.estimator import AppealClassifier
from tsur_nlp.learning.evaluation import evaluate, html_report
from tsur_nlp.learning.examples import Examples, lessons_for_labels, read_examples
from tsur_nlp.learning.features import Factored, WordFeatures
from tsur_nlp.learning.folds import ALIKE, _alike, _groups_by_hashes, grouped_folds, near_duplicate_groups
from tsur_nlp.learning.linear import Margin, Ridge, Setting, fit_linear, scalar_products
from tsur_nlp.learning.metrics import calibration_error, coverage_at, quality, select
from tsur_nlp.learning.training import train
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.calibration import ConfidenceCalibration, softmax
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.router import shipped_model
from tsur_nlp.text.tokens import words


def test_near_duplicates_stay_in_one_fold() -> None:
    texts = [f"В доме {n} по улице Садовой не горит свет в подъезде" for n in range(8)]
    others = ["Яма на дороге", "Автобус не приехал", "Холодные батареи в школе", "Очередь в поликлинике"]
    groups = near_duplicate_groups([*texts, *others])
    assert len(set(groups[:8])) == 1
    assert len(set(groups)) == 5
    folds = grouped_folds(groups, 3)
    assert len(set(folds[:8])) == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(3, 30))
def test_pairs_alike_are_those_that_comparing_each_with_each_finds(seed: int, texts: int, grams: int) -> None:
    random = np.random.default_rng(seed)
    dense = random.random((texts, grams)) ** 3 * (random.random((texts, grams)) < random.random(grams)) + 1e-3
    dense[texts // 2 :] = dense[random.integers(0, texts, texts - texts // 2)] + 0.2 * random.random(grams)
    vectors = sp.csr_matrix((dense / np.linalg.norm(dense, axis=1, keepdims=True)).astype(np.float32))
    cosines = (vectors @ vectors.T).toarray()
    expected = np.argwhere(np.triu(cosines >= ALIKE, 1))
    if (np.abs(cosines - ALIKE) > 1e-5).all():
        np.testing.assert_array_equal(np.array(sorted(np.transpose(_alike(vectors)).tolist())).reshape(-1, 2), expected)


def test_the_model_learns_and_says_how_well(trained: Path) -> None:
    model = storage.load(trained)
    figures = model.about["figures"]
    assert figures["topic"]["top1"] > 0.9
    assert figures["topic"]["baseline"] < 0.4
    card = (trained / "card.md").read_text(encoding="utf-8")
    for word in ("Точность (top-1)", "ECE", "Охват при точности", "не обещает"):
        assert word in card


def test_training_is_repeatable(labelled: Path) -> None:
    examples = read_examples(labelled, "Сообщение", "Тема")
    one, other = train(examples).model, train(examples).model
    np.testing.assert_array_equal(one.weights.codes, other.weights.codes)
    assert one.heads == other.heads


def test_contributions_of_words_sum_to_the_score(trained: Path) -> None:
    model = storage.load(trained)
    text = ["яма", "у", "вокзала", "яма", "и", "темно"]
    head = model.heads["topic"]
    found = model.contributions(text, "topic", head.labels.index("Дороги"))
    column = head.start + head.labels.index("Дороги")
    total = sum(one.score for one in found) + model.weights.intercept[column]
    assert total == pytest.approx(model.scores([text])[0, column], abs=1e-5)
    assert found[0].word == "яма"


def table(tmp_path: Path, rows: list[list[str]]) -> Path:
    return write_csv(tmp_path / "t.csv", [["text", "topic", "authority"], *rows])


@pytest.fixture(scope="module")
def shipped() -> tuple[AppealModel, NDArray[np.float32], list[str]]:
    """The shipped model, its weights unpacked, and the words it knows."""
    model = storage.load(shipped_model())
    return model, model.weights.codes * model.weights.scales[:, None], sorted(model.vocabulary.forms)


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_kept_rows_of_words_score_as_the_whole_weights_do(
    shipped: tuple[AppealModel, NDArray[np.float32], list[str]], data: st.DataObject
) -> None:
    model, weights, forms = shipped
    known = st.sampled_from(forms)
    spoken = data.draw(st.lists(st.lists(known | st.text("абвгдежз", min_size=1), min_size=1), min_size=1, max_size=20))
    features = WordFeatures()
    features.vocabulary_ = model.vocabulary
    texts = [" ".join(words) for words in spoken]
    scores = features.transform(texts) @ weights + model.weights.intercept
    compiled = model.probabilities(texts)
    for name, plain in model.calibrated(scores.astype(np.float32)).items():
        np.testing.assert_allclose(compiled[name], plain, atol=1e-5)
        for row, other in zip(compiled[name], plain, strict=True):
            # Labels as good as equal may change places in the last digit.
            np.testing.assert_allclose(np.sort(row)[-3:], row[np.argsort(-other)[:3]][::-1], atol=1e-5)


def test_bad_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        ["яма", "А", "x"],
        ["свет", "Б", "y"],
        ["", "А", "x"],
        ["мусор", "", "x"],
        ["яма", "Б", "x"],
        ["вода", "В", ""],
    ]
    examples = read_examples(table(tmp_path, rows), "text", "topic", "authority")
    assert examples.texts == ("яма", "свет", "яма", "вода")
    assert examples.authorities == (("x",), ("y",), ("x",), ())
    said = " ".join(examples.remarks)
    for part in ("без текста): 1", "без темы): 1", "единственным примером: 2", "разными темами: 1"):
        assert part in said


def test_a_tiny_table_is_trained_and_promises_nothing(tmp_path: Path) -> None:
    rows = [["яма на дороге", "Дороги", "x"], ["нет света", "Свет", "x"], ["мусор не вывозят", "Мусор", "x"]]
    found = train(read_examples(table(tmp_path, rows), "text", "topic", "authority"))
    assert "authority" not in found.model.heads
    assert found.model.heads["topic"].selected(0.5) is None
    assert any("меньше двух значений" in remark for remark in found.remarks)
    assert any("уверенность не проверена" in remark for remark in found.remarks)
    answer = found.model.probabilities(["яма"])["topic"][0].argmax()
    assert found.model.heads["topic"].labels[answer] == "Дороги"


@pytest.mark.parametrize("topics", [[], ["А"], ["А", "А", ""]])
def test_a_table_of_one_topic_teaches_nothing(tmp_path: Path, topics: list[str]) -> None:
    with pytest.raises(TableError, match="хотя бы две"):
        read_examples(table(tmp_path, [["яма", topic, "x"] for topic in topics]), "text", "topic")


def test_the_catalogue_teaches_labels_it_knows() -> None:
    topic = load_catalog().topics["housing.lifts"]
    lessons = [lesson.text for lesson in lessons_for_labels([topic.title])]
    assert topic.description in lessons
    assert set(topic.phrases) <= set(lessons)
    written = {
        one.text for one in read_lessons(load_catalog().topics) if (one.topic, one.form) == (topic.code, "message")
    }
    assert written
    assert written <= set(lessons)


@pytest.mark.parametrize("setting", [Ridge(1.0, 0.0), Ridge(1.0, 0.5), Margin(1.0)])
def test_a_wide_label_settles_on_what_is_known(setting: Setting) -> None:
    import scipy.sparse as sp

    features = Factored(sp.csr_matrix(np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 0, 1]]), sp.eye(4, format="csr"))
    labels = [("а",), ("а",), ("б",), ("б",), ("а", "б"), ("б", "а")]
    head = fit_linear(features, scalar_products(features.whole()), np.arange(6), labels, setting)
    scores = head.scores(features)
    assert [head.labels[i] for i in scores.argmax(axis=1)] == ["а", "а", "б", "б", "а", "б"]


def test_each_step_lowers_the_loss_of_hinges() -> None:
    import scipy.sparse as sp

    random = np.random.default_rng(0)
    words = sp.csr_matrix(np.abs(random.normal(size=(60, 12))).astype(np.float32))
    features = Factored(words, sp.csr_matrix(random.normal(size=(12, 8)).astype(np.float32)))
    labels = [("абв"[i % 3],) for i in range(60)]

    def loss(steps: int) -> float:
        head = fit_linear(features, None, np.arange(60), labels, Margin(0.1, 0.0, steps))
        signs = np.where([[label == name for name in head.labels] for (label,) in labels], 1, -1)
        short = np.maximum(1 - signs * head.scores(features), 0)
        return float((head.coefficients**2).sum() / 2 + (head.intercept**2).sum() / 2 + 0.1 * (short**2).sum())

    losses = [loss(steps) for steps in (1, 2, 4, 8)]
    assert losses == sorted(losses, reverse=True)
    # No further step would gain much.
    assert losses[-2] - losses[-1] < 0.01 * losses[-1]


def test_sources_are_left_out_one_by_one() -> None:
    """A source whose labels mean something else is answered wrongly when it is left out, and rightly within folds."""
    random = np.random.default_rng(0)
    topics = ("яма асфальт дорога", "фонарь свет лампа", "мусор свалка контейнер")
    texts, labels, sources = [], [], []
    for source, shift in (("один", 0), ("другой", 0), ("третий", 1)):
        for i in range(60):
            own = random.permutation(topics[i % 3].split())[:2]
            texts.append(f"{source} {' '.join(own)} " + " ".join(random.choice(list("абвгдежз"), 3)))
            labels.append((f"т{(i + shift) % 3}",))
            sources.append(source)
    found = train(Examples(tuple(texts), tuple(labels), None, sources=tuple(sources)), lessons=[], jobs=1)
    assert found.outside["третий"]["topic"].top1 < 0.1 < 0.5 < found.outside["один"]["topic"].top1
    scores = found.model.held_out
    assert scores is not None
    assert np.bincount(scores.sources).tolist() == [60, 60, 60]
    # How often a label was seen elsewhere and how high it scores say nothing of a new source.
    assert [slope != 0 for slope in found.model.heads["topic"].trust.slopes] == [False, False, True, False, True]
    right = (scores.topics[:, 0] == scores.truths[:, 0]).mean()
    assert right < found.quality["topic"].top1


def test_balance_gives_a_rare_label_its_say() -> None:
    import scipy.sparse as sp

    # One word that nine texts of «а» and one of «б» share, and one of their own for each.
    words = sp.csr_matrix(np.hstack([np.ones((10, 1)), np.eye(10)]).astype(np.float32))
    features = Factored(words, sp.eye(11, format="csr", dtype=np.float32))
    labels = [("а",)] * 9 + [("б",)]

    def lead(balance: float) -> float:
        products = scalar_products(features.whole())
        head = fit_linear(features, products, np.arange(10), labels, Ridge(5.0, balance))
        scores = head.scores(features.of(np.array([9])))[0]
        return float(scores[head.labels.index("б")] - scores[head.labels.index("а")])

    assert lead(0.0) < lead(0.5) < lead(1.0)


def test_figures_of_known_answers() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.4, 0.35, 0.25]])
    found = quality(probabilities, ["а", "б", "в"], ["а", "б", "б", "г"])
    assert (found.top1, found.top3, found.baseline) == (0.5, 0.75, 0.5)
    confidence, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True])
    assert coverage_at(confidence, right, 0.75) == 1.0
    assert coverage_at(confidence, right, 0.9) == 0.5
    assert calibration_error(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.5)


def test_a_promised_precision_is_kept_on_new_data() -> None:
    random = np.random.default_rng(0)

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        confidence = random.uniform(0, 1, count)
        return confidence, random.uniform(0, 1, count) < confidence

    broken = 0
    for _ in range(100):
        promise = next((found for found in select(*draw(500)) if found.precision == 0.8), None)
        if promise is None:  # nothing promised, nothing broken
            continue
        confidence, right = draw(5000)
        chosen = confidence >= promise.threshold
        broken += right[chosen].mean() < 0.8 - 0.015  # the width of the check itself
    assert broken <= 10


PROBABILITIES = st.lists(st.lists(st.floats(-8, 8), min_size=4, max_size=4), min_size=1, max_size=5)


@given(PROBABILITIES, st.lists(st.floats(-3, 3), min_size=5, max_size=5), st.floats(-3, 3))
def test_correction_keeps_the_answer_and_the_sum(rows: list, slopes: list, offset: float) -> None:
    scores = np.array(rows, dtype=np.float32)
    probabilities = softmax(scores)
    corrected = ConfidenceCalibration(tuple(slopes), offset).correct(probabilities, scores, (0, 1, 2, 30))
    np.testing.assert_allclose(corrected.sum(axis=1), 1, rtol=1e-4)
    assert (corrected.argmax(axis=1) == probabilities.argmax(axis=1)).all()


def test_without_slopes_nothing_is_corrected() -> None:
    scores = np.array([[2.0, 1.0, 0.0, 0.0]], dtype=np.float32)
    np.testing.assert_allclose(
        ConfidenceCalibration().correct(softmax(scores), scores, (1, 1, 1, 1)), softmax(scores), rtol=1e-5
    )


def test_evaluation_and_its_page(trained: Path, labelled: Path) -> None:
    result = evaluate(storage.load(trained), labelled, "Сообщение", "Тема", "Орган")
    assert result.heads["topic"].quality.top1 == 1
    content = result.as_json()
    assert content["topic"]["curve"][-1]["coverage"] == 1
    page = html_report(result, "Проверка <b>")
    assert "Проверка &lt;b&gt;" in page
    assert page.count("<svg") == 4
    assert not {"http://", "https://", "<script"} & {
        part for part in ("http://", "https://", "<script") if part in page
    }


def test_alien_labels_are_an_error(trained: Path, tmp_path: Path) -> None:
    alien = table(tmp_path, [["яма", "Погода", ""], ["снег", "Звёзды", ""]])
    with pytest.raises(TableError, match="ни одной метки"):
        evaluate(storage.load(trained), alien)


def test_the_shipped_vocabulary_holds_no_personal_data() -> None:
    import re

    from tsur_nlp.router import shipped_model
    from tsur_nlp.text.morphology import is_name

    vocabulary = storage.load(shipped_model()).vocabulary
    names = [*vocabulary.forms, *vocabulary.lemmas]
    assert not [name for name in names if re.search(r"[\d@_.]", name)]
    assert not [form for form in vocabulary.forms if is_name(form)]
    # Patronymics and endings of surnames with two faces, in whatever form.
    assert not [form for form in vocabulary.forms if re.fullmatch(r"\w{4,}(ович|евич|овна|евна)(а|у|ем|ой|ы|е)?", form)]
    size = sum(file.stat().st_size for file in shipped_model().iterdir())
    assert size <= 38 * 2**20


def test_a_found_column_of_unknown_bodies_is_said_not_fatal(trained: Path, tmp_path: Path) -> None:
    rows = [["яма у вокзала", "Дороги", "Мэрия"], ["темно на Садовой", "Освещение", "Дума"]]
    result = evaluate(storage.load(trained), table(tmp_path, rows))
    assert set(result.heads) == {"topic"}
    assert any("Орган не измерен" in remark for remark in result.remarks)


def test_the_shipped_card_tells_of_the_shipped_weights() -> None:
    """What can be measured without the sources is measured again; the rest agrees with what the model keeps."""
    from tsur_nlp.learning.shipped import own_examples

    model = storage.load(shipped_model())
    card = (shipped_model() / "card.md").read_text(encoding="utf-8")
    assert "\n".join(own_examples(model, SAMPLE)) in card
    figures = model.about["figures"]
    assert isinstance(figures, dict)
    for key, title in (("top1", "top-1"), ("ece", "ECE"), ("macro_f1", "Macro-F1")):
        (line,) = [line for line in card.splitlines() if line.startswith("| ") and title in line.split("|")[1]]
        for head, cell in zip(("topic", "authority"), line.split("|")[2:4], strict=True):
            assert float(cell) == pytest.approx(figures[head][key], abs=6e-4)


@pytest.mark.parametrize("text", ["Яма у вокзала", "яма  у вокзала!"])
def test_many_texts_are_grouped_by_hashes_as_few_are(text: str) -> None:
    texts = [
        f"В доме {n} по улице Садовой не горит свет в подъезде, просим заменить лампу" for n in ["один", "два", "три"]
    ]
    texts += ["Яма у вокзала", text, "", "!", "Автобус опять не приехал утром", "Холодные батареи в третьей школе"]
    cleaned = [" ".join(words(one)) or "∅" for one in texts]
    assert _groups_by_hashes(cleaned).tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 4]


TWINS = ["Дороги (ямы) на улице", "дороги  (ямы) на улице", "Дорoги (ямы) на\u200b улице", "Дороги (ямы) на улице"]


def test_spellings_of_one_label_are_one_class(tmp_path: Path) -> None:
    rows = [["яма", twin, "x"] for twin in TWINS] + [["свет", "Свет", "y"], ["свет", "«Свет»", "y"]]
    examples = read_examples(table(tmp_path, rows), "text", "topic")
    assert [row[0] for row in examples.topics] == [TWINS[0]] * 4 + ["Свет", "«Свет»"]
    assert any("написаний одной метки сведено к самому частому: 2" in remark for remark in examples.remarks)


def many(count: int, topic: Callable[[int], str], text: Callable[[int], str]) -> list[list[str]]:
    return [[text(i), topic(i), "x"] for i in range(count)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (many(60, lambda i: "Свет" if i < 55 else "Яма", lambda i: f"фонарь {i}"), "стоит у 92% строк"),
        (many(60, lambda i: "АБ"[i % 2], lambda i: "street lamp" if i % 5 == 0 else "фонарь"), "без русских букв: 12"),
    ],
)
def test_what_is_odd_in_a_table_is_said(tmp_path: Path, rows: list[list[str]], said: str) -> None:
    assert any(said in remark for remark in read_examples(table(tmp_path, rows), "text", "topic").remarks)


def test_a_topic_for_every_row_is_refused_at_once(tmp_path: Path) -> None:
    rows = many(80, lambda i: f"Обращение {i}", lambda i: f"фонарь {i}")
    with pytest.raises(TableError, match="на 80 строк 80 разных тем"):
        train(read_examples(table(tmp_path, rows), "text", "topic"))


def test_the_estimator_learns_and_predicts(labelled: Path) -> None:
    examples = read_examples(labelled, "Сообщение", "Тема")
    labels = [row[0] for row in examples.topics]
    found = AppealClassifier(n_jobs=1).fit(examples.texts, labels)
    texts = ["Яма у школы", "темно, фонарь не горит", ""]
    assert list(found.predict(texts)[:2]) == ["Дороги", "Освещение"]
    probabilities = found.predict_proba(texts)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert found.score(examples.texts, labels) > 0.9
    again = clone(found)
    with pytest.raises(NotFittedError):
        again.predict(texts)


def test_the_estimator_passes_the_checks_that_fit_texts() -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Can't test estimator")
        check_estimator(AppealClassifier())


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        ("яма", ["А"], "один текст"),
        (["яма", 5], ["А", "Б"], "встретился int"),
        (["яма", "свет"], ["А"], "текстов 2, а меток 1"),
        (["яма", "свет"], ["А", "а "], "хотя бы две"),
    ],
)
def test_the_estimator_says_what_it_can_not_learn_from(texts: Any, labels: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AppealClassifier().fit(texts, labels)


def test_texts_of_a_few_common_words_are_grouped_by_equality() -> None:
    nouns = ["яма", "свет", "мусор", "двор", "лифт"]
    texts = [f"{one} {other} {third}" for one in nouns for other in nouns for third in nouns]
    groups = near_duplicate_groups(texts * 2)
    assert len(set(groups.tolist())) == len(texts)
    assert groups[: len(texts)].tolist() == groups[len(texts) :].tolist()
