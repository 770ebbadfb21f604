"""The linear weights of a model, packed as signed bytes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.model.features import Floats


@dataclass(frozen=True)
class Weights:
    """Linear weights as signed bytes.

    `codes` int8 (n_lemmas + n_grams, n_columns), `scales` float32 (n_lemmas + n_grams,),
    `intercept` float32 (n_columns,).
    """

    codes: NDArray[np.int8]
    scales: Floats
    intercept: Floats

    @classmethod
    def pack(cls, dense: Floats, intercept: Floats) -> "Weights":
        """Each row is divided by its largest magnitude / 127 and rounded."""
        scales = np.maximum(np.abs(dense).max(axis=1), 1e-12) / 127
        codes = np.rint(dense / scales[:, None]).astype(np.int8)
        return cls(codes, scales.astype(np.float32), intercept.astype(np.float32))
