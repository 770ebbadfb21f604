"""An encoder of sentences kept on disk: a text becomes a vector of unit length.

A folder is read by encoder_folder.py; a name is resolved by sentence-transformers itself, if somebody has it.

Texts are encoded one by one, each on one core. In a batch the padding, and in quantised models the scale of numbers,
depend on the neighbours, and an answer must be the same alone and in any company.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tsur_nlp.errors import MissingExtraError, ModelError
from tsur_nlp.model.encoder_folder import MOST_TOKENS, TOKENIZER, folder_encoder, read_folder
from tsur_nlp.model.features import Floats

MOST_CHARS = 8000
"""Of a text: more than MOST_TOKENS of any tokenizer hold in plain writing."""
MOST_DIMENSIONS = 8192
PROBE = "Не горит фонарь"

Vector = Callable[[str], Floats]
"""A text → its vector, float32 (dimension,), of any length."""


class Encoder:
    """Texts → vectors.

    `place`: an absolute folder, or a name; `named`: which of the two; `sums`: SHA-256 of each thing it was read from,
    by its name; `dimension`: of its vectors.

    Threads may share it. A copy in another process reads its files anew, and is refused if they have changed.
    """

    def __init__(self, place: str, named: bool, expected: Mapping[str, str] | None = None):
        """`expected`: sums it must have. Raises ModelError, MissingExtraError."""
        self.place = place
        self.named = named
        if named:
            self._vector, self.sums = _by_name(place)
        else:
            contents = read_folder(Path(place))
            self.sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
            if expected is None or self.sums == expected:
                self._vector = folder_encoder(Path(place), contents)
        if expected is not None and self.sums != expected:
            raise ModelError(
                f"{place}: это не тот кодировщик, с которым обучена модель (файлы изменены); "
                "верните прежний или обучите модель заново: tsur-nlp train --encoder"
            )
        self.dimension = len(self._one(PROBE))

    def encode(self, texts: Sequence[str], jobs: int = 1) -> Floats:
        """Vectors of cleaned texts, float32 (n_texts, dimension), each of unit length; `jobs`: texts at a time.

        Raises ModelError if a vector can't be made.
        """
        if jobs > 1:
            # Learning alone asks for it; using starts without it.
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(jobs) as workers:
                found = list(workers.map(self._one, texts))
        else:
            found = [self._one(text) for text in texts]
        return np.stack(found) if found else np.zeros((0, self.dimension), np.float32)

    def _one(self, text: str) -> Floats:
        try:
            vector = self._vector(" ".join(text[:MOST_CHARS].split()))
        # Whatever a graph of another's making raises; its words may quote the text.
        except Exception as reason:
            raise ModelError(
                f"{self.place}: кодировщик прервался ошибкой {type(reason).__name__}; проверьте его файлы"
            ) from None
        length = float(np.sqrt(np.square(vector, dtype=np.float64).sum()))
        if vector.ndim != 1 or not 0 < len(vector) <= MOST_DIMENSIONS or not np.isfinite(length):
            raise ModelError(f"{self.place}: кодировщик даёт не вектор чисел; нужна модель предложений")
        return np.asarray(vector / max(length, 1e-9), np.float32)

    def __getstate__(self) -> dict[str, Any]:
        return {"place": self.place, "named": self.named, "expected": self.sums}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Encoder.__init__(self, **state)


def open_encoder(place: str | Path) -> Encoder:
    """An encoder by its folder or, where there is no such folder, by a name that sentence-transformers knows.

    Raises ModelError, MissingExtraError.
    """
    if Path(place).is_dir():
        return Encoder(str(Path(place).resolve()), named=False)
    name = str(place)
    # Names are «model» or «owner/model».
    if Path(place).exists() or name.startswith((".", "~", os.sep)) or "\\" in name or name.count("/") > 1:
        raise ModelError(f"{place}: папки кодировщика здесь нет; укажите папку с model.onnx и {TOKENIZER}")
    return Encoder(name, named=True)


def _by_name(name: str) -> tuple[Vector, dict[str, str]]:
    """A model that sentence-transformers finds or has; its sum is that of its weights and tokenizer."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        what = f"кодировщика «{name}» (папки с таким именем здесь нет)"
        raise MissingExtraError(what, "sentence-transformers", "encoder-by-name") from None
    try:
        model = SentenceTransformer(name, device="cpu", trust_remote_code=False)
    except Exception as reason:
        raise ModelError(
            f"{name}: sentence-transformers не открывает такую модель ({type(reason).__name__}); "
            "проверьте имя или укажите папку"
        ) from None
    model.max_seq_length = min(model.max_seq_length or MOST_TOKENS, MOST_TOKENS)
    whole = hashlib.sha256(model.tokenizer.backend_tokenizer.to_str().encode())
    for key, values in sorted(model.state_dict().items()):
        whole.update(key.encode())
        whole.update(values.contiguous().numpy().tobytes())

    def vector(text: str) -> Floats:
        return np.asarray(model.encode([text], show_progress_bar=False)[0], np.float32)

    return vector, {"weights": whole.hexdigest()}
