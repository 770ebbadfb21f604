"""A model folder on disk: written with its manifest, read only after every check.

Reading is four visible steps and nothing is built before the last: manifest → checksums → declared
shapes against limits → arrays. Weights are plain arrays (safetensors); nothing in a model folder can
execute code, and there is no pickle to fall back to.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.errors import ModelError
from tsur_nlp.model.calibration import Selection, SetCut, Trust
from tsur_nlp.model.classifier import AppealModel, Head, Links, Weights
from tsur_nlp.model.features import Vocabulary

FORMAT = 1
MAX_BYTES = 512 * 2**20
"""Of one file of a model."""
MAX_LABELS = 20_000
MAX_WORDS = 5_000_000


@dataclass(frozen=True)
class Layout:
    """Where the parts of a model stand in its folder."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def settings(self) -> Path:
        return self.folder / "model.json"

    @property
    def words(self) -> Path:
        return self.folder / "words.txt"

    @property
    def weights(self) -> Path:
        return self.folder / "weights.safetensors"

    @property
    def card(self) -> Path:
        return self.folder / "card.md"

    @property
    def checked(self) -> tuple[Path, ...]:
        """Files whose sums the manifest holds."""
        return self.settings, self.words, self.weights, self.card


def canonical(content: Mapping[str, Any]) -> str:
    """The one way JSON is written here, so that a file that reads alike is alike."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def version(folder: Path) -> str:
    """What tells a model from every other: the beginning of its manifest's sum."""
    return digest(Layout(folder).manifest)[:12]


# ------------------------------------------------------------------------------
#   Writing
# ------------------------------------------------------------------------------


def save(model: AppealModel, folder: Path, card: str) -> None:
    """Write a model folder whole: into a neighbour first, then swapped into place.

    Raises ModelError if the target exists and is not a model, or can't be written.
    """
    check_target(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        fresh.chmod(0o755)
        _write(model, Layout(fresh), card)
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
            os.replace(folder, old)
            os.replace(fresh, folder)
            shutil.rmtree(old)
        else:
            os.replace(fresh, folder)
    except OSError as reason:
        raise ModelError(f"{folder}: модель не записать ({reason.strerror}); проверьте место и права") from None


def check_target(folder: Path) -> None:
    """Raises ModelError if a model must not be written there: the place holds something else."""
    if folder.is_file():
        raise ModelError(f"{folder}: это файл; укажите новую папку для модели")
    if folder.is_dir() and any(folder.iterdir()) and not Layout(folder).manifest.exists():
        raise ModelError(f"{folder}: папка занята и это не модель; укажите пустую или новую")


def _write(model: AppealModel, layout: Layout, card: str) -> None:
    from safetensors.numpy import save_file

    vocabulary = model.vocabulary
    settings = {
        "about": dict(model.about),
        "catalog_topics": model.catalog_topics,
        "roles": model.roles,
        "heads": {
            name: {
                "labels": head.labels,
                "start": head.start,
                "sharpness": head.sharpness,
                "trust": {"slopes": head.trust.slopes, "offset": head.trust.offset},
                "examples": head.examples,
                "sets": [[s.coverage, s.cut, s.mean_size] for s in head.sets],
                "selection": [[s.precision, s.threshold, s.coverage] for s in head.selection],
            }
            for name, head in model.heads.items()
        },
        "lemmas": len(vocabulary.lemmas),
        "forms": len(vocabulary.forms),
        "grams": len(vocabulary.grams),
        "unknown_idf": vocabulary.unknown_idf,
        "links_share": model.links.share if model.links else None,
    }
    layout.settings.write_text(canonical(settings), encoding="utf-8")
    lines = [*vocabulary.lemmas, *vocabulary.forms, *vocabulary.grams]
    layout.words.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    arrays = {
        "codes": model.weights.codes,
        "scales": model.weights.scales,
        "intercept": model.weights.intercept,
        "lemma_idf": vocabulary.lemma_idf,
        "gram_idf": vocabulary.gram_idf,
        "form_lemmas": np.array(list(vocabulary.forms.values()), np.int32),
    }
    if model.links:
        arrays["links"] = model.links.table
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, layout.weights)
    layout.card.write_text(card, encoding="utf-8")
    sums = {file.name: {"bytes": file.stat().st_size, "sha256": digest(file)} for file in layout.checked}
    layout.manifest.write_text(canonical({"format": FORMAT, "files": sums}), encoding="utf-8")


