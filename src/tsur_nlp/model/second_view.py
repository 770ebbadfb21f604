"""A second view of a text beside its words: the vector of an encoder, for the texts that words leave unsure.

    scores = scores by words + (vector - centre, of unit length) · coefficients + intercept

What is under `unsure_below` sure by its words alone is encoded, and then believed as heads of its own say; the rest is
answered by its words, as if there were no encoder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tsur_nlp.model.calibration import ConfidenceCalibration
from tsur_nlp.model.encoder import Encoder
from tsur_nlp.model.features import Floats


@dataclass(frozen=True)
class SecondHead:
    """What vectors add to the scores of a head, and how far the sum is to be believed.

    `coefficients` float32 (dimension, n_labels), `intercept` float32 (n_labels,): nothing but zeros where vectors add
    nothing. `sharpness`, `trust`: as of Head, found on out-of-fold scores of unsure texts.
    """

    coefficients: Floats
    intercept: Floats
    sharpness: float
    trust: ConfidenceCalibration


@dataclass(frozen=True)
class SecondView:
    """`centre` float32 (dimension,): the mean of the vectors it was learned from; `heads`: as the model names them."""

    encoder: Encoder
    centre: Floats
    unsure_below: float
    heads: Mapping[str, SecondHead]

    def added(self, texts: Sequence[str]) -> Mapping[str, Floats]:
        """What cleaned texts add to the scores of each head, (n_texts, n_labels)."""
        vectors = centred(self.encoder.encode(texts), self.centre)
        # Not by a matrix product: its rounding depends on the number of texts.
        return {
            name: np.einsum("ij,jk->ik", vectors, one.coefficients) + one.intercept for name, one in self.heads.items()
        }


def centred(vectors: Floats, centre: Floats) -> Floats:
    """Vectors from the centre, of unit length: all texts of one language and matter point much the same way."""
    moved = vectors - centre
    lengths = np.sqrt(np.square(moved).sum(axis=1, keepdims=True))
    return np.asarray(moved / np.maximum(lengths, 1e-9), np.float32)
