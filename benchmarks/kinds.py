"""How well kinds of messages are told apart, on messages written for the project (kinds.csv).

    python benchmarks/kinds.py [DATA] [-o docs/results/kinds.md]

The messages were written before the rules; one half was looked at while tuning, the other only judges. «Закрыто зря»:
messages that ask for something and were settled as no appeal, among all that ask. ECE: ten bins of confidence.
DATA, a folder with kursk.csv, ryazan.csv and perm.csv: 300 rows that taught nothing, how many are no plain appeal.
"""

import csv
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from tsur_nlp import Router
from tsur_nlp.decision.decision import Decision
from tsur_nlp.learning.kinds import REAL_TEXTS
from tsur_nlp.pipeline.kind_model import ASKING

MESSAGES = Path(__file__).with_name("kinds.csv")
HALVES = {"tune": "для настройки", "judge": "для суда", "after": "написаны после настройки"}
REAL, SOURCES = 300, ("kursk", "ryazan", "perm")


@click.command()
@click.argument("data", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/kinds.md"))
@click.option("--show", is_flag=True, help="Print the mistakes of the tuning half and the real rows marked.")
def main(data: Path | None, output: Path, show: bool) -> None:
    """Print and write the figures."""
    router = Router.load()
    with MESSAGES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    lines = [
        "| сообщения | сколько | вид верен | просит или нет — верно | закрыто зря | закрыто верно | ECE |",
        "|---|---|---|---|---|---|---|",
    ]
    for half, title in HALVES.items():
        chosen = [row for row in rows if row["half"] == half]
        if chosen:
            decisions = list(router.route_many(row["text"] for row in chosen))
            kinds = [row["kind"] for row in chosen]
            lines.append(f"| {title} | {len(chosen)} | {_figures(kinds, decisions)} |")
            for row, d in zip(chosen, decisions, strict=True):
                if show and half == "tune" and d.kind != row["kind"]:
                    print(row["kind"], "->", d.kind, f"{d.kind_confidence:.2f}", d.action, row["text"])
    if data is not None:
        texts = [text for source in SOURCES for text in _untaught(data / f"{source}.csv")]
        started = time.perf_counter()
        decisions = list(router.route_many(texts))
        spent = (time.perf_counter() - started) / len(texts)
        marked = [(text, d) for text, d in zip(texts, decisions, strict=True) if d.kind not in ASKING]
        closed = sum(d.action == "not_an_appeal" for d in decisions)
        counts = ", ".join(f"{kind} {count}" for kind, count in Counter(d.kind for _, d in marked).most_common())
        lines += [
            "",
            f"Настоящих строк {len(texts)}: не просьба и не жалоба {len(marked)} ({counts}); закрыто {closed}.",
        ]
        print(f"{spent * 1e6:.0f} µs a text, cold")
        for text, d in marked if show else ():
            print(d.kind, f"{d.kind_confidence:.2f}", d.action, repr(text[:300]))
    print("\n".join(lines))
    output.write_text("\n".join(["`python benchmarks/kinds.py ../shared/data`", "", *lines]) + "\n", encoding="utf-8")


def _figures(kinds: Sequence[str], decisions: Sequence[Decision]) -> str:
    right = np.array([d.kind == kind for kind, d in zip(kinds, decisions, strict=True)])
    asking = np.array([kind in ASKING for kind in kinds])
    closed = np.array([d.action == "not_an_appeal" for d in decisions])
    same_side = np.mean([(d.kind in ASKING) == asks for d, asks in zip(decisions, asking, strict=True)])
    confidence = np.array([d.kind_confidence for d in decisions])
    bins = np.minimum((confidence * 10).astype(int), 9)
    ece = sum(abs(right[bins == n].sum() - confidence[bins == n].sum()) for n in range(10)) / len(right)
    figures = (right.mean(), same_side, closed[asking].mean() if asking.any() else 0, closed[~asking].mean(), ece)
    return " | ".join(f"{figure:.3f}" for figure in figures)


def _untaught(file: Path) -> list[str]:
    """Rows that `learning/kinds.py` took none of."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        texts = [row["text"] for row in csv.DictReader(stream)]
    step = max(len(texts) // REAL_TEXTS, 1)
    left = texts[REAL_TEXTS:] if step == 1 else texts[step // 2 :: step]
    return left[:: max(len(left) * len(SOURCES) // REAL, 1)][: REAL // len(SOURCES)]


if __name__ == "__main__":
    main()
