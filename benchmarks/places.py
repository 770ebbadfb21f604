"""How well places are found, on messages written for the project (places.csv), and how fast.

    python benchmarks/places.py [-o docs/results/places.md]

A part of the messages was written before the rules, which were mended on it; the other after. A message
without a territory names none of the region's: naming one there is a mistake. Where a street runs
through several districts, the right answer is the city around them. Precision: right among the named; recall:
right among those that have a place. Speed: the same messages repeated, words already cut, one core.
"""

import csv
import time
from pathlib import Path

import click

from tsur_nlp import Appeal
from tsur_nlp.region.loader import load_region
from tsur_nlp.region.locator import Locator
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.tokens import words_of_cleaned

MESSAGES = Path(__file__).with_name("places.csv")
REPEATED = 200


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/places.md"))
def main(output: Path) -> None:
    """Print and write the figures and the mistakes."""
    with MESSAGES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    locator = Locator(load_region("nizhny"))
    read = [(Appeal(row["text"]), cleaned := clean(row["text"]), words_of_cleaned(cleaned)) for row in rows]
    lines = ["| написаны | сообщений | точность | полнота |", "|---|---|---|---|"]
    mistakes = []
    for written, title in (("before", "до правил"), ("after", "после правил, на них ничего не подбиралось")):
        named = right = expected = count = 0
        for row, parts in zip(rows, read, strict=True):
            if row["written"] != written:
                continue
            place = locator.place(*parts)
            found = place.territory if place.known else ""
            count += 1
            named += bool(found)
            expected += bool(row["territory"])
            right += bool(found) and found == row["territory"]
            if found != row["territory"]:
                mistakes.append(f"- «{row['text']}»: {found or 'не найдено'}, верно {row['territory'] or 'ничего'}")
        lines.append(f"| {title} | {count} | {right / named:.3f} | {right / expected:.3f} |")
    started = time.perf_counter()
    for _ in range(REPEATED):
        for parts in read:
            locator.place(*parts)
    speed = REPEATED * len(read) / (time.perf_counter() - started)
    lines += ["", f"Сообщений в секунду на одно ядро: {speed:.0f}", "", "Ошибки:", "", *mistakes]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
