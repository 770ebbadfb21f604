"""Quality on real rows against plain peers, same folds, near-duplicates in one fold.

    python benchmarks/quality.py ../shared/data [-o docs/results/quality.md] [--source NAME]... [--folds N] [--fasttext]

tsur-nlp is trained anew on each four fifths by the very function behind `tsur-nlp train`, vocabulary and
calibration included, and answers for the fifth it never saw. Peers: word (1-2) + char_wb (2-5) TF-IDF with
LinearSVC (softmax of its scores stands in for confidence), and fastText if asked. `--folds`: only so many folds are
answered for, which is enough where texts are many.
"""

import csv
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np

from tsur_nlp.learning.examples import Examples
from tsur_nlp.learning.folds import grouped_folds, near_duplicate_groups
from tsur_nlp.learning.metrics import quality
from tsur_nlp.learning.plain import plain_svc
from tsur_nlp.learning.training import train
from tsur_nlp.model.calibration import softmax
from tsur_nlp.text.tokens import words

FOLDS = 5
TASKS = (
    ("kursk", "topic", "authority"),
    ("ryazan", "topic", "authority"),
    ("ryazan", "category", None),
    ("perm", "topic", "authority"),
    ("perm", "category", None),
)
Answer = tuple[np.ndarray, Sequence[str]]
"""Probabilities (n_texts, n_labels) and the labels of the columns."""


def plain(texts: Sequence[str], labels: Sequence[str], unseen: Sequence[str]) -> Answer:
    machine = plain_svc().fit(texts, labels)
    return softmax(machine.decision_function(unseen)), list(machine.classes_)


def fast_text(texts: Sequence[str], labels: Sequence[str], unseen: Sequence[str]) -> Answer:
    import fasttext

    names = sorted(set(labels))
    number = {name: i for i, name in enumerate(names)}
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(f"__label__{number[label]} {text}\n" for text, label in zip(texts, labels, strict=True))
        file.flush()
        # The best of a grid over lr, epoch, wordNgrams, minn-maxn and loss on one fold of kursk.csv.
        model = fasttext.train_supervised(
            file.name, lr=1.0, epoch=50, wordNgrams=1, minn=3, maxn=5, loss="ova", bucket=200_000, thread=2, verbose=0
        )
    found = np.full((len(unseen), len(names)), 1e-9)
    for row, text in zip(found, unseen, strict=True):
        # The method of the binding: its wrapper asks numpy for something numpy 2 no longer gives.
        for probability, label in model.f.predict(text + "\n", -1, 0.0, "strict"):
            row[int(label.removeprefix("__label__"))] += probability
        row /= row.sum()
    return found, names


def across(
    texts: Sequence[str], labels: Sequence[str], folds: np.ndarray, answered: int, answer: Callable[..., Answer]
) -> tuple[np.ndarray, list[str]]:
    """Out-of-fold probabilities of a method, for all labels."""
    names = sorted(set(labels))
    column = {name: i for i, name in enumerate(names)}
    found = np.zeros((len(texts), len(names)))
    for fold in range(answered):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        values, known = answer([texts[i] for i in inside], [labels[i] for i in inside], [texts[i] for i in outside])
        found[np.ix_(outside, [column[name] for name in known])] = values
    return found, names


def ours_of_all_heads(examples: Examples, folds: np.ndarray, answered: int) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Out-of-fold probabilities of whole trainings, by head."""
    truth = {"topic": examples.topics} | ({"authority": examples.authorities} if examples.authorities else {})
    names = {head: sorted({row[0] for row in rows}) for head, rows in truth.items()}
    found = {head: np.zeros((len(folds), len(names[head]))) for head in truth}
    for fold in range(answered):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        part = Examples(
            tuple(examples.texts[i] for i in inside),
            tuple(examples.topics[i] for i in inside),
            tuple(examples.authorities[i] for i in inside) if examples.authorities else None,
        )
        model = train(part).model
        for head, values in model.probabilities([examples.texts[i] for i in outside]).items():
            columns = [names[head].index(name) for name in model.heads[head].labels]
            found[head][np.ix_(outside, columns)] = values
    return {head: (found[head], names[head]) for head in truth}


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/quality.md"))
@click.option("--source", "sources", multiple=True)
@click.option("--folds", "answered", default=FOLDS)
@click.option("--fasttext", "with_fast_text", is_flag=True)
def main(data: Path, output: Path, sources: Sequence[str], answered: int, with_fast_text: bool) -> None:
    """Print and write one table."""
    lines = [
        "| данные | метка | метод | top-1 | top-3 | macro-F1 | weighted F1 | ECE | охват при 0,80 "
        "| точность на половине |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for source, topic, authority in TASKS:
        if sources and source not in sources:
            continue
        with (data / f"{source}.csv").open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        texts = [row["text"] for row in rows]
        folds = grouped_folds(near_duplicate_groups(texts), FOLDS)
        cleaned = [" ".join(words(text)) for text in texts]
        examples = Examples(
            tuple(texts),
            tuple((row[topic],) for row in rows),
            tuple((row[authority],) for row in rows) if authority else None,
        )
        trained = ours_of_all_heads(examples, folds, answered)
        rows_answered = np.flatnonzero(folds < answered)
        for head, label in (("topic", topic), ("authority", authority)):
            if label is None:
                continue
            truth = [row[label] for row in rows]
            commonest = max(set(truth), key=truth.count)
            methods = {
                "самая частая метка": lambda *_, label=commonest: (1.0, [label]),
                "TF-IDF + LinearSVC": plain,
            } | ({"fastText": fast_text} if with_fast_text else {})
            results = {name: across(cleaned, truth, folds, answered, method) for name, method in methods.items()}
            results["tsur-nlp"] = trained[head]
            for name, (found, names) in results.items():
                figures = quality(found[rows_answered], names, [truth[i] for i in rows_answered])
                shown = (
                    figures.top1, figures.top3, figures.macro_f1, figures.weighted_f1,
                    figures.ece, figures.coverage_at_80, figures.precision_at_half,
                )  # fmt: skip
                lines.append(f"| {source} | {label} | {name} | " + " | ".join(f"{value:.3f}" for value in shown) + " |")
                print(lines[-1], flush=True)
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
