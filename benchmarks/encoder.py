"""What an encoder adds to words on real rows, and what it costs; near-duplicates in one fold.

    python benchmarks/use_encoder.py /tmp/use
    python benchmarks/encoder.py ../shared/data --encoder /tmp/use [--source NAME]... [--folds N] [-o FILE]

Topics are learned anew on each four fifths by the very function behind `tsur-nlp train --encoder`, heads by the usual
setting (it takes minutes), and the fifth is answered twice: by words alone (the same model without its second view)
and by both. Each text is encoded once for all folds. Milliseconds are those of a processor for one vector.
"""

import csv
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from tsur_nlp.learning.examples import Examples
from tsur_nlp.learning.fitting import USUAL
from tsur_nlp.learning.folds import grouped_folds, near_duplicate_groups
from tsur_nlp.learning.metrics import quality
from tsur_nlp.learning.training import train
from tsur_nlp.model.encoder import Encoder
from tsur_nlp.model.features import Floats
from tsur_nlp.text.tokens import words
from tsur_nlp.text.vectorized import read_many

FOLDS = 5
SOURCES = ("kursk", "ryazan")


class Remembering(Encoder):
    """An encoder that knows the vectors it made, and how long they took."""

    def __init__(self, place: str, named: bool) -> None:
        self.known: dict[str, Floats] = {}
        self.seconds = 0.0
        super().__init__(place, named)

    def encode(self, texts: Sequence[str], jobs: int = 1) -> Floats:
        fresh = [text for text in dict.fromkeys(texts) if text not in self.known]
        started = time.process_time()
        self.known |= dict(zip(fresh, super().encode(fresh), strict=True))
        self.seconds += time.process_time() - started
        return np.stack([self.known[text] for text in texts])


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--encoder", "place", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--source", "sources", multiple=True, default=SOURCES)
@click.option("--folds", "answered", default=FOLDS)
@click.option("-o", "--output", type=click.Path(path_type=Path))
def main(data: Path, place: Path, sources: Sequence[str], answered: int, output: Path | None) -> None:
    """Print, and write if asked, one table."""
    encoder = Remembering(str(place.resolve()), named=False)
    lines = [
        "| данные | ответ | текстов | top-1 | top-3 | macro-F1 | ECE | охват при 0,80 | кодируется | мс на вектор |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for source in sources:
        with (data / f"{source}.csv").open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if words(row["text"])]
        texts, topics = [row["text"] for row in rows], [row["topic"] for row in rows]
        folds = grouped_folds(near_duplicate_groups(texts), FOLDS)
        names = sorted(set(topics))
        found = {way: np.zeros((len(texts), len(names))) for way in ("слова", "слова и кодировщик")}
        encoded = 0
        for fold in range(answered):
            inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            known = Examples(tuple(texts[i] for i in inside), tuple((topics[i],) for i in inside), None)
            trained = train(known, setting=USUAL, encoder=encoder)
            model = trained.model
            columns = [names.index(name) for name in model.heads["topic"].labels]
            unseen = [texts[i] for i in outside]
            cleaned, read = read_many(unseen)
            encoded += len(model.judged(model.scores(read), cleaned)[1])
            for way, one in zip(found, (replace(model, second=None), model), strict=True):
                found[way][np.ix_(outside, columns)] = one.probabilities(unseen)["topic"]
            print(f"# {source}, часть {fold + 1}: {trained.encoded.told if trained.encoded else ''}", flush=True)
        asked = np.flatnonzero(folds < answered)
        truth = [topics[i] for i in asked]
        right = []
        for way, values in found.items():
            one = quality(values[asked], names, truth)
            right.append(np.array([names[i] for i in values[asked].argmax(axis=1)]) == truth)
            figures = (one.top1, one.top3, one.macro_f1, one.ece, one.coverage_at_80)
            both = way != "слова"
            milliseconds = 1000 * encoder.seconds / len(encoder.known)
            cost = (f"{encoded / len(asked):.2f}", f"{milliseconds:.1f}") if both else ("0", "—")
            cells = [source, way, str(len(asked)), *(f"{value:.3f}" for value in figures), *cost]
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
        gain = right[1].astype(float) - right[0]
        spread = 1.96 * gain.std(ddof=1) / len(gain) ** 0.5
        lines.append(f"| {source} | разность, 95 % | {len(asked)} | {gain.mean():+.3f} ± {spread:.3f} | | | | | | |")
        print(lines[-1], flush=True)
    if output:
        output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
