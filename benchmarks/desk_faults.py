"""What the desk goes through: SIGKILL of the server at random moments while answers are clicked.

    python benchmarks/desk_faults.py [--kills 50] [-o docs/results/desk_faults.md]

Each fault is a promise and how often it was broken; 0 is the only good number.
"""

import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

import click
import httpx

from tsur_nlp import Appeal
from tsur_nlp.journal import Entry, Journal, Verdict

MESSAGES = 20_000
ASKED, RIGHT = "Капитальный ремонт домов", "Неисправность или отключение лифтов"
LATEST = 1.5
"""Seconds from the first click within which the server is killed."""


def serve(journal: Path) -> "tuple[subprocess.Popen[bytes], str]":
    """A server that answers, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tsur_nlp", "serve", "--port", str(port), "--journal", str(journal)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            httpx.get(f"{url}/health", timeout=5)
            return process, url
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def work(url: str, first: int) -> tuple[list[int], int]:
    """Answer one message after another until the server is gone: those confirmed, and the one in the middle."""
    confirmed: list[int] = []
    number = first
    try:
        with httpx.Client(base_url=url, timeout=20) as client:
            page = client.get("/desk")
            cookie = re.match("__Host-tsur=([^;]*)", page.headers["set-cookie"])
            csrf = re.search('name="csrf" value="(\\w+)"', page.text)
            assert cookie is not None
            assert csrf is not None
            client.headers["cookie"] = f"__Host-tsur={cookie[1]}"
            while True:
                sent = {"csrf": csrf[1], "right_topic": RIGHT}
                if client.post(f"/desk/messages/{number}", data=sent).status_code == 303:
                    confirmed.append(number)
                number += 1
    except httpx.TransportError:
        return confirmed, number


@click.command()
@click.option("--kills", default=50, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/desk_faults.md"))
def main(kills: int, seed: int, output: Path) -> None:
    """Print and write how often each promise was tried and broken."""
    chance = random.Random(seed)
    verdict = Verdict(ASKED, "ЖКХ", "Администрация", "модель", 0.4, 0.4, "review")
    confirmed: set[int] = set()
    torn: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "j.db"
        with Journal(file, "masked") as journal:
            now = datetime(2026, 5, 13)
            journal.record(
                Entry(Appeal(f"Течёт крыша, дом {n}", f"n{n}", created=now), verdict) for n in range(MESSAGES)
            )
        first = 1
        for _ in range(kills):
            process, url = serve(file)
            killer = threading.Timer(chance.uniform(0.02, LATEST), process.send_signal, [signal.SIGKILL])
            killer.start()
            written, first = work(url, first)
            killer.join()
            process.wait()
            confirmed |= set(written)
            torn.append(first)
        with Journal(file) as journal:
            titles = journal.titles()
            right = {
                number: titles.get(topic) for number, topic in journal.query("SELECT id, right_topic FROM messages")
            }
            reviewed = {number for (number,) in journal.query("SELECT id FROM messages WHERE reviewed IS NOT NULL")}
            said = dict(journal.query("SELECT message, count(*) FROM corrections GROUP BY message"))
            whole = journal.query("PRAGMA integrity_check").fetchone()[0] == "ok"
    halves = sum((number in reviewed) != (right[number] == RIGHT) or said.get(number, 0) > 1 for number in right)
    rows = [
        (f"сервер убит под руками: ни один подтверждённый ответ не потерян ({len(confirmed)})", kills,
         sum(right[number] != RIGHT or said.get(number) != 1 for number in confirmed)),
        ("сервер убит под руками: ответ записан целиком или не записан вовсе", kills, halves),
        ("сервер убит под руками: не записано ничего, на что не нажимали", kills,
         len(reviewed - confirmed - set(torn))),
        ("сервер убит под руками: журнал цел", 1, int(not whole)),
    ]  # fmt: skip
    lines = ["| обещание | проверено | нарушено |", "|---|---|---|"]
    lines += [f"| {promise} | {tried} | {broken} |" for promise, tried, broken in rows]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if any(broken for _, _, broken in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
