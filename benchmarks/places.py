"""How well places are found, on messages written for the project (places.csv), and how fast.

    python benchmarks/places.py [-o docs/results/places.md]

Rules were mended on the half «tuning». «judging» was written before them too and measured before its mistakes were
read (precision 0.977, recall 0.966 with the first rules); two kinds of them were mended then. «fresh» was written after
that and measured before its own were (0.989 and 0.979). `territory`: the
right answer: a code, «foreign» for a place outside the region, «?» where a person must settle it, nothing where no
place is named. Where a street runs through several districts, the right answer is the city around them. Precision:
right among the places named (those outside included); recall: right among the messages that have one.
Speed: one core by its own clock, words already cut; the large pack is nizhny with 5 000 settlements, 10 000 streets,
5 000 institutions and 3 300 accounts, made here.
"""

import csv
import shutil
import tempfile
import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import click

from tsur_nlp import Appeal
from tsur_nlp.region.loader import PACKS, load_region
from tsur_nlp.region.locator import Locator, Place
from tsur_nlp.router import Router
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.tokens import words_of_cleaned

MESSAGES = Path(__file__).with_name("places.csv")
REPEATED = 40
ROUTED = 4_000
PASSES = 4
BEGINNINGS = ("бар", "вол", "гор", "дуб", "зар", "кам", "лес", "мол", "нов", "пал", "рог", "сол", "тер", "хол", "чер")
MIDDLES = ("ан", "бор", "вил", "дон", "жит", "зав", "кот", "лан", "мар", "нов", "пет", "род", "сан", "тур")
HALVES = {
    "judging": "судейская: написана до правил",
    "tuning": "по ней правились правила",
    "fresh": "свежие: написаны после правил",
}
KINDS = {
    "plain": "обычные",
    "homonym": "имена-слова и фамилии",
    "foreign": "другие регионы",
    "notforeign": "только упомянуты",
    "settlement": "сёла и деревни",
    "host": "территория от хозяйской системы",
    "road": "трассы",
}


def answer(place: Place, right: str) -> str:
    """What a decision would take a message's place for."""
    if place.foreign:
        return "foreign"
    if place.unplaced or (place.doubt and right == "?"):
        return "?"
    return place.territory if place.known else ""


def large_pack(folder: Path) -> Path:
    """Nizhny with as many rows as a centre has."""
    pack = folder / "large"
    shutil.copytree(str(PACKS / "nizhny"), pack)
    endings = ("ская", "овская", "инская", "евская", "ова", "ина", "ева")
    roots = ["".join(parts) for parts in product(BEGINNINGS, MIDDLES, MIDDLES)]
    names = [f"{root.capitalize()}{ending}" for root, ending in product(roots, endings)]
    territories = [row.split(",")[0] for row in (pack / "territories.csv").read_text("utf-8").splitlines()[2:]]
    with (pack / "streets.csv").open("a", encoding="utf-8") as stream:
        for n in range(10_000):
            kind = ("", "улица ", "проспект ", "переулок ", "проезд ", "бульвар ", "набережная ")[n // len(names) % 7]
            stream.write(f"{kind}{names[n % len(names)]},{territories[n % len(territories)]},\n")
    with (pack / "settlements.csv").open("a", encoding="utf-8") as stream:
        for n in range(200):
            stream.write(f"{roots[n % len(roots)].capitalize()}овка,д,{territories[n % len(territories)]},,no\n")
    head = (pack / "institutions.csv").read_text("utf-8").splitlines()[0].split(",")
    kinds = {"school": "школа", "kindergarten": "детский сад", "hospital": "больница", "culture": "дом культуры"}
    with (pack / "institutions.csv").open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, head, lineterminator="\n")
        for n in range(5_000):
            kind, word = list(kinds.items())[n % len(kinds)]
            name = f"{word} «{names[n % len(names)]} {n}»" if n % 3 else f"{word} имени {names[n % len(names)]}"
            writer.writerow(
                {
                    "code": f"made.{n}",
                    "title": name,
                    "kind": kind,
                    "number": str(n % 400 + 1) if n % 2 else "",
                    "names": name if not n % 2 else "",
                    "territory": territories[n % len(territories)],
                    "parent": "nizhny.health",
                    "confirmed": "yes",
                }
            )
    head = (pack / "accounts.csv").read_text("utf-8").splitlines()[0].split(",")
    with (pack / "accounts.csv").open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, head, lineterminator="\n")
        writer.writerows(
            {"address": f"vk.com/made{n}", "authority": f"made.{n}", "official": "yes"} for n in range(3_300)
        )
    return pack


