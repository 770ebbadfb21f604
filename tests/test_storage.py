"""A model folder is read only if it is exactly what was written."""

import ast
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tsur_nlp.errors import ModelError
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.persistence import Layout


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
    package = Path(storage.__file__).parent
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {"pickle", "dill", "cloudpickle", "marshal", "shelve"} & set(names), file
