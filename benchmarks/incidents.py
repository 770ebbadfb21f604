"""How well messages are put together into incidents, how fast, and how often surges are seen where there is none.

    python benchmarks/incidents.py [-o docs/results/incidents.md] [--many 100000]

The messages (incidents.csv) were written before the rules: one half was looked at while tuning, the other only
judges; more were written for tuning later (incidents s… and r…). A pair of messages of one half is right if both are
of one incident and were put into one. Days are simulated with every pair of topic and territory at a constant rate.
"""

import csv
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

import click
import numpy as np

from tsur_nlp import Appeal, Router
from tsur_nlp.decision.decision import Decision
from tsur_nlp.incidents import Incidents
from tsur_nlp.incidents.surges import FALSE_ALARMS, FEWEST, TIMES_USUAL, WEEKS, at_least
from tsur_nlp.journal import Journal

MESSAGES = Path(__file__).with_name("incidents.csv")
HALVES = {"tune": "для настройки", "judge": "для суда", "after": "написаны после настройки"}
START = datetime(2026, 3, 1, 9)
AT_ONCE, STREETS, MATTERS = 50, 400, (
    "Нет холодной воды", "Яма на дороге", "Не вывозят мусор, контейнеры переполнены", "Не горят фонари",
    "Лифт не работает", "Холодные батареи", "Не чистят снег во дворе", "Прорвало канализацию",
)  # fmt: skip
TAILS = (
    "третий день", "когда исправят?", "дома маленький ребёнок", "диспетчер не отвечает", "просим помочь",
    "обещали ещё вчера", "пожалуйста, примите меры", "сколько можно ждать",
)  # fmt: skip


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/incidents.md"))
@click.option("--many", default=100_000, help="Generated messages to time.")
@click.option("--show", is_flag=True, help="Print wrong pairs of the tuning half.")
def main(output: Path, many: int, show: bool) -> None:
    """Print and write the figures."""
    router = Router.load()
    with MESSAGES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    lines = ["| сообщения | сколько | инцидентов | точность пар | полнота пар | F1 |", "|---|---|---|---|---|---|"]
    for half, title in HALVES.items():
        chosen = [row for row in rows if row["half"] == half]
        if chosen:
            lines.append(f"| {title} | {_figures(router, chosen, show and half == 'tune')} |")
    if many:
        lines += ["", _speed(router, many)]
    lines += ["", _false_alarms()]
    print("\n".join(lines))
    if many:
        text = "\n".join(["`python benchmarks/incidents.py`", "", *lines])
        output.write_text(text + "\n", encoding="utf-8")


def _figures(router: Router, rows: Sequence[dict[str, str]], show: bool) -> str:
    appeals = [
        Appeal(row["text"], id=str(n), created=START + timedelta(days=int(row["day"]), minutes=n), thread=row["thread"])
        for n, row in enumerate(rows)
    ]
    order = sorted(range(len(rows)), key=lambda n: appeals[n].created)
    decisions = list(router.route_many(appeals))
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "j.db") as journal:
        incidents = Incidents(journal, router.region)
        joined = list(incidents.add_many((appeals[n], decisions[n]) for n in order))
    put = {n: (one.id if one else -n - 1) for n, one in zip(order, joined, strict=True)}
    pairs = list(combinations(range(len(rows)), 2))
    true = {pair for pair in pairs if rows[pair[0]]["incident"] == rows[pair[1]]["incident"]}
    found = {pair for pair in pairs if put[pair[0]] == put[pair[1]]}
    for a, b in sorted(true ^ found) if show else ():
        print("MISSED" if (a, b) in true else "WRONG", rows[a]["text"], "|", rows[b]["text"])
        print("      ", [(decisions[n].topic.title, decisions[n].territory, decisions[n].kind) for n in (a, b)])
    precision, recall = len(true & found) / max(len(found), 1), len(true & found) / len(true)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    count = len({row["incident"] for row in rows})
    return f"{len(rows)} | {count} | {precision:.3f} | {recall:.3f} | {f1:.3f}"


# ------------------------------------------------------------------------------
#   Speed
# ------------------------------------------------------------------------------


def _generated(many: int) -> Iterator[Appeal]:
    """A year of messages: three of four are about a matter at a house of which somebody wrote just before."""
    made = random.Random(7)
    names = ["".join(made.choices(("ка", "бер", "мо", "зар", "ту", "лин"), k=3)).capitalize() for _ in range(STREETS)]
    ends = ("ова", "ина", "ского", "евой")
    recent: list[tuple[str, str, int]] = []
    for n in range(many):
        if len(recent) < AT_ONCE or made.random() < 0.25:
            recent = [*recent[1 - AT_ONCE :], (made.choice(MATTERS), made.choice(names), made.randint(1, 60))]
        matter, name, house = made.choice(recent)
        street = name + ends[len(name) % 4]
        place = made.choice((f"на {street}, {house}", f"ул. {street} д. {house}"))
        parts = [matter, place, *made.sample(TAILS, 2)]
        yield Appeal(" ".join(parts), id=str(n), created=START + timedelta(minutes=n * 5))


def _speed(router: Router, many: int) -> str:
    appeals = list(_generated(many))
    decisions: list[Decision] = []
    for decision in router.route_many(appeals):
        decision.record()
        decisions.append(decision)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "j.db"
        with Journal(file) as journal:
            started, worked = time.perf_counter(), time.process_time()
            incidents = Incidents(journal, router.region)
            count = len({one.id for one in incidents.add_many(zip(appeals, decisions, strict=True)) if one})
            spent, busy = time.perf_counter() - started, time.process_time() - worked
        with Journal(file) as journal:
            started = time.perf_counter()
            Incidents(journal, router.region)
            opened = time.perf_counter() - started
    return (
        f"{many} сочинённых сообщений за год: {spent:.1f} с, из них процессор {busy:.1f} с; инцидентов {count}; "
        f"открыть журнал снова — {opened:.2f} с."
    )


# ------------------------------------------------------------------------------
#   Surges where there are none
# ------------------------------------------------------------------------------


def _false_alarms(years: int = 10, cells: int = 400) -> str:
    """Simulated years of messages that come by themselves; a check each day, as the command makes it."""
    made = np.random.default_rng(5)
    days, past = 365 * years, WEEKS * 7
    rates = made.lognormal(-1.5, 1.5, cells)
    counts = made.poisson(rates, (days + past, cells))
    before = np.cumsum(np.vstack([np.zeros((1, cells), np.int64), counts]), axis=0)
    alarms = 0
    for day in range(past, days + past):
        now, usual = counts[day], before[day] - before[day - past]
        seen = np.count_nonzero(now + usual)
        for cell in np.flatnonzero((now >= FEWEST) & (now * past >= TIMES_USUAL * usual)):
            n = int(now[cell])
            alarms += at_least(n, n + int(usual[cell]), 1 / (1 + past)) * seen <= FALSE_ALARMS
    return (
        f"Ложные всплески: {alarms} за {years} лет ежедневных проверок {cells} пар «тема — территория», сообщения "
        f"которых приходят сами по себе (пуассоновский поток); граница — {FALSE_ALARMS * 365:.0f} в год."
    )


if __name__ == "__main__":
    main()
