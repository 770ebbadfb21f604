"""A model folder is read only if it is exactly what was written."""

import ast
import json
import random
import shutil
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from tsur_nlp import Router
from tsur_nlp.errors import ModelError
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.calibration import HeldOutScores
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.model.persistence import Layout
from tsur_nlp.model.versions import promote, roll_back


def test_a_saved_model_answers_as_before(trained: Path, tmp_path: Path) -> None:
    model = storage.load(trained)
    storage.save(model, tmp_path / "copy", "card")
    again = storage.load(tmp_path / "copy")
    texts = ["Яма у вокзала", "темно", ""]
    for name, values in model.probabilities(texts).items():
        np.testing.assert_array_equal(values, again.probabilities(texts)[name])


@pytest.mark.parametrize("name", ["manifest.json", "model.json", "words.txt", "weights.safetensors", "card.md"])
@pytest.mark.parametrize("where", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_one_changed_byte_is_refused(trained: Path, tmp_path: Path, name: str, where: float) -> None:
    folder = tmp_path / "model"
    shutil.copytree(trained, folder)
    content = bytearray((folder / name).read_bytes())
    content[int(where * len(content))] ^= 0x20
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=r"изменён|повреждена"):
        storage.load(folder)


@pytest.fixture
def judged(trained: Path) -> AppealModel:
    """A model with scores of two sources it never saw."""
    scores = HeldOutScores(
        sources=np.array([0, 1, 1], np.uint8),
        topics=np.array([[0, 1], [1, 2], [2, 0]], np.int16),
        shares=np.array([[0.7, 0.2], [0.5, 0.5], [1, 0]], np.float16),
        truths=np.array([[0, -1], [1, 2], [0, -1]], np.int16),
        settings=np.array([0, 1, 4], np.uint8),
        twins=np.array([[[0, -1], [1, 2]]], np.int16),
    )
    return replace(storage.load(trained), held_out=scores)


