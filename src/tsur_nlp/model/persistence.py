"""A model folder on disk: written with its manifest, read only after every check.

Reading is four visible steps and nothing is built before the last: manifest → checksums → declared
shapes against limits → arrays. Weights are plain arrays (safetensors); nothing in a model folder can
execute code, and there is no pickle to fall back on.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.errors import ModelError
from tsur_nlp.model import second_view_file
from tsur_nlp.model.calibration import HeldOutScores
from tsur_nlp.model.classifier import AppealModel, Head, TopicAuthorityPrior
from tsur_nlp.model.declared import arrays_of, head_of, no_number, share
from tsur_nlp.model.features import Vocabulary
from tsur_nlp.model.second_view import SecondView
from tsur_nlp.model.weights import Weights
from tsur_nlp.tables.atomic import exchange

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
    def held_out(self) -> Path:
        return self.folder / "held_out.safetensors"

    @property
    def encoded(self) -> Path:
        return self.folder / "encoder.safetensors"

    @property
    def checked(self) -> tuple[Path, ...]:
        """Files whose sums the manifest holds; some of `optional` beside them, if the model has them."""
        return self.settings, self.words, self.weights, self.card

    @property
    def optional(self) -> tuple[Path, ...]:
        return self.held_out, self.encoded


def canonical(content: Mapping[str, Any]) -> str:
    """The one way JSON is written here, so that a file that reads alike is alike."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def version(folder: Path) -> str:
    """What distinguishes a model from every other: the beginning of its manifest's sum."""
    return digest(Layout(folder).manifest)[:12]


# ------------------------------------------------------------------------------
#   Writing
# ------------------------------------------------------------------------------


