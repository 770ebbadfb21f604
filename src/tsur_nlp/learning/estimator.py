"""The classifier behind `tsur-nlp train` as a scikit-learn estimator, for notebooks and pipelines."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from tsur_nlp.learning.examples import Examples
from tsur_nlp.learning.features import checked_texts
from tsur_nlp.learning.training import train
from tsur_nlp.model.encoder import open_encoder
from tsur_nlp.text.labels import merged


class AppealClassifier(ClassifierMixin, BaseEstimator):
    """Texts → labels, with calibrated probabilities; settings are chosen by cross-validation within `fit`.

    Spellings of one label that differ in case, blanks or look-alike letters are one class, as in `tsur-nlp train`.

    Parameters
    ----------
    use_catalog : whether titles of labels, and what the catalogue knows of them, teach beside the texts.
    random_state : seed of the folds.
    n_jobs : cores used; all, up to five, if not given.
    encoder : folder or name of an encoder of sentences to be tried where words are unsure; none by default.

    Attributes
    ----------
    classes_ : labels in the order of the columns of `predict_proba`.
    model_ : the AppealModel, which can be saved and routed with.
    quality_ : figures of the cross-validation.
    """

    def __init__(
        self,
        use_catalog: bool = True,
        random_state: int = 0,
        n_jobs: int | None = None,
        encoder: str | Path | None = None,
    ):
        self.use_catalog = use_catalog
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.encoder = encoder

    def fit(self, X: Iterable[str], y: Sequence[Any]) -> Self:
        """Learn from texts and their labels. Raises ValueError for anything but as many strings as labels."""
        texts = checked_texts(X)
        labels = [str(label) for label in y]
        topics, _ = merged(labels)
        if len(texts) != len(labels):
            raise ValueError(f"текстов {len(texts)}, а меток {len(labels)}; нужно поровну")
        if len(set(topics)) < 2:
            raise ValueError(f"различных меток {len(set(topics))}, а нужно хотя бы две")
        examples = Examples(tuple(texts), tuple((label,) for label in topics), None)
        encoder = open_encoder(self.encoder) if self.encoder else None
        lessons = None if self.use_catalog else ()
        trained = train(examples, lessons, seed=self.random_state, jobs=self.n_jobs, encoder=encoder)
        self.model_ = trained.model
        self.quality_ = trained.quality["topic"]
        self.classes_ = np.array(self.model_.heads["topic"].labels, dtype=object)
        return self

    def predict_proba(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Calibrated probabilities, shape (n_texts, n_classes)."""
        check_is_fitted(self)
        return self.model_.probabilities(checked_texts(X))["topic"]

    def predict(self, X: Iterable[str]) -> NDArray[np.object_]:
        """The likeliest label of each text."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