# ------------------------------------------------------------------------------
#   The model in use
# ------------------------------------------------------------------------------


def previous(place: Path) -> Path:
    """Where the model stands that a place held before."""
    return place.with_name(f"{place.name}.previous")


def promote(place: Path, folder: Path) -> None:
    """Make a place hold another model: a link that is replaced in one step, so that a reader finds the old or the new.

    The old model stays under the name `previous(place)`; a folder that stood at the place is moved beside it first.
    Raises ModelError if the new model can't be loaded or the place can't be written.
    """
    load(folder)
    first = place.with_name(f"{place.name}.first")
    try:
        if place.is_dir() and not place.is_symlink():
            if first.exists():
                raise ModelError(f"{first}: место прежней модели занято; уберите эту папку")
            # The one moment without a model: a folder can't become a link in one step.
            os.replace(place, first)
            _point(place, first)
        if place.is_symlink():
            _point(previous(place), place.resolve())
        _point(place, folder.resolve())
    except OSError as reason:
        raise ModelError(f"{place}: модель не заменить ({reason.strerror}); проверьте права") from None


def roll_back(place: Path) -> None:
    """Make a place hold the model it held before, and the other way round. Raises ModelError if there was none."""
    old = previous(place)
    if not place.is_symlink() or not old.exists():
        raise ModelError(f"{place}: прежней модели нет, возвращать нечего")
    now, before = place.resolve(), old.resolve()
    try:
        _point(place, before)
        _point(old, now)
    except OSError as reason:
        raise ModelError(f"{place}: модель не вернуть ({reason.strerror}); проверьте права") from None


