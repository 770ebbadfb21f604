"""An encoder beside the words: read from a folder, used where words are unsure, never silently missing."""

import json
import pickle
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.conftest import run_cli, write_csv
from tsur_nlp import MissingExtraError, ModelError, Router
from tsur_nlp.learning.card import card
from tsur_nlp.learning.estimator import AppealClassifier
from tsur_nlp.learning.examples import read_examples
from tsur_nlp.learning.linear import Margin
from tsur_nlp.learning.training import Trained, train
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.encoder import Encoder, open_encoder
from tsur_nlp.model.second_view_file import ENCODER_VARIABLE
from tsur_nlp.text.tokens import words

MARKS = {"Освещение": "!", "Дороги": "?", "Мусор": "."}
"""What tells these topics: words don't see marks, the encoder of these tests sees nothing else."""
PLAIN_TOPIC = "Вода"
"""What words tell by themselves."""
LETTERS = ["[UNK]", *MARKS.values()]
SYLLABLES = ["бо", "ва", "гу", "де", "жи", "зо", "ка", "лу", "ме", "ни", "по", "ра", "су", "те", "фи", "хо", "ца", "чу"]
PLAIN = {"pooling_mode": "mean"}


def texts_of(topic: str, count: int) -> list[str]:
    """Messages of invented words, the same whatever the topic, but for their marks; of the plain topic, with «вода»."""
    draw = random.Random(topic)
    invented = ["".join(draw.sample(SYLLABLES, 3)) for _ in range(6 * count)]
    ending, mark = (" прорвало трубу, вода", "") if topic == PLAIN_TOPIC else ("", MARKS[topic])
    return [" ".join(f"{word}{mark}" for word in invented[6 * n : 6 * n + 6]) + ending for n in range(count)]


def write_encoder(
    folder: Path, configs: Mapping[str, object] = {}, weights: str = "model.onnx", width: int = 2
) -> Path:
    """A folder with an encoder that sees marks: tokens are characters, the vector of a token is its row of a table."""
    table = np.eye(len(LETTERS), dtype=np.float32)[:, 1:].repeat(width, axis=1)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
            helper.make_node("Add", ["rows", "shift"], ["last_hidden_state"]),
        ],
        "marks",
        [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "n"]) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [1, "n", table.shape[1]])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.float32([0.01]), "shift")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    tokenizer = {
        "version": "1.0",
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False},
        "model": {"type": "WordLevel", "vocab": {one: n for n, one in enumerate(LETTERS)}, "unk_token": "[UNK]"},
        # As many encoders are shipped: what they say here must not reach a text that is encoded alone.
        "padding": {
            "strategy": {"Fixed": 128},
            "direction": "Right",
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[UNK]",
        },
        "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
    }
    for name, content in {"tokenizer.json": tokenizer, "1_Pooling/config.json": PLAIN, **configs}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / weights).parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / weights)
    return folder


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoders") / "marks")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 messages of four topics with their bodies."""
    rows = [[text, topic, f"Служба «{topic}»"] for topic in (*MARKS, PLAIN_TOPIC) for text in texts_of(topic, 60)]
    return write_csv(tmp_path_factory.mktemp("marks") / "t.csv", [["Текст", "Тема", "Орган"], *rows])


@pytest.fixture(scope="module")
def learned(table: Path, encoder_folder: Path) -> Trained:
    examples = read_examples(table, "Текст", "Тема", "Орган")
    return train(examples, (), encoder=open_encoder(encoder_folder))


