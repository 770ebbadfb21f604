"""Folds in which near-duplicate texts stay together, so that a copy never answers for its original."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer

from tsur_nlp.text.tokens import words

ALIKE = 0.8
"""Cosine of character n-grams from which two texts count as one story."""
COMMON = 0.2
"""N-grams in a larger share of the texts tell no story and would make every text a bit like every other."""
REST, ROUNDING = 0.6, 1e-4
BLOCK = 2048
MOST_COMPARED = 30_000
"""Texts of which each is compared with each: a minute then, and four for twice as many."""
HASHES, BAND = 24, 2
SHARED = 0.5
PRIME = np.uint64(2**31 - 1)


def near_duplicate_groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """A number of its group for each text, shape (n_texts,); texts alike through others are in one group."""
    cleaned = [" ".join(words(text)) or "∅" for text in texts]
    if len(set(cleaned)) < 10:
        return _equal(cleaned)
    if len(texts) > MOST_COMPARED:
        return _groups_by_hashes(cleaned)
    vectors = _grams(cleaned)
    if not vectors.shape[1]:
        return _equal(cleaned)
    one, other = _alike(vectors)
    joined = sp.coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(len(texts), len(texts)))
    groups: NDArray[np.int64] = connected_components(joined, directed=False)[1].astype(np.int64)
    return groups


def _equal(cleaned: Sequence[str]) -> NDArray[np.int64]:
    """Groups of texts of which each is like its equals alone."""
    return np.unique(np.array(cleaned), return_inverse=True)[1].astype(np.int64)


def _grams(cleaned: Sequence[str]) -> sp.csr_matrix:
    """Character n-grams of each text by TF-IDF, unit rows; no columns if all are common. A word is cut once."""
    by_word = CountVectorizer(analyzer=str.split, dtype=np.float32)
    in_texts = by_word.fit_transform(cleaned)
    in_words = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), lowercase=False, dtype=np.float32)
    counts = (in_texts @ in_words.fit_transform(by_word.get_feature_names_out())).tocsr()
    seldom = np.bincount(counts.indices, minlength=counts.shape[1]) <= COMMON * len(cleaned)
    if not seldom.any():
        return sp.csr_matrix((len(cleaned), 0), dtype=np.float32)
    vectors: sp.csr_matrix = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, seldom])
    return vectors


def _alike(vectors: sp.csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows of unit length whose cosine is at least ALIKE, exactly.

    The commonest n-grams of a row, of length REST together, add at most REST to a cosine: a pair that is not near
    enough without them needs no second look (Bayardo, Ma, Srikant, «Scaling up all pairs similarity search», 2007).
    """
    texts = np.repeat(np.arange(vectors.shape[0]), np.diff(vectors.indptr))
    order = np.lexsort((-np.bincount(vectors.indices)[vectors.indices], texts))
    squares = np.cumsum(vectors.data[order].astype(np.float64) ** 2)
    before = np.concatenate([[0.0], squares])[vectors.indptr[:-1]]
    kept = order[squares - before[texts] > REST**2]
    telling = sp.csr_matrix((vectors.data[kept], (texts[kept], vectors.indices[kept])), shape=vectors.shape)
    across = vectors.T.tocsr()
    found: list[NDArray[np.int64]] = []
    for start in range(0, vectors.shape[0], BLOCK):
        near = (telling[start : start + BLOCK] @ across).tocoo()
        likely = (near.data >= ALIKE - REST - ROUNDING) & (near.row + start < near.col)
        one, other = near.row[likely] + start, near.col[likely]
        for part in range(0, len(one), BLOCK):
            pair = one[part : part + BLOCK], other[part : part + BLOCK]
            cosines = np.asarray(vectors[pair[0]].multiply(vectors[pair[1]]).sum(axis=1)).ravel()
            found.append(np.stack(pair)[:, cosines >= ALIKE].astype(np.int64))
    pairs = np.concatenate(found, axis=1) if found else np.zeros((2, 0), np.int64)
    return pairs[0], pairs[1]


def _groups_by_hashes(cleaned: Sequence[str]) -> NDArray[np.int64]:
    """The same for so many texts that each can't be compared with each: by MinHash over words and pairs of words.

    Texts that share a band of hashes and half of all are of one group (Broder, «On the resemblance and containment of
    documents», 1997; bands as in Leskovec, Rajaraman, Ullman, «Mining of Massive Datasets», 3.4).
    """
    vectorizer = HashingVectorizer(
        analyzer="word", token_pattern=r"\S+", ngram_range=(1, 2), norm=None, alternate_sign=False, n_features=2**22
    )
    found = vectorizer.transform(cleaned)
    random = np.random.default_rng(0)
    factors = random.integers(1, PRIME, HASHES, dtype=np.uint64)
    shifts = random.integers(0, PRIME, HASHES, dtype=np.uint64)
    numbers = found.indices.astype(np.uint64)
    hashed = ((numbers * factor + shift) % PRIME for factor, shift in zip(factors, shifts, strict=True))
    smallest = np.stack([np.minimum.reduceat(each, found.indptr[:-1]) for each in hashed], axis=1)
    one, other = [], []
    for start in range(0, HASHES, BAND):
        _, first, bucket = np.unique(smallest[:, start : start + BAND], axis=0, return_index=True, return_inverse=True)
        leader = first[bucket.ravel()]
        alike = (smallest == smallest[leader]).mean(axis=1) >= SHARED
        one.append(np.flatnonzero(alike))
        other.append(leader[alike])
    rows, columns = np.concatenate(one), np.concatenate(other)
    joined = sp.coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(len(cleaned), len(cleaned)))
    groups: NDArray[np.int64] = connected_components(joined, directed=False)[1].astype(np.int64)
    return groups


def grouped_folds(groups: NDArray[np.int64], n_folds: int, seed: int = 0) -> NDArray[np.int64]:
    """A fold 0 … n_folds-1 for each text, shape (n_texts,), whole groups in one fold, sizes about even."""
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    fold_of = {group: i % n_folds for i, group in enumerate(order)}
    return np.array([fold_of[group] for group in groups], dtype=np.int64)
