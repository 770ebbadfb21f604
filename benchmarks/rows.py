"""The command line over tables of many rows: seconds, seconds of processors, rows a second, largest process.

    python benchmarks/rows.py [--rows 90000] [--jobs 2] [-o docs/results/rows.md]

Messages are those of the self-written sample again and again, each with its number. Memory should not grow
with the rows; a tenth of the rows stands beside.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import xlsxwriter

SAMPLE = Path(__file__).parents[1] / "notebooks" / "sample_incidents.csv"
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
sys.exit(code)
"""


def write_messages(file: Path, count: int) -> None:
    with SAMPLE.open(encoding="utf-8-sig", newline="") as stream:
        texts = [row["Текст инцидента"] for row in csv.DictReader(stream)]
    rows = [("№", "Текст", "Дата создания")]
    rows += [(str(i), f"{texts[i % len(texts)]} {i}", "13.05.2024") for i in range(count)]
    if file.suffix == ".csv":
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
        return
    with xlsxwriter.Workbook(str(file), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)


@click.command()
@click.option("--rows", default=90_000, show_default=True)
@click.option("--jobs", default=2, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/rows.md"))
def main(rows: int, jobs: int, output: Path) -> None:
    """Print and write one table."""
    lines = [
        "| таблица | строк | процессов | секунд | секунд процессоров | строк в секунду | память, МБ |",
        "|---|---|---|---|---|---|---|",
    ]
    # An installed package is compiled once, and not with each run.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    print("\n".join(lines), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for suffix, count in ((".csv", rows // 10), (".csv", rows), (".xlsx", rows)):
            source, target = Path(folder) / f"in{suffix}", Path(folder) / f"out{suffix}"
            write_messages(source, count)
            command = [sys.executable, "-m", "tsur_nlp", "route", str(source), "-o", str(target), "--jobs", str(jobs)]
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", MEASURED, *command],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            seconds = time.perf_counter() - started
            memory, used = map(float, done.stdout.split())
            told = (
                suffix,
                count,
                jobs,
                f"{seconds:.1f}",
                f"{used:.1f}",
                f"{count / seconds:.0f}",
                f"{memory / 1024:.0f}",
            )
            lines.append(f"| {' | '.join(map(str, told))} |")
            print(lines[-1], flush=True)
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
