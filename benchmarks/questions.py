"""How well several questions in one message are told apart, and how fast.

    python benchmarks/questions.py ../shared/data [-o docs/results/questions.md]

Messages of questions.csv were written before the rules and split into a half that the rules were tuned on and a half
that judges them. The set of groups of topics of all parts (of the topic, where a message is whole) is held against
the written one. A single question split is a mistake. On real rows nobody knows how many questions there are: the
share that is split is told, and `--show N` prints N split rows to be read by a person; no row is written anywhere.
Speed: real rows with the parts component and without, processor time of one core, the least of several runs by turns.
"""

import csv
import random
import time
from collections.abc import Iterable
from pathlib import Path

import click

from tsur_nlp import Decision, Router
from tsur_nlp.pipeline.parts import PartsComponent

MESSAGES = Path(__file__).with_name("questions.csv")
SOURCES = ("kursk", "perm")
ROWS, RUNS, SEED = 2000, 5, 1


def groups_of(decision: Decision) -> set[str]:
    """Codes of the groups of all that a message asks."""
    return {part.topic.code.split(".")[0] for part in decision.parts or (decision,)}


def figures(rows: list[dict[str, str]], found: list[set[str]]) -> tuple[int, float, float, float, float]:
    """Messages, F1, precision and recall of their groups, the share of single questions that were split."""
    wanted = [set(row["groups"].split()) for row in rows]
    met = sum(len(a & b) for a, b in zip(wanted, found, strict=True))
    precision, recall = met / sum(map(len, found)), met / sum(map(len, wanted))
    single = [len(b) > 1 for a, b in zip(wanted, found, strict=True) if len(a) == 1]
    return len(rows), 2 * precision * recall / (precision + recall), precision, recall, sum(single) / len(single)


def real_rows(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        texts = [row["text"] for row in csv.DictReader(stream)]
    return random.Random(SEED).sample(texts, min(ROWS, len(texts)))


def microseconds(router: Router, texts: list[str]) -> tuple[float, float]:
    """A text with parts and without, all decided and none read."""
    corridor, times = router.corridor, {True: float("inf"), False: float("inf")}
    every = corridor.components
    whole = tuple(one for one in every if not isinstance(one, PartsComponent))
    for _ in range(RUNS):
        for parts in (True, False):
            corridor.components = every if parts else whole
            started = time.process_time()
            for _ in router.route_many(texts):
                pass
            times[parts] = min(times[parts], time.process_time() - started)
    corridor.components = every
    return times[True] / len(texts) * 1e6, times[False] / len(texts) * 1e6


def show(router: Router, texts: Iterable[str], count: int) -> None:
    for text, decision in zip(texts, router.route_many(texts), strict=True):
        if decision.parts and count:
            count -= 1
            print("—" * 80)
            for part in decision.parts:
                start, stop = part.span or (0, 0)
                print(f"[{part.topic.title[:50]} {part.topic.confidence:.2f} {part.action}] {text[start:stop]}")


@click.command()
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/questions.md"))
@click.option("--show", "shown", default=0, help="How many split real rows of each source to print.")
@click.option("--mistakes", type=click.Choice(["tune", "judge"]), help="Print what went wrong in a half.")
def main(data: Path, output: Path, shown: int, mistakes: str | None) -> None:
    """Print and write the figures."""
    router = Router.load()
    with MESSAGES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [groups_of(decision) for decision in router.route_many([row["text"] for row in rows])]
    lines = [
        "| половина | сообщений | F1 групп | точность | полнота | одиночных разбито |",
        "|---|---|---|---|---|---|",
    ]
    for half, title in (("tune", "на ней подбиралось"), ("judge", "на ней ничего не подбиралось")):
        at = [n for n, row in enumerate(rows) if row["half"] == half]
        count, *shares = figures([rows[n] for n in at], [found[n] for n in at])
        lines.append(f"| {title} | {count} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
        for n in at if half == mistakes else ():
            if set(rows[n]["groups"].split()) != found[n]:
                print(
                    rows[n]["groups"], "→", " ".join(sorted(found[n])), "|", rows[n]["text"][:200].replace("\n", " / ")
                )
    lines += ["", "| настоящие строки | сообщений | разбито | мкс с частями | без них |", "|---|---|---|---|---|"]
    for source in SOURCES:
        texts = real_rows(data / f"{source}.csv")
        split = sum(bool(decision.parts) for decision in router.route_many(texts)) / len(texts)
        with_parts, without = microseconds(router, texts)
        lines.append(f"| {source} | {len(texts)} | {split:.3f} | {with_parts:.0f} | {without:.0f} |")
        show(router, texts, shown)
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
