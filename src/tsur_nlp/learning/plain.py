"""What anyone would try first, to be better than: word and character n-grams weighed by TF-IDF, and LinearSVC."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from tsur_nlp.learning.examples import Examples
from tsur_nlp.learning.fitting import settled
from tsur_nlp.learning.linear import Admissible
from tsur_nlp.learning.metrics import Quality, quality
from tsur_nlp.model.calibration import softmax
from tsur_nlp.text.tokens import words


def plain_svc() -> Any:
    """A scikit-learn pipeline over cleaned texts."""
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    return make_pipeline(features, LinearSVC(random_state=0))


def plain_outside(examples: Examples, source: str) -> Quality:
    """Its topics for a source it never saw, a wide label taught as its first topic and met by any of its topics.

    Softmax of its scores stands in for confidence.
    """
    texts = [" ".join(words(text)) for text in examples.texts]
    own = [i for i, name in enumerate(examples.sources) if name == source]
    others = [i for i, name in enumerate(examples.sources) if name != source]
    machine = plain_svc().fit([texts[i] for i in others], [examples.topics[i][0] for i in others])
    scores: NDArray[np.float32] = np.asarray(machine.decision_function([texts[i] for i in own]), np.float32)
    names = tuple(map(str, machine.classes_))
    known = set(names)
    admissible: list[Admissible] = [
        tuple(label for label in examples.topics[i] if label in known) or examples.topics[i][:1] for i in own
    ]
    padded = (*names, *sorted({row[0] for row in admissible} - known))
    wide = np.full((len(own), len(padded)), -np.inf, np.float32)
    wide[:, : len(names)] = scores
    return quality(softmax(wide).astype(np.float64), padded, settled(admissible, wide, padded))
