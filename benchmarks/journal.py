"""The journal at size: messages written a second, seconds of a year's summary and of the drift, bytes a message.

    python benchmarks/journal.py [--messages 1000000] [-o docs/results/journal.md]

Messages are generated, four sevenths of them in the year summarised and the rest in the year before.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click

from tsur_nlp import Appeal
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.journal.records import Entry, Verdict
from tsur_nlp.journal.statistics import drift, summarize
from tsur_nlp.journal.store import Journal


def messages(year: int, count: int) -> Iterator[Entry]:
    rng = random.Random(year)
    topics = list(load_catalog().topics.values())
    for i in range(count):
        topic = topics[min(int(rng.expovariate(1 / 60)), len(topics) - 1)]
        came = datetime(year, 1, 1) + timedelta(seconds=rng.randrange(365 * 86400))
        body, place = f"Орган {rng.randrange(110)}", f"Округ {rng.randrange(60)}"
        due = came + timedelta(hours=8)
        verdict = Verdict(topic.title, topic.group_title, body, "модель", 0.7, 0.6, "auto", due, 0.1)
        answered = came + timedelta(seconds=rng.randrange(30_000))
        yield Entry(Appeal("Яма", f"{year}-{i}", created=came), verdict, place, rng.random() < 0.6, came, answered)


@click.command()
@click.option("--messages", "count", default=1_000_000, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/journal.md"))
def main(count: int, output: Path) -> None:
    """Print and write one table."""
    now = count * 4 // 7
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "j.db") as journal:
        started = time.perf_counter()
        journal.record(messages(2022, now))
        journal.record(messages(2021, count - now))
        written = time.perf_counter()
        found = summarize(journal, 2022)
        summed = time.perf_counter()
        drift(journal)
        drifted = time.perf_counter()
        size = journal.file.stat().st_size
    assert found.messages + found.messages_before == count, "every message is counted"
    lines = ["| что | значение |", "|---|---|", f"| сообщений | {count} |"]
    lines.append(f"| записано в секунду (вместе с их сочинением) | {count / (written - started):.0f} |")
    lines.append(f"| год в цифрах, секунд | {summed - written:.1f} |")
    lines.append(f"| дрейф, секунд | {drifted - summed:.1f} |")
    lines.append(f"| байт на сообщение | {size / count:.0f} |")
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
