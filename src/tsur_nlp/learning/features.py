"""The additive word features of `tsur_nlp.model.features` as a scikit-learn transformer."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from tsur_nlp.model.features import GRAM_SHARE, LEMMA_SHARE, Vocabulary, char_grams, weigh
from tsur_nlp.text.morphology import is_name, lemma
from tsur_nlp.text.tokens import words


def inverse_frequency(names: Iterable[str], counts: Counter[str], documents: int) -> NDArray[np.float32]:
    """ln((1 + n) / (1 + df)) + 1, as scikit-learn's TfidfTransformer with smooth_idf."""
    frequency = np.array([counts[name] for name in names], dtype=np.float64)
    return np.asarray(np.log((1 + documents) / (1 + frequency)) + 1, dtype=np.float32)


@dataclass(frozen=True)
class Factored:
    """Features of texts as a product that is seldom multiplied out: by its words it is five times smaller.

    `words` float32 (n_texts, n_words): how much each word weighs in each text; `parts` float32 (n_words, n_features):
    what each word is made of.
    """

    words: sp.csr_matrix
    parts: sp.csr_matrix

    def of(self, rows: NDArray[np.int64] | slice) -> "Factored":
        """The features of some texts."""
        return Factored(self.words[rows], self.parts)

    def whole(self) -> sp.csr_matrix:
        """The features multiplied out, shape (n_texts, n_features)."""
        return (self.words @ self.parts).tocsr()

    def times(self, coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features · coefficients, shape (n_texts, n_columns)."""
        return np.asarray(self.words @ (self.parts @ coefficients))

    def back(self, dual: NDArray[np.float32]) -> NDArray[np.float32]:
        """Featuresᵀ · dual, shape (n_features, n_columns)."""
        return np.asarray(self.parts.T @ (self.words.T @ dual))


class WordFeatures(TransformerMixin, BaseEstimator):
    """Texts → sparse additive features, shape (n_texts, n_lemmas + n_grams).

    Words that can only be a person's name never enter the vocabulary: names are personal data,
    and a street called after somebody says nothing about the topic.

    Parameters
    ----------
    min_texts : a lemma or an n-gram seen in fewer texts is left out.
    left_out : normalised words never to be learned, such as names found in the texts.

    Attributes
    ----------
    vocabulary_ : what was learned, in the form the road of use works with.
    """

    def __init__(self, min_texts: int = 1, left_out: frozenset[str] = frozenset()):
        self.min_texts = min_texts
        self.left_out = left_out

    def fit(self, texts: Iterable[str], y: object = None) -> Self:
        """Learn lemmas, n-grams and their idf. Raises ValueError for texts that are not strings."""
        documents = [set(words(text)) for text in checked_texts(texts)]
        lemmas: Counter[str] = Counter()
        grams: Counter[str] = Counter()
        forms: dict[str, str] = {}
        for document in documents:
            usable = [word for word in document if word not in self.left_out and not _is_persons(word)]
            forms |= {word: lemma(word) for word in usable if word not in forms}
            lemmas.update({forms[word] for word in usable})
            grams.update({gram for word in usable for gram in char_grams(word)})
        lemma_names = sorted(name for name, count in lemmas.items() if count >= self.min_texts)
        gram_names = sorted(name for name, count in grams.items() if count >= self.min_texts)
        columns = {name: i for i, name in enumerate(lemma_names)}
        self.vocabulary_ = Vocabulary(
            lemmas=columns,
            forms={form: columns[name] for form, name in sorted(forms.items()) if name in columns},
            grams={name: i for i, name in enumerate(gram_names)},
            lemma_idf=inverse_frequency(lemma_names, lemmas, len(documents)),
            gram_idf=inverse_frequency(gram_names, grams, len(documents)),
            unknown_idf=float(np.log(1 + len(documents)) + 1),
        )
        return self

    def transform(self, texts: Iterable[str]) -> sp.csr_matrix:
        """Features of texts, float32, shape (n_texts, n_lemmas + n_grams)."""
        return self.factors(texts).whole()

    def factors(self, texts: Iterable[str]) -> Factored:
        """The same, not multiplied out."""
        check_is_fitted(self)
        known: dict[str, int] = {}
        documents = [words(text) for text in checked_texts(texts)]
        numbers = np.array([known.setdefault(word, len(known)) for found in documents for word in found], np.int64)
        idf = np.array([self.vocabulary_.idf(self.vocabulary_.lemma_column(word)) for word in known])
        found = weigh(numbers, np.array([len(document) for document in documents], np.int64), idf)
        by_word = sp.csr_matrix(
            (found.weights, found.numbers, found.bounds), shape=(len(documents), max(len(known), 1))
        )
        return Factored(by_word, self._parts(list(known)))

    def _parts(self, names: Sequence[str]) -> sp.csr_matrix:
        """ψ of each word as a row; one blank row if there are no words."""
        vocabulary = self.vocabulary_
        offset = len(vocabulary.lemmas)
        columns, values = [], []
        for name in names or [""]:
            parts = vocabulary.parts(name)
            own = [] if parts.lemma is None else [parts.lemma]
            columns.append(np.concatenate([np.array(own, np.int32), parts.grams + offset]))
            shares = [np.full(len(own), LEMMA_SHARE, np.float32), GRAM_SHARE * parts.values]
            values.append(np.concatenate(shares))
        return _csr(columns, values, offset + len(vocabulary.grams))

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Names of the columns: lemmas as they are, n-grams as `~gram`."""
        check_is_fitted(self)
        grams = [f"~{gram}" for gram in self.vocabulary_.grams]
        return np.array([*self.vocabulary_.lemmas, *grams], dtype=object)


# Patronymics the dictionary does not know, in any case; «основе» and «половине» are shorter or end otherwise.
PATRONYMIC = re.compile(r"\w{4,}(?:ович|евич|овна|евна)(?:а|у|ем|ой|ы|е)?")


def _is_persons(word: str) -> bool:
    return is_name(word) or PATRONYMIC.fullmatch(word) is not None


def checked_texts(texts: Iterable[str]) -> list[str]:
    """Texts as a list. Raises ValueError for one text alone and for anything that is not a string."""
    if isinstance(texts, str):
        raise ValueError("ожидался список текстов, а передан один текст; возьмите его в скобки: [text]")
    checked = list(texts)
    for text in checked:
        if not isinstance(text, str):
            raise ValueError(f"ожидались строки, а встретился {type(text).__name__}")
    return checked


def _csr(columns: Sequence[NDArray[np.int32]], values: Sequence[NDArray[np.float32]], width: int) -> sp.csr_matrix:
    ends = np.concatenate([[0], np.cumsum([len(part) for part in columns])])
    indices = np.concatenate(columns) if columns else np.zeros(0, np.int32)
    data = np.concatenate(values) if values else np.zeros(0, np.float32)
    return sp.csr_matrix((data, indices, ends), shape=(len(columns), width))
