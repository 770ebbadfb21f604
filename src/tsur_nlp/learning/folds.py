"""Folds in which near-duplicate texts stay together, so that a copy never answers for its original."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from tsur_nlp.text.tokens import words

ALIKE = 0.8
"""Cosine of character n-grams from which two texts count as one story."""
COMMON = 0.2
"""N-grams in a larger share of the texts tell no story and would make every text a bit like every other."""
BLOCK = 2048


def near_duplicate_groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """A number of its group for each text, shape (n_texts,); texts alike through others are in one group."""
    cleaned = [" ".join(words(text)) or "∅" for text in texts]
    if len(set(cleaned)) < 10:
        return np.unique(np.array(cleaned), return_inverse=True)[1].astype(np.int64)
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, dtype=np.float32, max_df=COMMON)
    vectors = grams.fit_transform(cleaned)
    alike = []
    for start in range(0, len(texts), BLOCK):
        cosines = (vectors[start : start + BLOCK] @ vectors.T).tocsr()
        cosines.data[cosines.data < ALIKE] = 0
        cosines.eliminate_zeros()
        alike.append(cosines)
    groups: NDArray[np.int64] = connected_components(sp.vstack(alike), directed=False)[1].astype(np.int64)
    return groups


def grouped_folds(groups: NDArray[np.int64], n_folds: int, seed: int = 0) -> NDArray[np.int64]:
    """A fold 0 … n_folds-1 for each text, shape (n_texts,), whole groups in one fold, sizes about even."""
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    fold_of = {group: i % n_folds for i, group in enumerate(order)}
    return np.array([fold_of[group] for group in groups], dtype=np.int64)
