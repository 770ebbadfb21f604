"""The second view of a model on disk: what vectors add, and which encoder they come from.

The encoder itself stays where it is; the model keeps its place and the sums of its files, and no other is taken for it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.errors import ModelError
from tsur_nlp.model.classifier import Head
from tsur_nlp.model.declared import arrays_of, label, share, sharpness_of, trust_of
from tsur_nlp.model.encoder import MOST_DIMENSIONS, Encoder
from tsur_nlp.model.second_view import SecondHead, SecondView

ENCODER_VARIABLE = "TSUR_NLP_ENCODER"
"""The variable of the environment that says where the encoder of a model stands now."""


def belief(head: Head | SecondHead) -> dict[str, Any]:
    """How far a head is believed, as it is written down."""
    return {"sharpness": head.sharpness, "trust": {"slopes": head.trust.slopes, "offset": head.trust.offset}}


def described(second: SecondView) -> dict[str, Any]:
    """What is told of it in the description of a model."""
    encoder = second.encoder
    return {
        "place": encoder.place,
        "named": encoder.named,
        "dimension": encoder.dimension,
        "sha256": dict(encoder.sums),
        "unsure_below": second.unsure_below,
        "heads": {name: belief(head) for name, head in second.heads.items()},
    }


def arrays(second: SecondView) -> dict[str, NDArray[Any]]:
    """Its arrays by their names in the file."""
    found = {"centre": second.centre}
    for name, head in second.heads.items():
        found |= {f"{name}_coefficients": head.coefficients, f"{name}_intercept": head.intercept}
    return {name: np.ascontiguousarray(array, np.float32) for name, array in found.items()}


def second_view_of(
    folder: Path, file: Path, content: bytes, declared: Mapping[str, Any], heads: Mapping[str, Head]
) -> SecondView:
    """The second view of the model in a folder, with the very encoder it was learned from.

    `declared`: see `described`; `content`: of the file with the arrays. Raises ModelError, MissingExtraError, and what
    is said in declared.py.
    """
    dimension, unsure_below = int(declared["dimension"]), share(declared["unsure_below"])
    sums = {str(name): label(one) for name, one in declared["sha256"].items()}
    believed = {
        name: (sharpness_of(one["sharpness"]), trust_of(one["trust"])) for name, one in declared["heads"].items()
    }
    if not 0 < dimension <= MOST_DIMENSIONS or set(believed) != set(heads):
        raise ValueError("dimension or heads of the second view")
    shapes: dict[str, tuple[str, list[int]]] = {"centre": ("F32", [dimension])}
    for name, head in heads.items():
        shapes[f"{name}_coefficients"] = ("F32", [dimension, len(head.labels)])
        shapes[f"{name}_intercept"] = ("F32", [len(head.labels)])
    found = arrays_of(file, content, shapes)
    encoder = _encoder_of(folder, label(declared["place"]), declared["named"] is True, sums)
    if encoder.dimension != dimension:
        raise ModelError(f"{encoder.place}: векторы не той длины, с какой обучена модель; обучите её заново")
    second = {
        name: SecondHead(found[f"{name}_coefficients"], found[f"{name}_intercept"], *believed[name]) for name in heads
    }
    return SecondView(encoder, found["centre"], unsure_below, second)


def _encoder_of(folder: Path, place: str, named: bool, sums: Mapping[str, str]) -> Encoder:
    """An encoder with these sums, from its place or from where ENCODER_VARIABLE says."""
    given = os.environ.get(ENCODER_VARIABLE, "")
    if named and not given:
        return Encoder(place, named, sums)
    found = Path(given or place)
    if not found.is_dir():
        raise ModelError(
            f"{folder}: модель обучена с кодировщиком, а папки {found} нет; "
            f"верните её на место или назовите новое место: {ENCODER_VARIABLE}=ПАПКА"
        )
    return Encoder(str(found.resolve()), named=False, expected=sums)