def _point(link: Path, target: Path) -> None:
    """Make a link in one step, whatever link stood there."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, link.parent.resolve()))
    os.replace(fresh, link)


# ------------------------------------------------------------------------------
#   Reading
# ------------------------------------------------------------------------------


def load(folder: Path) -> AppealModel:
    """A model from its folder. Raises ModelError for anything missing, changed, alien or too large."""
    # A link is followed once: it may be pointed elsewhere while the files are read.
    layout = Layout(folder.resolve() if folder.is_symlink() else folder)
    _verify(layout)
    try:
        settings = json.loads(layout.settings.read_text(encoding="utf-8"))
        read = {name: _head(content) for name, content in settings["heads"].items()}
        # JSON keeps keys sorted; columns stand in the order the model answers in.
        heads = dict(sorted(read.items(), key=lambda item: item[1].start))
        sizes = [int(settings[name]) for name in ("lemmas", "forms", "grams")]
        unknown_idf = float(settings["unknown_idf"])
        flags = {name: settings[name] is True for name in ("catalog_topics", "roles")}
        about = dict(settings["about"])
        links_share = settings["links_share"] if settings["links_share"] is None else float(settings["links_share"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelError(f"{layout.settings}: не описание модели; возьмите модель заново или обучите её") from None
    _check_heads(layout, heads)
    if sum(sizes) > MAX_WORDS or min(sizes) < 0:
        raise ModelError(f"{layout.settings}: слов больше {MAX_WORDS}; это не модель tsur-nlp")

    lines = layout.words.read_text(encoding="utf-8").split("\n")[:-1]
    n_lemmas, n_forms, n_grams = sizes
    if len(lines) != sum(sizes):
        raise ModelError(f"{layout.words}: слов {len(lines)}, а объявлено {sum(sizes)}; возьмите модель заново")
    n_columns = sum(len(head.labels) for head in heads.values())
    shapes: dict[str, tuple[str, list[int]]] = {
        "codes": ("I8", [n_lemmas + n_grams, n_columns]),
        "scales": ("F32", [n_lemmas + n_grams]),
        "intercept": ("F32", [n_columns]),
        "lemma_idf": ("F32", [n_lemmas]),
        "gram_idf": ("F32", [n_grams]),
        "form_lemmas": ("I32", [n_forms]),
    }
    if links_share is not None:
        shapes["links"] = ("F32", [len(heads["topic"].labels), n_columns - len(heads["topic"].labels)])
    arrays = _arrays(layout, shapes)
    forms = dict(zip(lines[n_lemmas : n_lemmas + n_forms], arrays["form_lemmas"].tolist(), strict=True))
    if any(not 0 <= column < n_lemmas for column in forms.values()):
        raise ModelError(f"{layout.weights}: форма слова указывает мимо словаря; возьмите модель заново")
    vocabulary = Vocabulary(
        lemmas={name: i for i, name in enumerate(lines[:n_lemmas])},
        forms=forms,
        grams={name: i for i, name in enumerate(lines[n_lemmas + n_forms :])},
        lemma_idf=arrays["lemma_idf"],
        gram_idf=arrays["gram_idf"],
        unknown_idf=unknown_idf,
    )
    weights = Weights(arrays["codes"], arrays["scales"], arrays["intercept"])
    links = None if links_share is None else Links(arrays["links"], links_share)
    return AppealModel(vocabulary, weights, heads, about, links=links, **flags)


def _verify(layout: Layout) -> None:
    """Manifest and checksums, before anything else of the folder is read."""
    if not layout.manifest.is_file():
        raise ModelError(f"{layout.folder}: здесь нет модели (нет manifest.json); укажите папку из «tsur-nlp train -o»")
    try:
        text = layout.manifest.read_text(encoding="utf-8") if layout.manifest.stat().st_size < 10_000 else ""
        manifest = json.loads(text)
        if canonical(manifest) != text or manifest["format"] != FORMAT or set(manifest) != {"format", "files"}:
            raise ValueError
        declared = {name: (int(file["bytes"]), str(file["sha256"])) for name, file in manifest["files"].items()}
        if set(declared) != {file.name for file in layout.checked}:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelError(f"{layout.manifest}: опись модели повреждена; возьмите модель заново") from None
    for file in layout.checked:
        size, sha256 = declared[file.name]
        if not file.is_file():
            raise ModelError(f"{file}: файла модели нет; возьмите модель заново")
        if size > MAX_BYTES or file.stat().st_size != size or digest(file) != sha256:
            raise ModelError(f"{file}: файл модели изменён или повреждён; возьмите модель заново")


def _head(content: Mapping[str, Any]) -> Head:
    return Head(
        labels=tuple(str(label) for label in content["labels"]),
        start=int(content["start"]),
        sharpness=float(content["sharpness"]),
        sets=tuple(SetCut(*map(float, found)) for found in content["sets"]),
        trust=_trust(content["trust"]),
        examples=tuple(int(count) for count in content["examples"]),
        selection=tuple(Selection(*map(float, found)) for found in content["selection"]),
    )


def _trust(content: Mapping[str, Any]) -> Trust:
    slopes = tuple(float(slope) for slope in content["slopes"])
    if len(slopes) != len(Trust().slopes):
        raise ValueError(f"{len(slopes)} slopes")
    return Trust(slopes, float(content["offset"]))


def _check_heads(layout: Layout, heads: Mapping[str, Head]) -> None:
    """Heads stand side by side, in order, without gaps."""
    expected = 0
    for head in heads.values():
        if head.start != expected or not head.labels or len(head.labels) != len(head.examples):
            raise ModelError(f"{layout.settings}: метки и столбцы не сходятся; возьмите модель заново")
        expected += len(head.labels)
    if "topic" not in heads or expected > MAX_LABELS:
        raise ModelError(f"{layout.settings}: нет тем или меток больше {MAX_LABELS}; это не модель tsur-nlp")


def _arrays(layout: Layout, shapes: Mapping[str, tuple[str, list[int]]]) -> dict[str, NDArray[Any]]:
    """Arrays of the weights file, read only after their declared types and shapes agree with the settings."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(layout.weights, framework="numpy") as file:
            for name, (kind, shape) in shapes.items():
                declared = file.get_slice(name)
                if declared.get_dtype() != kind or list(declared.get_shape()) != shape:
                    raise ModelError(f"{layout.weights}: «{name}» не той формы или типа; возьмите модель заново")
            return {name: file.get_tensor(name) for name in shapes}
    except SafetensorError:
        raise ModelError(f"{layout.weights}: веса не читаются; возьмите модель заново") from None
