"""Learns to tell kinds of messages apart from data/kinds.csv; writes data/kind_weights.json.

    python -m tsur_nlp.learning.kinds --appeals ../shared/data/kursk.csv --appeals ../shared/data/perm.csv …

Tables of real appeals (column `text`) teach only that such texts are a complaint, a question, a request or a proposal;
which of the four is left to the weights learned so far. No word is kept that the written table does not have.
"""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, vstack
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.catalog.letter_markers import letter_reader
from tsur_nlp.errors import CatalogError
from tsur_nlp.pipeline.kind_model import ASKING, TABLE, WEIGHTS, features, table_digest
from tsur_nlp.tables.column_mapping import find_column
from tsur_nlp.tables.readers import open_table

Floats = NDArray[np.float64]
STRENGTH = 10.0
"""The inverse of the penalty on weights."""
FOLDS, ROUNDS = 5, 2
REAL_TEXTS, REAL_SHARE = 1000, 0.03
"""Texts taken of each table of real appeals, and how much one counts beside a written one."""
SURELY_OTHER = 0.9
"""A real text as surely thanks or an advertisement teaches nothing: it may be one."""
LARGEST = 127
LEAST = 3
"""Weights that round to less, in all kinds of a feature, are left out."""


@click.command()
@click.option("--appeals", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--text", default="text", show_default=True)
def main(appeals: Sequence[Path], text: str) -> None:
    """Learn the weights and write them into the package."""
    source = files("tsur_nlp") / "data"
    written = list(read_reference(source / TABLE, ("kind", "text"), CatalogError))
    vectorizer = DictVectorizer()
    x = vectorizer.fit_transform(_features([record.required("text") for record in written]))
    y = np.array([record.required("kind") for record in written])
    real = vectorizer.transform(_features([found for file in appeals for found in _sample(file, text)] or [""]))
    model, temperature = learn(x, y, real)
    names = vectorizer.get_feature_names_out()
    weights = (model.coef_ / temperature).T
    scale = float(np.abs(weights).max()) / LARGEST
    codes = np.rint(weights / scale).astype(int)
    kept = {str(name): row.tolist() for name, row in zip(names, codes, strict=True) if np.abs(row).max() >= LEAST}
    body = {
        "kinds": [str(kind) for kind in model.classes_],
        "table": table_digest(),
        "scale": scale,
        "intercept": np.round(model.intercept_ / temperature, 4).tolist(),
        "rows": kept,
    }
    line = json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace('],"', '],\n"')
    Path(str(source / WEIGHTS)).write_text(line + "\n", encoding="utf-8")
    print(f"{len(y)} текстов, {real.shape[0]} настоящих, {len(kept)} признаков, температура {temperature:.2f}")


def learn(x: csr_matrix, y: NDArray[np.str_], real: csr_matrix) -> tuple[LogisticRegression, float]:
    """The model of all texts, and the temperature at which its answers on texts left out mean what they say."""
    left_out: list[Floats] = []
    truth: list[int] = []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, y):
        model = _fitted(x[train], y[train], real)
        left_out.append(model.decision_function(x[test]))
        truth += np.searchsorted(model.classes_, y[test]).tolist()
    scores, right = np.concatenate(left_out), np.array(truth)
    print(f"на отложенных пятых: верно {np.mean(scores.argmax(axis=1) == right):.3f}")

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        total = np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1)) + scaled.max(axis=1)
        return float(np.mean(total - scaled[np.arange(len(right)), right]))

    return _fitted(x, y, real), float(minimize_scalar(loss, bounds=(0.3, 5), method="bounded").x)


def _fitted(x: csr_matrix, y: NDArray[np.str_], real: csr_matrix) -> LogisticRegression:
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(x, y)
    asking = [kind for kind in model.classes_ if kind in ASKING]
    columns = np.searchsorted(model.classes_, asking)
    for _ in range(ROUNDS):
        shares = model.predict_proba(real)
        own = shares[:, columns]
        believed = own.sum(axis=1) > 1 - SURELY_OTHER
        own = own[believed] / own[believed].sum(axis=1, keepdims=True)
        labels = np.concatenate([y, np.repeat(asking, len(own))])
        weights = np.concatenate([np.ones(len(y)), REAL_SHARE * own.T.ravel()])
        model = LogisticRegression(C=STRENGTH, max_iter=1000)
        model.fit(vstack([x, *[real[believed]] * len(asking)]), labels, weights)
    return model


def _features(texts: Sequence[str]) -> list[dict[str, float]]:
    read = letter_reader().read_many(texts)
    return [features(words, text) for words, text in zip(read.words, read.texts, strict=True)]


def _sample(file: Path, column: str) -> list[str]:
    """Texts of a table at even steps."""
    with open_table(file) as table:
        at = find_column(table.columns, "text", column)
        texts = [row.text(at) for row in table.rows if not row.problem]
    return texts[:: max(len(texts) // REAL_TEXTS, 1)][:REAL_TEXTS]


if __name__ == "__main__":
    main()
