"""Kills a run at random moments and looks whether anything was lost.

    python benchmarks/faults.py [--kills 100] [-o docs/results/faults.md]

A table is routed once without interruption. Then the same run is started again and again with `--resume` and
killed by SIGKILL at a random moment, until so many kills have hit; each time a run gets to its end, its output
and its quarantine are compared byte by byte with those of the uninterrupted one, and it begins anew.
"""

import csv
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

SAMPLE = Path(__file__).parents[1] / "notebooks" / "sample_incidents.csv"
ROWS = 6000


def write_messages(file: Path) -> None:
    """Messages of the sample again and again, each with its number; every 500th row is broken."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as stream:
        texts = [row["Текст инцидента"] for row in csv.DictReader(stream)]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("№", "Текст", "Дата создания"))
        for i in range(ROWS):
            row = (i, f"{texts[i % len(texts)]} {i}", "13.05.2024")
            writer.writerow((*row, "лишняя") if i % 500 == 0 else row)


@click.command()
@click.option("--kills", default=100, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/faults.md"))
def main(kills: int, seed: int, output: Path) -> None:
    """Print and write how many runs ended alike."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        source, whole, out = (Path(folder) / name for name in ("in.csv", "whole.csv", "out.csv"))
        write_messages(source)
        base = [sys.executable, "-m", "tsur_nlp", "route", str(source), "-o"]
        started = time.monotonic()
        subprocess.run([*base, str(whole)], check=True, stdout=subprocess.DEVNULL)
        longest = time.monotonic() - started
        expected = [whole.read_bytes(), whole.with_name("whole.csv.rejected.csv").read_bytes()]
        hit = ended = alike = early = 0
        while hit < kills:
            process = subprocess.Popen([*base, str(out), "--resume"], stdout=subprocess.DEVNULL)
            try:
                process.wait(timeout=chance.uniform(0.02, longest))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                hit += 1
                # A kill may come after the output took its name: then it must be whole.
                early += out.exists() and out.read_bytes() != expected[0]
            if process.returncode == 0:
                ended += 1
                found = [out.read_bytes(), out.with_name("out.csv.rejected.csv").read_bytes()]
                alike += found == expected
                for file in Path(folder).glob("*out.csv*"):
                    file.unlink()
    lines = [
        "| убийств | дошло до конца | совпало байт в байт | недописанный файл под своим именем |",
        "|---|---|---|---|",
        f"| {hit} | {ended} | {alike} | {early} |",
    ]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if ended != alike or early:
        sys.exit(1)


if __name__ == "__main__":
    main()