def save(model: AppealModel, folder: Path, card: str) -> None:
    """Write a model folder whole: into a neighbour first, then swapped into place in one step.

    Raises ModelError if the target exists and is not a model, or can't be written.
    """
    check_target(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        fresh.chmod(0o755)
        _write(model, Layout(fresh), card)
        if folder.exists():
            exchange(fresh, folder)
            shutil.rmtree(fresh)
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
    from safetensors.numpy import save as to_bytes

    vocabulary = model.vocabulary
    settings = {
        "about": dict(model.about),
        "catalog_topics": model.catalog_topics,
        "roles": model.roles,
        "heads": {
            name: {
                "labels": head.labels,
                "start": head.start,
                **second_view_file.belief(head),
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
    if model.held_out:
        kept = model.held_out
        sizes = (len(kept.sources), kept.topics.shape[1], kept.truths.shape[1], len(kept.twins))
        settings["held_out"] = dict(zip(HELD_OUT_SIZES, sizes, strict=True))
    if model.second:
        settings["encoder"] = second_view_file.described(model.second)
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
    # Written like the other files, with their mode: safetensors' own writer keeps a file for its owner alone.
    layout.weights.write_bytes(to_bytes({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
    layout.card.write_text(card, encoding="utf-8")
    files = layout.checked
    if model.held_out:
        scores = {name: np.ascontiguousarray(getattr(model.held_out, name)) for name in HELD_OUT}
        layout.held_out.write_bytes(to_bytes(scores))
        files = (*files, layout.held_out)
    if model.second:
        layout.encoded.write_bytes(to_bytes(second_view_file.arrays(model.second)))
        files = (*files, layout.encoded)
    sums = {file.name: {"bytes": file.stat().st_size, "sha256": digest(file)} for file in files}
    layout.manifest.write_text(canonical({"format": FORMAT, "files": sums}), encoding="utf-8")


HELD_OUT = {"topics": "I16", "shares": "F16", "truths": "I16", "sources": "U8", "settings": "U8", "twins": "I16"}
"""Arrays of scores of sources left out, and their types."""
HELD_OUT_SIZES = ("texts", "likeliest", "admissible", "pairs")
MOST_TEXTS = 100_000
"""Whose scores are kept."""


# ------------------------------------------------------------------------------
#   Reading
# ------------------------------------------------------------------------------


def load(folder: Path) -> AppealModel:
    """A model from its folder. Raises ModelError for anything missing, changed, alien or too large."""
    # A link is followed once: it may be pointed elsewhere while the files are read.
    layout = Layout(folder.resolve() if folder.is_symlink() else folder)
    contents = _verified(layout)
    declared = _declared(layout, contents[layout.settings])
    heads, topics = declared.heads, len(declared.heads["topic"].labels)
    n_columns = sum(len(head.labels) for head in heads.values())
    n_lemmas, n_forms, n_grams = declared.sizes
    shapes: dict[str, tuple[str, list[int]]] = {
        "codes": ("I8", [n_lemmas + n_grams, n_columns]),
        "scales": ("F32", [n_lemmas + n_grams]),
        "intercept": ("F32", [n_columns]),
        "lemma_idf": ("F32", [n_lemmas]),
        "gram_idf": ("F32", [n_grams]),
        "form_lemmas": ("I32", [n_forms]),
    }
    if declared.links_share is not None:
        shapes["links"] = ("F32", [topics, n_columns - topics])
    arrays = arrays_of(layout.weights, contents[layout.weights], shapes)
    links = None if declared.links_share is None else TopicAuthorityPrior(arrays["links"], declared.links_share)
    return AppealModel(
        _vocabulary(layout, contents[layout.words], declared, arrays),
        Weights(arrays["codes"], arrays["scales"], arrays["intercept"]),
        heads,
        declared.about,
        links=links,
        catalog_topics=declared.catalog_topics,
        roles=declared.roles,
        held_out=_held_out(layout, declared.settings, contents, topics),
        second=_second_view(layout, declared.settings, contents, heads),
    )


@dataclass(frozen=True)
class _Declared:
    """What the settings say of a model. `sizes`: lemmas, forms and n-grams; `settings`: all of them."""

    heads: Mapping[str, Head]
    sizes: tuple[int, int, int]
    unknown_idf: float
    catalog_topics: bool
    roles: bool
    about: dict[str, Any]
    links_share: float | None
    settings: Mapping[str, Any]


def _declared(layout: Layout, content: bytes) -> _Declared:
    try:
        settings = json.loads(content, parse_constant=no_number)
        read = {name: head_of(content) for name, content in settings["heads"].items()}
        found = _Declared(
            # JSON keeps keys sorted; columns are in the order the model answers in.
            heads=dict(sorted(read.items(), key=lambda item: item[1].start)),
            sizes=(int(settings["lemmas"]), int(settings["forms"]), int(settings["grams"])),
            unknown_idf=float(settings["unknown_idf"]),
            catalog_topics=settings["catalog_topics"] is True,
            roles=settings["roles"] is True,
            about=dict(settings["about"]),
            links_share=None if settings["links_share"] is None else share(settings["links_share"]),
            settings=settings,
        )
        if not isfinite(found.unknown_idf):
            raise ValueError("unknown_idf")
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelError(f"{layout.settings}: не описание модели; возьмите модель заново или обучите её") from None
    _check_heads(layout, found.heads)
    if sum(found.sizes) > MAX_WORDS or min(found.sizes) < 0:
        raise ModelError(f"{layout.settings}: слов больше {MAX_WORDS}; это не модель tsur-nlp")
    return found


def _vocabulary(layout: Layout, content: bytes, declared: _Declared, arrays: Mapping[str, NDArray[Any]]) -> Vocabulary:
    try:
        lines = content.decode().split("\n")[:-1]
    except UnicodeDecodeError:
        raise ModelError(f"{layout.words}: слова не в кодировке UTF-8; возьмите модель заново") from None
    n_lemmas, n_forms, n_grams = declared.sizes
    if len(lines) != sum(declared.sizes):
        raise ModelError(
            f"{layout.words}: слов {len(lines)}, а объявлено {sum(declared.sizes)}; возьмите модель заново"
        )
    columns = arrays["form_lemmas"]
    if columns.min(initial=0) < 0 or columns.max(initial=-1) >= n_lemmas:
        raise ModelError(f"{layout.weights}: форма слова указывает мимо словаря; возьмите модель заново")
    return Vocabulary(
        lemmas=dict(zip(lines[:n_lemmas], range(n_lemmas), strict=True)),
        forms=dict(zip(lines[n_lemmas : n_lemmas + n_forms], columns.tolist(), strict=True)),
        grams=dict(zip(lines[n_lemmas + n_forms :], range(n_grams), strict=True)),
        lemma_idf=arrays["lemma_idf"],
        gram_idf=arrays["gram_idf"],
        unknown_idf=declared.unknown_idf,
    )


def _second_view(
    layout: Layout, settings: Mapping[str, Any], contents: Mapping[Path, bytes], heads: Mapping[str, Head]
) -> SecondView | None:
    """What the vectors of an encoder add; None where the model has none."""
    if layout.encoded not in contents:
        return None
    try:
        declared, content = settings["encoder"], contents[layout.encoded]
        return second_view_file.second_view_of(layout.folder, layout.encoded, content, declared, heads)
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
        raise ModelError(f"{layout.settings}: не описание модели; возьмите модель заново или обучите её") from None


def _held_out(
    layout: Layout, settings: Mapping[str, Any], contents: Mapping[Path, bytes], n_topics: int
) -> HeldOutScores | None:
    """Scores of sources left out, checked like the weights; None where the model has none."""
    if layout.held_out not in contents:
        return None
    try:
        texts, likeliest, admissible, pairs = (int(settings["held_out"][name]) for name in HELD_OUT_SIZES)
        if not (0 < texts <= MOST_TEXTS and 0 < likeliest <= n_topics and 0 < admissible <= n_topics):
            raise ValueError("sizes of the scores")
        if not 0 <= pairs <= MOST_TEXTS:
            raise ValueError("sizes of the scores")
    except (ValueError, OverflowError, KeyError, TypeError):
        raise ModelError(f"{layout.settings}: не описание модели; возьмите модель заново или обучите её") from None
    sizes = {
        "sources": [texts],
        "settings": [texts],
        "truths": [texts, admissible],
        "twins": [pairs, 2, admissible],
    }
    shapes = {name: (kind, sizes.get(name, [texts, likeliest])) for name, kind in HELD_OUT.items()}
    scores = HeldOutScores(**arrays_of(layout.held_out, contents[layout.held_out], shapes))
    for name, positions, lowest in (
        ("topics", scores.topics, 0),
        ("truths", scores.truths, -1),
        ("twins", scores.twins, -1),
    ):
        if positions.min(initial=0) < lowest or positions.max(initial=0) >= n_topics:
            raise ModelError(f"{layout.held_out}: «{name}» указывает мимо тем; возьмите модель заново")
    # Float16 has three digits, so that shares of one text may add up to slightly more than one.
    totals = scores.shares.astype(np.float32).sum(axis=1)
    unlabelled = (scores.truths[:, 0] < 0).any() or (scores.twins[:, :, 0] < 0).any()
    if scores.shares.min() < 0 or scores.shares.max() > 1 or totals.max() > 1.01 or unlabelled:
        raise ModelError(f"{layout.held_out}: доли или верные темы вне своих границ; возьмите модель заново")
    return scores


def _verified(layout: Layout) -> dict[Path, bytes]:
    """Contents of the checked files: manifest and checksums come first, and what was summed is what is read."""
    if not layout.manifest.is_file():
        raise ModelError(f"{layout.folder}: здесь нет модели (нет manifest.json); укажите папку из «tsur-nlp train -o»")
    try:
        text = layout.manifest.read_text(encoding="utf-8") if layout.manifest.stat().st_size < 10_000 else ""
        manifest = json.loads(text)
        if canonical(manifest) != text or manifest["format"] != FORMAT or set(manifest) != {"format", "files"}:
            raise ValueError
        declared = {name: (int(file["bytes"]), str(file["sha256"])) for name, file in manifest["files"].items()}
        names = {file.name for file in layout.checked}
        if not names <= set(declared) <= names | {file.name for file in layout.optional}:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelError(f"{layout.manifest}: опись модели повреждена; возьмите модель заново") from None
    contents: dict[Path, bytes] = {}
    for file in (*layout.checked, *layout.optional):
        if file.name not in declared:
            continue
        size, sha256 = declared[file.name]
        if not file.is_file():
            raise ModelError(f"{file}: файла модели нет; возьмите модель заново")
        changed = size > MAX_BYTES or file.stat().st_size != size
        contents[file] = b"" if changed else file.read_bytes()
        if changed or hashlib.sha256(contents[file]).hexdigest() != sha256:
            raise ModelError(f"{file}: файл модели изменён или повреждён; возьмите модель заново")
    return contents


def _check_heads(layout: Layout, heads: Mapping[str, Head]) -> None:
    """Heads stand side by side, in order, without gaps."""
    expected = 0
    for head in heads.values():
        if head.start != expected or not head.labels or len(head.labels) != len(head.examples):
            raise ModelError(f"{layout.settings}: метки и столбцы не сходятся; возьмите модель заново")
        expected += len(head.labels)
    if "topic" not in heads or expected > MAX_LABELS:
        raise ModelError(f"{layout.settings}: нет тем или меток больше {MAX_LABELS}; это не модель tsur-nlp")