def quality(locator: Locator, rows: list[dict[str, str]]) -> list[str]:
    """Tables of precision and recall by halves and kinds, and the mistakes."""
    lines = ["| половина | сообщений | точность | полнота |", "|---|---|---|---|"]
    by_kind = ["", "| вид (судейская и свежие) | сообщений | верно |", "|---|---|---|"]
    mistakes: list[str] = []
    kinds: dict[str, list[bool]] = {}
    for half, title in HALVES.items():
        counts = dict.fromkeys(("all", "named", "right", "expected"), 0)
        for row in rows:
            if row["half"] != half:
                continue
            text = clean(row["text"])
            place = locator.place(Appeal(row["text"], territory=row["host"] or None), text, words_of_cleaned(text))
            right, found = row["territory"], answer(place, row["territory"])
            counts["all"] += 1
            counts["named"] += found not in ("", "?")
            counts["expected"] += right not in ("", "?")
            counts["right"] += found == right and right not in ("", "?")
            if half != "tuning":
                kinds.setdefault(row["kind"], []).append(found == right)
            if found != right:
                host = f" [{row['host']}]" if row["host"] else ""
                mistakes.append(f"- {half}{host} «{row['text']}»: {found or 'не найдено'}, верно {right or 'ничего'}")
        lines.append(
            f"| {title} | {counts['all']} | {counts['right'] / counts['named']:.3f} "
            f"| {counts['right'] / counts['expected']:.3f} |"
        )
    by_kind += [f"| {KINDS[kind]} | {len(hits)} | {sum(hits)} |" for kind, hits in kinds.items()]
    return [*lines, *by_kind, "", "Ошибки:", "", *mistakes]


def places_a_second(locator: Locator, rows: list[dict[str, str]]) -> float:
    read = [(Appeal(row["text"]), text := clean(row["text"]), words_of_cleaned(text)) for row in rows]
    for parts in read:
        locator.place(*parts)
    started = time.process_time()
    for _ in range(REPEATED):
        for parts in read:
            locator.place(*parts)
    return REPEATED * len(read) / (time.process_time() - started)


def whole_decisions(packs: Mapping[str, str | Path], rows: list[dict[str, str]]) -> dict[str, dict[str, float]]:
    """By pack: seconds to load a router, of its first pass, and microseconds a text when warm, the best of alternate
    passes."""
    clock = time.process_time
    texts = [row["text"] for row in rows] * (ROUTED // len(rows))
    routers: dict[str, Router] = {}
    measured: dict[str, dict[str, float]] = {}
    for title, pack in packs.items():
        Router.load(region=pack)  # reads the files into memory, so that all are loaded alike
        started = clock()
        routers[title] = Router.load(region=pack)
        loaded = clock()
        list(routers[title].route_many(texts))
        measured[title] = {"загрузка, с": loaded - started, "первый проход, с": clock() - loaded}
    for _ in range(PASSES):
        for title, router in routers.items():
            started = clock()
            list(router.route_many(texts))
            spent = (clock() - started) / len(texts) * 1e6
            measured[title]["мкс на текст"] = min(spent, measured[title].get("мкс на текст", spent))
    return measured


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/places.md"))
def main(output: Path) -> None:
    """Print and write the figures and the mistakes."""
    with MESSAGES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    nizhny = Locator(load_region("nizhny"))
    checked = quality(nizhny, rows)
    with tempfile.TemporaryDirectory() as folder:
        pack = large_pack(Path(folder))
        speeds = {"пакет nizhny": nizhny, "5 000 сёл, 10 000 улиц": Locator(load_region(pack))}
        lines = [
            "Команда: `python benchmarks/places.py`",
            "",
            *checked,
            "",
            "| места | сообщений в секунду |",
            "|---|---|",
        ]
        lines += [f"| {title} | {places_a_second(locator, rows):.0f} |" for title, locator in speeds.items()]
        small, large = whole_decisions({"small": "nizhny", "large": pack}, rows).values()
        lines += ["", "| решение целиком | nizhny | большой пакет |", "|---|---|---|"]
        lines += [f"| {what} | {small[what]:.2f} | {large[what]:.2f} |" for what in small]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
