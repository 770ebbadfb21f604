"""What a journal goes through: a full disk, a lock, two writers at once and SIGKILL at random moments.

    python benchmarks/journal_faults.py [--kills 100] [-o docs/results/journal_faults.md]

Each fault is a promise and how often it was broken; 0 is the only good number. The full disk needs the right to mount
a tmpfs, and is left out without it.
"""

import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from tsur_nlp import Appeal, JournalError
from tsur_nlp.journal import Entry, Journal, Verdict

WRITER = """
import sys
from datetime import datetime
from tsur_nlp import Appeal
from tsur_nlp.journal import Correction, Entry, Journal, Verdict
with Journal(sys.argv[1], "masked") as journal:
    for i in range(int(sys.argv[3])):
        name = f"{sys.argv[2]}-{i}"
        verdict = Verdict(f"Тема {name}", "", f"Орган {name}", "модель", 0.5, 0.5, "review")
        appeal = Appeal("Яма", id=name, created=datetime(2024, 5, 13))
        journal.record([Entry(appeal, verdict)])
        journal.correct([Correction(appeal, f"Верно {name}", author="оператор")])
        print(i, flush=True)
"""
"""Writes messages and corrects each, and prints the number of those that are done."""
MESSAGES = 200

Row = tuple[str, int, int]
"""A promise, how often it was tried, how often broken."""


def writer(file: Path, name: str, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(file), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def mixed_up(journal: Journal) -> int:
    """Messages that stand with another's topic, authority or correction."""
    titles = journal.titles()
    return sum(
        (titles[topic], titles[body]) != (f"Тема {number}", f"Орган {number}")
        or titles.get(right, f"Верно {number}") != f"Верно {number}"
        for number, topic, body, right in journal.query("SELECT number, topic, authority, right_topic FROM messages")
    )


def is_whole(journal: Journal) -> bool:
    return bool(journal.query("PRAGMA integrity_check").fetchone() == ("ok",))


def killed(kills: int, chance: random.Random, folder: Path) -> Iterator[Row]:
    """A writer killed at a random moment, again and again, in one file."""
    file = folder / "killed.db"
    lost = torn = mixed = 0
    corrected: set[str] = set()
    for attempt in range(kills):
        process = writer(file, str(attempt), 1_000_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        corrected |= {f"{attempt}-{i}" for i in range(1 + len(process.stdout.read().splitlines()))}
        process.wait()
        with Journal(file) as journal:
            torn += not is_whole(journal)
    with Journal(file) as journal:
        found = {number for (number,) in journal.query("SELECT number FROM messages WHERE right_topic IS NOT NULL")}
        lost, mixed = len(corrected - found), mixed_up(journal)
    yield f"убит при записи: ни одно внесённое сообщение и исправление не потеряно ({len(corrected)})", kills, lost
    yield "убит при записи: файл цел", kills, torn
    yield "убит при записи: темы и органы не перепутаны", kills, mixed


def together(folder: Path) -> Iterator[Row]:
    """Two writers at once."""
    both = [writer(folder / "two.db", name, MESSAGES) for name in ("a", "b")]
    failed = sum(bool(one.communicate()[1] or one.returncode) for one in both)
    with Journal(folder / "two.db") as journal:
        lost = 2 * MESSAGES - int(journal.query("SELECT count(*) FROM messages").fetchone()[0])
        yield "двое пишут сразу: всё записано, никто не получил отказа", 2 * MESSAGES, lost + failed + mixed_up(journal)


def locked(folder: Path) -> Iterator[Row]:
    """A file that another program holds."""
    slow = written = 0
    with Journal(folder / "locked.db", wait=1.5) as journal:
        other = sqlite3.connect(folder / "locked.db", isolation_level=None)
        for number in range(5):
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            try:
                journal.record([Entry(Appeal("Яма", str(number)))])
            except JournalError:
                slow += time.monotonic() - began > 2
            other.execute("ROLLBACK")
        other.close()
        written = int(journal.query("SELECT count(*) FROM messages").fetchone()[0])
    yield "файл занят: отказ за 2 с", 5, slow
    yield "файл занят: в чём отказано, не записано и потом", 5, written


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of 600 kB; None without the right to mount one."""
    place = folder / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(place)]
    if subprocess.run(command, capture_output=True).returncode:
        yield None
        return
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def full(folder: Path) -> Iterator[Row]:
    """A disk that fills up in the middle of a write, and has room again later."""
    with small_disk(folder) as place:
        if place is None:
            return
        unsaid = refused = 0
        with Journal(place / "j.db", "masked") as journal:
            for number in range(3000):
                verdict = Verdict(f"Тема {number}", "", f"Орган {number}", "м", 0.5, 0.5, "review")
                try:
                    appeal = Appeal("Яма " * 50, id=str(number), created=datetime(2024, 5, 13))
                    journal.record([Entry(appeal, verdict)])
                except JournalError as error:
                    refused += 1
                    unsaid += "нет места" not in str(error)
                    if refused == 50:
                        subprocess.run(["mount", "-o", "remount,size=16m", str(place)], check=True)
            lost = 3000 - refused - int(journal.query("SELECT count(*) FROM messages").fetchone()[0])
            yield "диск полон: так и сказано", refused, unsaid
            yield "диск полон: принятое записано, темы и органы не перепутаны", 3000, abs(lost) + mixed_up(journal)
            yield "диск полон: файл цел", 1, int(not is_whole(journal))


@click.command()
@click.option("--kills", default=100, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/journal_faults.md"))
def main(kills: int, seed: int, output: Path) -> None:
    """Print and write how often each promise was tried and broken."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*killed(kills, random.Random(seed), folder), *together(folder), *locked(folder), *full(folder)]
    lines = ["| обещание | проверено | нарушено |", "|---|---|---|"]
    lines += [f"| {promise} | {tried} | {broken} |" for promise, tried, broken in rows]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if any(broken for _, _, broken in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
