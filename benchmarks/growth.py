"""Where the time of a decision goes, and how it grows with the text, the classes and the rows; memory with the rows.

    python benchmarks/growth.py [-o docs/results/growth.md]

Texts are the self-written sample, repeated to the length asked for. A model of so many classes is the shipped one
with its columns repeated. Rows are routed in a fresh process each time, as a stream.
"""

import csv
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from speed import best_of

from tsur_nlp import Appeal, Decision, Router
from tsur_nlp.model.classifier import BLOCK, AppealModel, likeliest
from tsur_nlp.model.weights import Weights
from tsur_nlp.pipeline.block import Block
from tsur_nlp.text.tokens import words

SAMPLE = Path(__file__).parents[1] / "notebooks" / "sample_incidents.csv"
LENGTHS = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
CLASSES = (10, 50, 200, 500, 1_000, 2_000)
ROWS = (1_000, 10_000, 100_000, 1_000_000)
STREAM = """
import csv, json, resource, sys, time
from itertools import cycle, islice
from tsur_nlp import Appeal, Decision, Router
with open(sys.argv[1], encoding="utf-8-sig", newline="") as stream:
    texts = [row["Текст инцидента"] for row in csv.DictReader(stream)]
router = Router.load()
started = time.perf_counter()
done = sum(1 for _ in router.route_many(islice(cycle(texts), int(sys.argv[2]))))
seconds = time.perf_counter() - started
print(json.dumps([done, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def sample_texts() -> list[str]:
    with SAMPLE.open(encoding="utf-8-sig", newline="") as stream:
        return [row["Текст инцидента"] for row in csv.DictReader(stream)]


def with_classes(model: AppealModel, count: int) -> AppealModel:
    """A model of one head with so many labels, its columns taken again and again from those of another."""
    columns = np.arange(count) % len(model.weights.intercept)
    weights = Weights(model.weights.codes[:, columns], model.weights.scales, model.weights.intercept[columns])
    topic = model.heads["topic"]
    labels = tuple(f"t{i}" for i in range(count))
    return AppealModel(model.vocabulary, weights, {"topic": replace(topic, labels=labels, examples=(1,) * count)})


def table(title: str, rows: list[tuple[str, ...]], *columns: str) -> list[str]:
    lines = [f"## {title}", "", "| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def by_stage(router: Router, texts: list[str]) -> list[tuple[str, ...]]:
    """Microseconds a text of each component by itself, and of a decision read with all its fields."""
    texts = (texts * (BLOCK // len(texts) + 1))[:BLOCK]
    appeals = list(map(Appeal, texts))
    corridor, store = router.corridor, router.model.word_store(router.traits)
    seconds: dict[str, float] = {}

    def timed(name: str, run: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = run()
        seconds[name] = min(seconds.get(name, 1e9), time.perf_counter() - start)
        return found

    for _ in range(6):
        read = timed("очистка и слова", partial(router.reader.read, texts, store))
        block = timed(
            "слова блока", partial(Block, appeals, read.texts, read.numbers, read.lengths, store, corridor.bits)
        )
        for component in corridor.components:
            timed(component.name, partial(corridor.pass_through, component, block))
        timed("чтение всех полей", partial(list, map(Decision.record, block.decisions())))
    seconds["всего"] = sum(seconds.values())
    whole = seconds["всего"]
    return [(name, f"{value / len(texts) * 1e6:.1f}", f"{value / whole:.2f}") for name, value in seconds.items()]


def by_length(router: Router, text: str) -> list[tuple[str, ...]]:
    rows = []
    for length in LENGTHS:
        long = (text * (length // len(text) + 1))[:length]
        seconds = best_of(5, lambda long=long: router.route(long))
        rows.append((str(length), f"{seconds * 1000:.2f}", f"{seconds / length * 1e6:.2f}"))
    return rows


def by_classes(router: Router, read: list[list[str]]) -> list[tuple[str, ...]]:
    rows = []
    for count in CLASSES:
        model = with_classes(router.model, count)
        seconds = best_of(5, lambda model=model: likeliest(model.probabilities_of_words(read)["topic"], 12)) / len(read)
        rows.append((str(count), f"{seconds * 1e6:.1f}", f"{seconds / count * 1e9:.0f}"))
    return rows


def by_rows() -> list[tuple[str, ...]]:
    rows = []
    for count in ROWS:
        done = subprocess.run(
            [sys.executable, "-c", STREAM, str(SAMPLE), str(count)], check=True, capture_output=True, text=True
        )
        routed, seconds, memory = json.loads(done.stdout)
        rows.append((str(routed), f"{seconds:.1f}", f"{seconds / routed * 1e6:.0f}", f"{memory:.0f}"))
        print(rows[-1], flush=True)
    return rows


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/growth.md"))
def main(output: Path) -> None:
    """Print and write the tables."""
    router = Router.load()
    texts = sample_texts()
    list(router.route_many(texts))
    read = [words(text) for text in texts]
    read = (read * (BLOCK // len(read) + 1))[:BLOCK]
    lines = table("Этапы", by_stage(router, texts), "этап", "мкс на текст", "доля")
    lines += table("Длина текста", by_length(router, " ".join(texts)), "знаков", "мс на решение", "мкс на знак")
    lines += ["Текст длиннее 100 000 знаков читается до этого места.", ""]
    lines += table("Число тем", by_classes(router, read), "тем", "мкс на текст", "нс на тему")
    lines += table("Число строк", by_rows(), "строк", "секунд", "мкс на строку", "память, МБ")
    print("\n".join(lines))
    output.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
