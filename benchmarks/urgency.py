"""How well urgent messages are told from harmless ones: messages written for the project (urgency.csv), and real rows.

    python benchmarks/urgency.py ../shared/data [-o docs/results/urgency.md] [--show real.txt]

The messages were written before the rules. Those of the half «tune» were looked at while the rules were mended; of
«judge» one mistake was seen and mended too. «after» was written when the rules were first done, and they were mended
on it; «last» after that. «wide» was written later over more kinds of trouble, and the rules were widened on it;
«blind» after they were widened, and one mistake in it was mended: its figures are the ones to believe.
Recall: of messages of level 2 and 3, raised to 2 or 3; precision: of the raised, of level 2 and 3.
Real rows are not labelled: what is raised is counted, and with --show written out for a person to read.
"""

import csv
import time
from collections import Counter
from pathlib import Path

import click

from tsur_nlp import Router
from tsur_nlp.pipeline.urgency import TODAY

MESSAGES = Path(__file__).with_name("urgency.csv")
REAL = {"perm.csv": 1400, "kursk.csv": 400, "ryazan.csv": 200}
"""Rows taken evenly over each file."""
READERS = ("urgency", "vulnerable")


def real_rows(folder: Path) -> list[str]:
    """Texts of the real files, evenly."""
    texts = []
    for name, wanted in REAL.items():
        with (folder / name).open(encoding="utf-8-sig", newline="") as stream:
            found = [row["text"] for row in csv.DictReader(stream)]
        texts += [found[n * len(found) // wanted] for n in range(wanted)]
    return texts


def microseconds(router: Router, texts: list[str], name: str) -> float:
    """What a reader adds to a text, words known already: the best of five runs."""
    component = next(one for one in router.corridor.components if one.name == name)
    blocks = list(router.blocks(texts))
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for block in blocks:
            router.corridor.pass_through(component, block)
        best = min(best, time.process_time() - started)
    return best / len(texts) * 1e6


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/urgency.md"))
@click.option("--show", type=click.Path(path_type=Path), help="Where to write real rows of level 2 and 3.")
def main(data: Path, output: Path, show: Path | None) -> None:
    """Print and write the figures and the mistakes."""
    with MESSAGES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    router = Router.load()
    found = [decision.urgency for decision in router.route_many([row["text"] for row in rows])]
    lines = ["| половина | сообщений | срочных | полнота | точность | уровень тот же |", "|---|---|---|---|---|---|"]
    mistakes = []
    for half in ("tune", "judge", "after", "last", "wide", "blind"):
        pairs = [(int(row["level"]), said.level) for row, said in zip(rows, found, strict=True) if row["half"] == half]
        urgent = sum(right >= TODAY for right, _ in pairs)
        raised = sum(said >= TODAY for _, said in pairs)
        both = sum(min(pair) >= TODAY for pair in pairs)
        same = sum(right == said for right, said in pairs) / len(pairs)
        lines.append(f"| {half} | {len(pairs)} | {urgent} | {both / urgent:.3f} | {both / raised:.3f} | {same:.3f} |")
    for row, said in zip(rows, found, strict=True):
        if (int(row["level"]) >= TODAY) != (said.level >= TODAY):
            why = f" ({', '.join(said.words)})" if said.words else ""
            mistakes.append(f"- {row['half']}, верно {row['level']}, сказано {said.level}: «{row['text']}»{why}")
    texts = real_rows(data)
    decisions = list(router.route_many(texts))
    levels = Counter(decision.urgency.level for decision in decisions)
    lines += [
        "",
        f"Настоящих строк {len(texts)} ({', '.join(f'{name} {count}' for name, count in REAL.items())}): "
        + ", ".join(f"уровень {level} — {levels[level]}" for level in range(4))
        + f"; названы уязвимые — {sum(bool(decision.vulnerable) for decision in decisions)}.",
        "",
        "Время на текст, одно ядро, слова уже знакомы: "
        + ", ".join(
            f"{name} {microseconds(router, texts, name):.1f} мкс"
            for name in READERS
            if any(one.name == name for one in router.corridor.components)
        )
        + ".",
        "",
        "Ошибки на своих сообщениях:",
        "",
        *(mistakes or ["нет"]),
    ]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if show:
        shown = [
            f"{decision.urgency.level} {decision.urgency.words} {text}"
            for text, decision in zip(texts, decisions, strict=True)
            if decision.urgency.level >= TODAY
        ]
        show.write_text("\n".join(line.replace("\n", " ") for line in shown) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
