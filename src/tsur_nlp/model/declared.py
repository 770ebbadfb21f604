"""What the files of a model declare, each number, label, head and array checked as it is read.

Who reads a description turns ValueError, OverflowError, KeyError, TypeError and AttributeError into his own error.
"""

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.errors import ModelError
from tsur_nlp.model.calibration import ConfidenceCalibration, ConformalThreshold, OperatingPoint
from tsur_nlp.model.classifier import Head

KINDS = {"I8": np.int8, "U8": np.uint8, "I16": np.int16, "I32": np.int32, "F16": np.float16, "F32": np.float32}
"""Types of arrays, as safetensors call them."""


def no_number(name: str) -> float:
    """JSON has no NaN and no Infinity, though Python reads them: with a NaN for a threshold everything would pass."""
    raise ValueError(name)


def share(value: Any) -> float:
    """A number from 0 to 1."""
    if not 0 <= float(value) <= 1:
        raise ValueError(f"{value} is no share")
    return float(value)


def label(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a label is a string, not {type(value).__name__}")
    return value


def head_of(content: Mapping[str, Any]) -> Head:
    head = Head(
        labels=tuple(map(label, content["labels"])),
        start=int(content["start"]),
        sharpness=sharpness_of(content["sharpness"]),
        sets=tuple(
            ConformalThreshold(share(coverage), share(cut), float(size)) for coverage, cut, size in content["sets"]
        ),
        trust=trust_of(content["trust"]),
        examples=tuple(int(count) for count in content["examples"]),
        selection=tuple(OperatingPoint(*map(share, found)) for found in content["selection"]),
    )
    if not all(isfinite(found.mean_size) for found in head.sets) or min(head.examples, default=0) < 0:
        raise ValueError("a number of the head is out of range")
    if len(set(head.labels)) != len(head.labels):
        raise ValueError("a label stands twice")
    return head


def trust_of(content: Mapping[str, Any]) -> ConfidenceCalibration:
    slopes = tuple(float(slope) for slope in content["slopes"])
    signs = len(ConfidenceCalibration().slopes)
    if len(slopes) == signs - 1:  # a model of before the spread of scores was a sign
        slopes = (*slopes, 0.0)
    if len(slopes) != signs:
        raise ValueError(f"{len(slopes)} slopes")
    offset = float(content["offset"])
    if not all(map(isfinite, (offset, *slopes))):
        raise ValueError("a number of the trust is out of range")
    return ConfidenceCalibration(slopes, offset)


def sharpness_of(value: Any) -> float:
    sharpness = float(value)
    if not isfinite(sharpness) or sharpness <= 0:
        raise ValueError("sharpness is a positive number")
    return sharpness


def arrays_of(file: Path, content: bytes, shapes: Mapping[str, tuple[str, list[int]]]) -> dict[str, NDArray[Any]]:
    """Arrays of a file, read only after their declared types and shapes agree with the settings."""
    from safetensors import SafetensorError, deserialize

    try:
        declared = dict(deserialize(content))  # type: ignore[no-untyped-call]
    except SafetensorError:
        raise ModelError(f"{file}: веса не читаются; возьмите модель заново") from None
    arrays: dict[str, NDArray[Any]] = {}
    for name, (kind, shape) in shapes.items():
        found = declared.get(name, {})
        if found.get("dtype") != kind or list(found.get("shape", ())) != shape:
            raise ModelError(f"{file}: «{name}» не той формы или типа; возьмите модель заново")
        arrays[name] = np.frombuffer(found["data"], KINDS[kind]).reshape(shape)
        if kind.startswith("F") and not np.isfinite(arrays[name]).all():
            raise ModelError(f"{file}: в «{name}» не числа; возьмите модель заново")
    return arrays