def test_scores_of_sources_left_out_are_kept_with_the_model(judged: AppealModel, tmp_path: Path) -> None:
    storage.save(judged, tmp_path / "model", "card")
    again = storage.load(tmp_path / "model").held_out
    assert judged.held_out is not None
    assert again is not None
    for one in fields(HeldOutScores):
        np.testing.assert_array_equal(getattr(again, one.name), getattr(judged.held_out, one.name))
    (tmp_path / "model" / "held_out.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match="изменён"):
        storage.load(tmp_path / "model")


@pytest.mark.parametrize(
    "wrong",
    [
        {"topics": np.array([[0, 1], [1, 3], [2, 0]], np.int16)},
        {"topics": np.array([[0, -1], [1, 2], [2, 0]], np.int16)},
        {"truths": np.array([[0, -1], [-1, -1], [0, -1]], np.int16)},
        {"truths": np.array([[0, -2], [1, 2], [0, -1]], np.int16)},
        {"shares": np.array([[0.7, 0.2], [0.5, np.nan], [1, 0]], np.float16)},
        {"shares": np.array([[0.7, 0.2], [0.5, 0.5], [1, 0.2]], np.float16)},
        {"shares": np.array([[0.7, 0.2], [0.5, -0.1], [1, 0]], np.float16)},
        {"topics": np.array([[0, 1], [1, 2]], np.int16), "shares": np.array([[0.7, 0.2], [0.5, 0.5]])},
    ],
)
def test_scores_out_of_range_are_refused(judged: AppealModel, tmp_path: Path, wrong: dict[str, np.ndarray]) -> None:
    assert judged.held_out is not None
    storage.save(replace(judged, held_out=replace(judged.held_out, **wrong)), tmp_path / "model", "card")
    with pytest.raises(ModelError, match=r"held_out\.safetensors: (доли|в «|«)"):
        storage.load(tmp_path / "model")


def test_a_missing_file_is_named(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(trained, folder)
    (folder / "words.txt").unlink()
    with pytest.raises(ModelError, match=r"words\.txt: файла модели нет"):
        storage.load(folder)


def resealed(trained: Path, folder: Path, **changes: object) -> Path:
    """A model whose settings were changed by somebody who also redid the checksums."""
    shutil.copytree(trained, folder)
    layout = Layout(folder)
    settings = json.loads(layout.settings.read_text(encoding="utf-8")) | changes
    layout.settings.write_text(storage.canonical(settings), encoding="utf-8")
    files = {f.name: {"bytes": f.stat().st_size, "sha256": storage.digest(f)} for f in layout.checked}
    layout.manifest.write_text(storage.canonical({"format": storage.FORMAT, "files": files}), encoding="utf-8")
    return folder


CHANGES: list[dict[str, object]] = [
    {"lemmas": 10**9},
    {"grams": 10**12},
    {"lemmas": -1},
    {"heads": {}},
    {"heads": []},
    {"links_share": "half"},
    {"heads": {"topic": {"labels": ["a"] * 30_000, "start": 0}}},
]


def with_head(trained: Path, **changes: object) -> dict[str, object]:
    """Settings in which the head of topics has other values."""
    heads = json.loads(Layout(trained).settings.read_text(encoding="utf-8"))["heads"]
    return {"heads": heads | {"topic": heads["topic"] | changes}}


@pytest.mark.parametrize(
    "changes",
    [
        {"sharpness": float("nan")},
        {"sharpness": float("inf")},
        {"sharpness": -1.0},
        {"sharpness": 10**400},
        {"selection": [[0.8, float("nan"), 0.5]]},
        {"selection": [[0.8, -5, 0.5]]},
        {"sets": [[0.9, float("-inf"), 2.0]]},
        {"trust": {"slopes": [1, 0, 0, 0, float("nan")], "offset": 0}},
        {"trust": {"slopes": [1, 0, 0, 0, 0], "offset": float("inf")}},
        {"trust": {"slopes": [1, 0, 0], "offset": 0}},
    ],
)
def test_numbers_that_would_send_everything_by_itself_are_refused(
    trained: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    """No comparison with NaN holds, so that «confidence < threshold» would never keep a message back."""
    with pytest.raises(ModelError, match="не описание модели"):
        storage.load(resealed(trained, tmp_path / "model", **with_head(trained, **changes)))


def test_models_of_before_the_spread_of_scores_open_and_say_the_same(trained: Path, tmp_path: Path) -> None:
    slopes = {one: {"trust": {"slopes": [0.9, 0.2, 0.4, 0.1, *one], "offset": 0.3}} for one in ((), (0,))}
    said = [
        storage.load(resealed(trained, tmp_path / str(len(one)), **with_head(trained, **changes))).probabilities(
            ["Яма"]
        )
        for one, changes in slopes.items()
    ]
    np.testing.assert_array_equal(said[0]["topic"], said[1]["topic"])


def test_labels_are_strings_each_once(trained: Path, tmp_path: Path) -> None:
    labels = json.loads(Layout(trained).settings.read_text(encoding="utf-8"))["heads"]["topic"]["labels"]
    for i, wrong in enumerate([[None, *labels[1:]], [7, *labels[1:]], [labels[1], *labels[1:]]]):
        with pytest.raises(ModelError, match="не описание модели"):
            storage.load(resealed(trained, tmp_path / str(i), **with_head(trained, labels=wrong)))


def test_labels_that_only_pretend_to_be_the_catalogues_are_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="нет в каталоге"):
        Router.load(model=resealed(trained, tmp_path / "model", catalog_topics=True))


def test_weights_that_are_no_numbers_are_refused(trained: Path, tmp_path: Path) -> None:
    model = storage.load(trained)
    scales = model.weights.scales.copy()
    scales[0] = np.nan
    storage.save(replace(model, weights=replace(model.weights, scales=scales)), tmp_path / "model", "card")
    with pytest.raises(ModelError, match="не числа"):
        storage.load(tmp_path / "model")


def test_all_files_of_a_model_are_readable_by_the_same_people(trained: Path) -> None:
    assert len({file.stat().st_mode for file in trained.iterdir()}) == 1


SAVER = """
import sys
from pathlib import Path
from tsur_nlp.model import load, save, promote
place, one, other = map(Path, sys.argv[1:4])
models = [load(one), load(other)]
print("ready", flush=True)
for turn in range(10_000):
    if sys.argv[4] == "save":
        save(models[turn % 2], place, "card")
    else:
        promote(place, (one, other)[turn % 2])
"""


@pytest.mark.parametrize("way", ["save", "promote"])
def test_a_kill_leaves_the_old_or_the_new_model(trained: Path, tmp_path: Path, way: str) -> None:
    other = tmp_path / "other"
    storage.save(storage.load(trained), other, "another card")
    for attempt in range(6):
        place = tmp_path / f"{way}{attempt}"
        shutil.copytree(trained, place)
        command = [sys.executable, "-c", SAVER, *map(str, (place, trained, other)), way]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.Random(attempt).random() / 20)
        process.kill()
        process.wait()
        process.stdout.close()
        assert storage.load(place)
        promote(place, other)
        roll_back(place)
        assert storage.load(place)


@pytest.mark.parametrize("changes", CHANGES)
def test_impossible_settings_are_refused_even_with_right_checksums(
    trained: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(ModelError):
        storage.load(resealed(trained, tmp_path / "model", **changes))


def test_a_folder_with_other_things_is_never_replaced(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("важное", encoding="utf-8")
    with pytest.raises(ModelError, match="занята"):
        storage.save(storage.load(trained), tmp_path, "card")
    assert (tmp_path / "letters.txt").exists()


def test_nothing_in_the_package_can_unpickle() -> None:
    package = Path(storage.__file__).parents[1]
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {"pickle", "dill", "cloudpickle", "marshal", "shelve"} & set(names), file
