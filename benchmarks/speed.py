"""Speed of use beside peers, one run, the same rows, one core.

    python benchmarks/speed.py ../shared/data [-o docs/results/speed.md]

Peers are trained on the same rows: word + char TF-IDF with LinearSVC, hashed words with SGD, fastText with
subwords and spaCy's bag of words (each skipped if it is not installed). Names found by natasha stand beside as a
mark of scale. Start-up times are those of fresh processes, the best of five.
"""

import csv
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from tsur_nlp import Decision, Router
from tsur_nlp.learning.names import personal_names
from tsur_nlp.model.classifier import BLOCK
from tsur_nlp.text.tokens import words

START = {
    "import tsur_nlp": "import tsur_nlp",
    "Router.load()": "from tsur_nlp import Router; Router.load()",
    "tsur-nlp route, одна строка": None,
}


def best_of(times: int, run: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def start_up(folder: Path) -> dict[str, float]:
    """Seconds of fresh processes, the bare interpreter taken off."""
    (folder / "one.csv").write_text("text\nЯма на дороге\n", encoding="utf-8")
    bare = best_of(5, lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    # As on a machine of one's own: the code is compiled once and kept.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    route = ["-m", "tsur_nlp", "route", str(folder / "one.csv"), "-o", str(folder / "out.csv")]
    found = {}
    for name, code in START.items():
        command = [sys.executable, *(["-c", code] if code else route)]
        found[name] = (
            best_of(
                5, lambda command=command: subprocess.run(command, env=environment, check=True, capture_output=True)
            )
            - bare
        )
    return found


def spacy_textcat(texts: Sequence[str], labels: Sequence[str]) -> Any:
    """spaCy's bag-of-words classifier after two passes over the rows; None if spaCy is not installed."""
    try:
        import spacy
        from spacy.training import Example
    except ImportError:
        return None
    pipe = spacy.blank("ru")
    architecture = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": True, "ngram_size": 1}
    pipe.add_pipe("textcat", config={"model": architecture | {"no_output_layer": False, "length": 262144}})
    all_labels = sorted(set(labels))
    examples = [
        Example.from_dict(pipe.make_doc(text), {"cats": {label: float(label == own) for label in all_labels}})
        for text, own in zip(texts, labels, strict=True)
    ]
    pipe.initialize(lambda: examples)
    for _ in range(2):
        for batch in spacy.util.minibatch(examples, 128):
            pipe.update(batch)
    return pipe


OURS = "tsur-nlp: route_many, поля прочитаны"
READERS = ("kind", "kind_action", "urgency", "vulnerable", "parts")


def seen(d: Decision) -> tuple[object, ...]:
    """What a host reads of a decision."""
    return d.topics, d.authorities, d.action, d.outcome, d.reasons, d.territory, d.deadline, d.due, d.kind, d.urgency


def without_readers(router: Router, texts: Sequence[str]) -> float:
    """Seconds of the corridor of topics, places and bodies alone."""
    corridor = router.corridor
    every, corridor.components = (
        corridor.components,
        tuple(one for one in corridor.components if one.name not in READERS),
    )
    seconds = best_of(3, lambda: [seen(one) for one in router.route_many(texts)])
    corridor.components = every
    return seconds


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/speed.md"))
def main(data: Path, output: Path) -> None:
    """Print and write the figures."""
    with (data / "kursk.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    texts = [row["text"] for row in rows]
    labels = [row["topic"] for row in rows]
    cleaned = [" ".join(words(text)) for text in texts]
    router = Router.load()
    list(map(Decision.record, router.route_many(texts)))
    # As the workers of `route` do: the search for garbage, which whoever keeps decisions sets off, passes by the model.
    gc.freeze()
    one = "Во дворе на Бекетова, 13 третий день не горят фонари"
    read = [words(text) for text in texts]
    blocks = [read[start : start + BLOCK] for start in range(0, len(read), BLOCK)]
    rates = {
        OURS: len(texts) / best_of(3, lambda: [seen(one) for one in router.route_many(texts)]),
        "tsur-nlp: route_many, поля не читаются": len(texts) / best_of(3, lambda: list(router.route_many(texts))),
        "tsur-nlp: route_many, с сутью и вопросом": len(texts)
        / best_of(3, lambda: list(map(Decision.record, router.route_many(texts)))),
        "tsur-nlp: route_many без читателей, все поля": len(texts) / without_readers(router, texts),
        "tsur-nlp: очистка и вероятности": len(texts) / best_of(3, lambda: router.model.probabilities(texts)),
        "tsur-nlp: оценки по готовым словам": len(texts) / best_of(5, lambda: list(map(router.model.scores, blocks))),
    }
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    plain = make_pipeline(features, LinearSVC(random_state=0)).fit(cleaned, labels)
    rates["TF-IDF + LinearSVC: predict, чистые тексты"] = len(texts) / best_of(1, lambda: plain.predict(cleaned))
    hashed = make_pipeline(HashingVectorizer(ngram_range=(1, 2)), SGDClassifier(random_state=0)).fit(cleaned, labels)
    rates["HashingVectorizer + SGD: predict, чистые тексты"] = len(texts) / best_of(3, lambda: hashed.predict(cleaned))
    few = texts[:300]
    rates["natasha: имена в тексте"] = len(few) / best_of(1, lambda: personal_names(few, 1))
    if (spoken := spacy_textcat(cleaned, labels)) is not None:
        rates["spaCy textcat BOW: чистые тексты"] = len(texts) / best_of(1, lambda: list(spoken.pipe(cleaned)))
    try:
        import fasttext
    except ImportError:
        click.echo("fastText не установлен: pip install 'tsur-nlp[bench]'", err=True)
    else:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            number = {label: i for i, label in enumerate(sorted(set(labels)))}
            file.writelines(f"__label__{number[y]} {x}\n" for x, y in zip(cleaned, labels, strict=True))
            file.flush()
            model = fasttext.train_supervised(
                file.name, lr=1.0, epoch=25, wordNgrams=2, minn=2, maxn=5, bucket=200_000, verbose=0
            )
        predict = best_of(3, lambda: [model.f.predict(text + "\n", 3, 0.0, "strict") for text in cleaned])
        rates["fastText: predict top-3, готовые слова"] = len(texts) / predict
        tokenised = best_of(3, lambda: [model.f.predict(" ".join(words(t)) + "\n", 3, 0.0, "strict") for t in texts])
        rates["fastText: слова и predict top-3"] = len(texts) / tokenised
    ours = rates[OURS]
    lines = ["| что | текстов в секунду | к прочитанным решениям |", "|---|---|---|"]
    lines += [f"| {name} | {rate:.0f} | {rate / ours:.2f} |" for name, rate in rates.items()]
    lines += ["", "| что | секунд |", "|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        lines += [f"| {name} | {seconds:.3f} |" for name, seconds in start_up(Path(folder)).items()]
    warm = best_of(50, lambda: router.route(one))
    lines.append(f"| route одного текста, прогретый | {warm:.5f} |")
    click.echo("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