@pytest.fixture(scope="module")
def folder(learned: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with an encoder, as it lies on disk."""
    place = tmp_path_factory.mktemp("models") / "encoded"
    storage.save(learned.model, place, card("Модель", learned, []))
    return place


# ------------------------------------------------------------------------------
#   The encoder itself
# ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configs", "text", "expected"),
    [
        ({}, "!!??", [1, 1, 0]),
        (
            {"1_Pooling/config.json": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}},
            "!??",
            [1, 0, 0],
        ),
        ({"1_Pooling/config.json": {"pooling_mode": "lasttoken"}}, "!?.", [0, 0, 1]),
        ({"1_Pooling/config.json": {"pooling_mode_max_tokens": True}}, "!!!.", [1, 0, 1]),
        ({"sentence_bert_config.json": {"max_seq_length": 3}}, "!!!??????", [1, 0, 0]),
        ({"sentence_bert_config.json": {"max_seq_length": 10**6}}, "!" * 512 + "?" * 512, [1, 0, 0]),
        ({"config_sentence_transformers.json": {"prompts": {"q": ".."}, "default_prompt_name": "q"}}, "", [0, 0, 1]),
        ({"config_sentence_transformers.json": {"prompts": {"q": ".."}, "default_prompt_name": None}}, "?", [0, 1, 0]),
        ({"config_sentence_transformers.json": {"prompts": {"q": 1}, "default_prompt_name": ["q"]}}, "?", [0, 1, 0]),
    ],
)
def test_a_folder_is_read_as_it_was_exported(tmp_path: Path, configs: dict, text: str, expected: list[int]) -> None:
    encoder = open_encoder(write_encoder(tmp_path / "e", configs, "onnx/model.onnx", width=1))
    vector = encoder.encode([text])[0]
    np.testing.assert_allclose(vector, np.array(expected) / np.linalg.norm(expected), atol=0.03)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    assert set(encoder.sums) == {"onnx/model.onnx", "tokenizer.json", "1_Pooling/config.json", *configs}


def test_a_text_has_one_vector_in_any_company(encoder_folder: Path) -> None:
    encoder = open_encoder(encoder_folder)
    texts = [text for topic in MARKS for text in texts_of(topic, 20)]
    alone = np.stack([encoder.encode([text])[0] for text in texts])
    np.testing.assert_array_equal(encoder.encode(texts), alone)
    np.testing.assert_array_equal(encoder.encode(texts, jobs=3), alone)
    assert encoder.encode([]).shape == (0, encoder.dimension)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(encoder)).encode(texts), alone)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tokenizer.json", None, "нет tokenizer.json"),
        ("model.onnx", None, "нет model.onnx"),
        ("tokenizer.json", b"{}", "не читается"),
        ("model.onnx", b"not a graph", "onnxruntime его не открывает"),
        ("1_Pooling/config.json", b"[1]", "не настройки"),
        ("1_Pooling/config.json", b'{"pooling_mode": "weightedmean"}', "mean, cls, max, lasttoken"),
        ("1_Pooling/config.json", b'{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}', "mean, cls"),
        ("sentence_bert_config.json", b"[" * 100_000, "не настройки"),
        ("config_sentence_transformers.json", b" " * (2**20 + 1), "больше 1 МБ"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    place = write_encoder(tmp_path / "e")
    if content is None:
        (place / name).unlink()
    else:
        (place / name).write_bytes(content)
    with pytest.raises(ModelError, match=said):
        open_encoder(place)


@pytest.mark.parametrize("place", ["./nowhere", "/no/such/folder", "a/b/c", "C:\\models\\e5", __file__])
def test_a_path_that_is_no_folder_is_not_taken_for_a_name(place: str) -> None:
    with pytest.raises(ModelError, match="папки кодировщика здесь нет"):
        open_encoder(place)


def test_an_alien_graph_is_refused(tmp_path: Path) -> None:
    place = write_encoder(tmp_path / "e")
    model = onnx.load(place / "model.onnx")
    model.graph.input[1].name = "pixels"
    onnx.save(model, place / "model.onnx")
    with pytest.raises(ModelError, match="непонятный вход pixels"):
        open_encoder(place)


def test_numbers_in_another_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """onnxruntime would take them from the current folder, whatever lies there."""
    place = write_encoder(tmp_path / "e")
    graph = onnx.load(place / "model.onnx")
    stored = {"save_as_external_data": True, "location": "model.onnx_data", "size_threshold": 0}
    onnx.save_model(graph, str(place / "model.onnx"), **stored)
    monkeypatch.chdir(place)
    with pytest.raises(ModelError, match="один файл ONNX без приложений"):
        open_encoder(place)


@pytest.mark.parametrize(
    ("package", "place", "said"),
    [
        ("onnxruntime", "", r"onnxruntime и tokenizers: pip install 'tsur-nlp\[encoder\]'"),
        ("tokenizers", "", r"onnxruntime и tokenizers: pip install 'tsur-nlp\[encoder\]'"),
        ("sentence_transformers", "owner/model", r"sentence-transformers: pip install 'tsur-nlp\[encoder-by-name\]'"),
    ],
)
def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, encoder_folder: Path, package: str, place: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=said):
        open_encoder(place or encoder_folder)


# ------------------------------------------------------------------------------
#   A model with an encoder
# ------------------------------------------------------------------------------


def test_vectors_help_where_words_are_silent(learned: Trained, table: Path) -> None:
    assert learned.encoded is not None
    assert learned.encoded.view is not None
    assert learned.quality["topic"].top1 > 0.8
    assert learned.quality["authority"].top1 > 0.8
    assert train(read_examples(table, "Текст", "Тема"), ()).quality["topic"].top1 < 0.6
    assert "Кодировщик предложений" in card("Модель", learned, [])
    # What is sure by words is not encoded.
    assert 0 < learned.encoded.share < 1


def test_vectors_are_learned_by_hinges_where_words_are(table: Path, encoder_folder: Path) -> None:
    """As a table of many texts is."""
    examples = read_examples(table, "Текст", "Тема")
    trained = train(examples, (), setting=Margin(0.03), encoder=open_encoder(encoder_folder))
    assert trained.quality["topic"].top1 > 0.8


def test_the_estimator_takes_an_encoder(table: Path, encoder_folder: Path) -> None:
    examples = read_examples(table, "Текст", "Тема")
    labels = [topic for (topic,) in examples.topics]
    found = AppealClassifier(use_catalog=False, encoder=encoder_folder).fit(examples.texts, labels)
    assert found.score(examples.texts, labels) > 0.7


def test_training_with_an_encoder_is_repeatable(learned: Trained, table: Path, encoder_folder: Path) -> None:
    again = train(read_examples(table, "Текст", "Тема", "Орган"), (), encoder=open_encoder(encoder_folder)).model.second
    first = learned.model.second
    assert first is not None
    assert again is not None
    assert again.unsure_below == first.unsure_below
    for name, head in first.heads.items():
        np.testing.assert_array_equal(again.heads[name].coefficients, head.coefficients)
        assert again.heads[name].trust == head.trust


def test_an_encoder_that_brings_nothing_is_not_kept(labelled: Path, encoder_folder: Path) -> None:
    trained = train(read_examples(labelled, "Сообщение", "Тема"), encoder=open_encoder(encoder_folder))
    assert trained.model.second is None
    assert trained.encoded is not None
    assert "ничего не прибавил" in trained.encoded.told


def test_a_saved_model_answers_as_before(learned: Trained, folder: Path) -> None:
    texts = [*(text for topic in MARKS for text in texts_of(topic, 5)), "", "совсем о другом"]
    again = storage.load(folder)
    for name, values in learned.model.probabilities(texts).items():
        np.testing.assert_array_equal(again.probabilities(texts)[name], values)


def test_an_answer_is_the_same_alone_and_in_company(folder: Path) -> None:
    router = Router.load(folder)
    texts = [text for topic in MARKS for text in texts_of(topic, 100)] + ["", "!", "Не горит фонарь " * 300]
    together = [decision.to_dict() for decision in router.route_many(texts)]
    random.Random(0).shuffle(order := list(range(len(texts))))
    other = Router.load(folder)
    for i in order[:60]:
        assert other.route(texts[i]).to_dict() == together[i]


def test_a_decision_says_that_vectors_chose(folder: Path) -> None:
    router = Router.load(folder)
    texts = [text for topic in (*MARKS, PLAIN_TOPIC) for text in texts_of(topic, 30)]
    _, encoded = router.model.judged(router.model.scores([words(text) for text in texts]), texts)
    decisions = list(router.route_many(texts))
    told = [n for n, one in enumerate(decisions) if any("кодировщик" in reason for reason in one.reasons)]
    assert told == encoded
    assert 0 < len(told) < len(texts)
    for decision in decisions[:: len(texts) // 5]:
        shown = {choice.code: choice.confidence for choice in decision.topics_set(0.8)}
        assert shown[decision.topic.code] == pytest.approx(decision.topic.confidence, abs=1e-6)


@pytest.fixture
def moved(folder: Path, encoder_folder: Path, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A model, and its encoder moved elsewhere."""
    place = tmp_path / "moved"
    encoder_folder.rename(place)
    yield folder, place
    if place.exists():
        place.rename(encoder_folder)


def test_a_missing_encoder_is_said_and_can_be_named(
    moved: tuple[Path, Path], learned: Trained, encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, place = moved
    with pytest.raises(ModelError, match=f"папки {encoder_folder} нет; верните её на место.*{ENCODER_VARIABLE}=ПАПКА"):
        Router.load(model)
    monkeypatch.setenv(ENCODER_VARIABLE, str(place))
    texts = texts_of("Дороги", 9)
    found = Router.load(model).model.probabilities(texts)["topic"]
    np.testing.assert_array_equal(found, learned.model.probabilities(texts)["topic"])


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "1_Pooling/config.json"])
def test_another_encoder_is_refused(
    folder: Path, encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shutil.copytree(encoder_folder, tmp_path / "e")
    with (tmp_path / "e" / name).open("ab") as stream:
        stream.write(b" ")
    monkeypatch.setenv(ENCODER_VARIABLE, str(tmp_path / "e"))
    with pytest.raises(ModelError, match="не тот кодировщик"):
        Router.load(folder)


def test_a_file_added_to_the_encoder_is_noticed(
    folder: Path, encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(encoder_folder, tmp_path / "e")
    (tmp_path / "e" / "sentence_bert_config.json").write_text('{"max_seq_length": 4}')
    monkeypatch.setenv(ENCODER_VARIABLE, str(tmp_path / "e"))
    with pytest.raises(ModelError, match="не тот кодировщик"):
        Router.load(folder)


def test_changed_weights_of_the_model_are_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "m")
    file = tmp_path / "m" / "encoder.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match="изменён"):
        storage.load(tmp_path / "m")


@pytest.mark.parametrize(
    "wrong",
    [
        {"dimension": 7},
        {"dimension": 0},
        {"unsure_below": 2},
        {"heads": {}},
        {"heads": {"topic": {"sharpness": -1, "trust": {"slopes": [1, 0, 0, 0], "offset": 0}}}},
        {"place": 1},
        {"sha256": []},
        {"sha256": {}},
    ],
)
def test_a_description_that_does_not_fit_is_refused(folder: Path, tmp_path: Path, wrong: dict[str, object]) -> None:
    shutil.copytree(folder, tmp_path / "m")
    layout = storage.Layout(tmp_path / "m")
    settings = json.loads(layout.settings.read_text(encoding="utf-8"))
    settings["encoder"] |= wrong
    layout.settings.write_text(storage.canonical(settings), encoding="utf-8")
    manifest = json.loads(layout.manifest.read_text(encoding="utf-8"))
    size = layout.settings.stat().st_size
    manifest["files"]["model.json"] = {"bytes": size, "sha256": storage.digest(layout.settings)}
    layout.manifest.write_text(storage.canonical(manifest), encoding="utf-8")
    with pytest.raises(ModelError):
        storage.load(tmp_path / "m")


def test_the_command_trains_and_routes(table: Path, encoder_folder: Path, tmp_path: Path) -> None:
    def trained_with(place: str, name: str) -> subprocess.CompletedProcess[str]:
        target = str(tmp_path / name)
        return run_cli("train", str(table), "-o", target, "--text", "Текст", "--topic", "Тема", "--encoder", place)

    done = trained_with(str(encoder_folder), "m")
    assert done.returncode == 0, done.stderr
    assert "Кодировщик" in done.stdout
    source = write_csv(tmp_path / "in.csv", [["Текст"], *([text] for text in texts_of("Дороги", 30))])
    for jobs in ("1", "2"):
        target = str(tmp_path / f"{jobs}.csv")
        done = run_cli("route", str(source), "-o", target, "--model", str(tmp_path / "m"), "--jobs", jobs)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()
    done = trained_with("./no", "n")
    assert done.returncode == 1
    assert "папки кодировщика здесь нет" in done.stderr
    assert not (tmp_path / "n").exists()


def test_without_an_encoder_nothing_heavy_is_imported(trained: Path) -> None:
    code = (
        "import sys; from tsur_nlp import Router; "
        f"Router.load({str(trained)!r}).route('Не горит фонарь'); "
        "assert not {'onnxruntime', 'tokenizers', 'sentence_transformers', 'torch'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not (trained / "encoder.safetensors").exists()
    assert "encoder" not in json.loads((trained / "model.json").read_text(encoding="utf-8"))


def test_an_encoder_that_falls_is_said_without_the_text(encoder_folder: Path) -> None:
    encoder = open_encoder(encoder_folder)

    class Broken(Encoder):
        def __init__(self) -> None:
            vars(self).update(vars(encoder))
            self._vector = lambda text: 1 / 0

    with pytest.raises(ModelError, match="ZeroDivisionError") as caught:
        Broken().encode(["тайна"])
    assert "тайна" not in str(caught.value)
