"""Throws nasty input at everything that reads, and looks for crashes and for time that grows too fast.

    python benchmarks/fuzz.py [--inputs 100000] [-o docs/results/fuzz.md]

Inputs are made of fragments that have broken such programs before, with a fixed seed. Texts go through
cleaning, tokens with spans, institutions, places and, every twentieth, a whole decision; bytes, damaged tables and
workbooks with changed parts (fuzz_tables.py) go through the readers of tables; changed bytes of a saved model
through its loader. Only the library's own errors may come.
Growth: the time for a text of 100 000 characters over that for 50 000, for each fragment repeated, and for a table
of twice as many rows, by the clock of the process; 2 is linear.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
import fuzz_tables

from tsur_nlp import ModelError, Router
from tsur_nlp.learning.examples import Examples
from tsur_nlp.learning.training import train
from tsur_nlp.model import persistence as storage
from tsur_nlp.privacy import mask
from tsur_nlp.text.cleaning import MAX_CHARS, clean
from tsur_nlp.text.tokens import tokenize, words_of_cleaned
from tsur_nlp.text.vectorized import read_many

FRAGMENTS = (
    "яма", "Яма на дороге. ", "ё", "Ё", "й", "и\u0306", "İ", "ﬁ", "a", "A", "Hello", "аaаa", "!!!", "…", ".",
    ",", "-", "—", "«", "»", '"', "'", "`", "\\", "/", "//", "http://", "https://vk.com/", "www.", "@",
    "@club1", "@id1 (", "*id7", "[", "]", "[club1|", "[id1|Имя]", "[ФИО]", "|", "(", ")", "<", ">", "<br>",
    "<a href=", "<!--", "-->", "</", "&", "&amp;", "&lt;", "&#", "&#1080;", "&#x10FFFF;", "&nbsp", ";", "=",
    "=cmd|' /C calc'!A0", "+7", "8 (999) 000-00-00", "№", "N", "школа", "школе №", "в 45-й ", "ФОК «", "ул.",
    "ул. Ленина, ", "г. ", "р-н", "Нижний ", "Новгород", "Бор", "д. 5", "13а", "0", "1", "99999999", "1e9",
    "\n", "\r\n", "\t", " ", "  ", "\u00a0", "\u200b", "\u202e", "\ufeff", "\x00", "\x1f", "\ud800", "\udfff",
    "😀", "👨\u200d👩\u200d👧", "🇷🇺", "a\u0301" * 3, "null", "{", "}", "[" * 30, "{\"a\":", "DROP TABLE", "x@y.zz",
    "x" * 65, "я" * 200, "_", "__", "#", "#тег", "%", "%s", "\u2028", "漢字", "עברית", "ا",
)  # fmt: skip
LONGEST = 40
TIMED = MAX_CHARS // 2
SHORTEST_TIME = 0.002
"""Seconds. Below it a ratio of times says nothing."""


def nasty(chance: random.Random) -> str:
    """A text of a few fragments, one of them sometimes repeated."""
    parts = [chance.choice(FRAGMENTS) for _ in range(chance.randint(0, LONGEST))]
    if parts and chance.random() < 0.1:
        parts.insert(chance.randrange(len(parts)), chance.choice(FRAGMENTS) * chance.randint(2, 300))
    return "".join(parts)


def read_text(router: Router, text: str, whole: bool) -> None:
    cleaned = clean(text)
    read = words_of_cleaned(cleaned)
    assert read_many([text, "яма"])[1] == [read, ["яма"]], "a block reads a text as it is read alone"
    mask(text)
    if router.region is not None:
        list(router.region.institutions.find(cleaned, read))
    for token in tokenize(text):
        assert 0 <= token.start < token.stop <= len(text), "a token's span lies outside its text"
    assert clean(cleaned.replace("\n", " ")) is not None
    if whole:
        decision = router.route(text)
        assert decision.reasons, "a decision without a reason"
        assert bool(read) or decision.action == "not_an_appeal"


def read_table(folder: Path, chance: random.Random) -> str:
    """Read random bytes as a table; the name of the error, if one came."""
    if chance.random() < 0.5:
        suffix, content = fuzz_tables.table(chance)
        (folder / f"table{suffix}").write_bytes(content)
        return fuzz_tables.read(folder / f"table{suffix}")
    suffix = chance.choice((".csv", ".jsonl", ".xlsx"))
    content = nasty(chance).encode(chance.choice(("utf-8", "cp1251", "utf-16")), "replace")
    if chance.random() < 0.3:
        content = chance.randbytes(chance.randint(0, 200)) + content
    if suffix == ".xlsx" and chance.random() < 0.7:
        content = b"PK\x03\x04" + content
    file = folder / f"table{suffix}"
    file.write_bytes(content)
    return fuzz_tables.read(file)


def small_model(folder: Path) -> Path:
    texts, topics = [], []
    for i in range(30):
        texts += [f"Яма на дороге {i}", f"Лифт не работает, подъезд {i}"]
        topics += [("Дороги",), ("Лифты",)]
    storage.save(train(Examples(tuple(texts), tuple(topics), None)).model, folder / "model", "Карточка\n")
    return folder / "model"


def load_changed(folder: Path, chance: random.Random) -> None:
    """Change one byte of one file of a model: it must be refused."""
    file = chance.choice(sorted(folder.iterdir()))
    content = bytearray(file.read_bytes())
    at = chance.randrange(len(content))
    content[at] ^= 1 << chance.randrange(8)
    kept = file.read_bytes()
    file.write_bytes(content)
    try:
        storage.load(folder)
    except ModelError:
        return
    finally:
        file.write_bytes(kept)
    raise AssertionError(f"{file.name}: changed byte {at} was not noticed")


def growth(router: Router) -> list[tuple[float, str]]:
    """Time for twice the length over time for once, the worst fragments first."""
    found = []
    for fragment in FRAGMENTS:
        seconds = []
        for length in (TIMED, 2 * TIMED):
            text = (fragment * (length // len(fragment) + 1))[:length]
            best = min(_seconds(router, text, time.process_time) for _ in range(3))
            seconds.append(best)
        found.append((seconds[1] / max(seconds[0], SHORTEST_TIME), repr(fragment[:20])))
    return sorted(found, reverse=True)


def _seconds(router: Router, text: str, clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    router.route(text)
    return clock() - started


@click.command()
@click.option("--inputs", default=100_000, show_default=True)
@click.option("--workbooks", default=3_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/fuzz.md"))
def main(inputs: int, workbooks: int, seed: int, output: Path) -> None:
    """Print and write what was thrown and what came of it."""
    chance = random.Random(seed)
    router = Router.load()
    # What is loaded on first use is loaded.
    router.route("Яма на дороге в Бору")
    mask("Иванов Пётр")
    slowest = 0.0
    tables: Counter[str] = Counter()
    done: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = small_model(folder)
        for i in range(inputs):
            started = time.perf_counter()
            if i % 100 == 0:
                load_changed(model, chance)
                done["модель с изменённым байтом"] += 1
            elif i % 5 == 0:
                tables[read_table(folder, chance)] += 1
                done["байты как таблица"] += 1
            else:
                read_text(router, nasty(chance), i % 20 == 1)
                done["текст"] += 1
            slowest = max(slowest, time.perf_counter() - started)
        book, file = fuzz_tables.workbook(), folder / "changed.xlsx"
        for _ in range(workbooks):
            file.write_bytes(fuzz_tables.changed(book, chance))
            started = time.perf_counter()
            tables[fuzz_tables.read(file)] += 1
            done["книга с испорченной частью"] += 1
            slowest = max(slowest, time.perf_counter() - started)
        worst_tables = fuzz_tables.growth(folder)[:5]
    big = "".join(nasty(chance) for _ in range(20_000))[: 10 * MAX_CHARS]
    big_seconds = _seconds(router, big)
    worst = growth(router)[:5]
    lines = [
        "| что | сколько | сбоев |",
        "|---|---|---|",
        *(f"| {what} | {count} | 0 |" for what, count in done.items()),
    ]
    lines += [
        "",
        f"Таблицы: {', '.join(f'{what} — {count}' for what, count in tables.items())}",
        f"Самый долгий вход: {slowest:.3f} с",
        f"Текст в {len(big)} знаков, из которых разбираются первые {MAX_CHARS}: {big_seconds:.3f} с",
        "Рост времени при удвоении длины, худшие: " + "; ".join(f"{name} {ratio:.2f}" for ratio, name in worst),
        "Рост времени при удвоении таблицы, худшие: "
        + "; ".join(f"{name} {ratio:.2f}" for ratio, name in worst_tables),
    ]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if max(worst[0][0], worst_tables[0][0]) > 3.5 or big_seconds > 1 or slowest > 1:
        sys.exit(1)


if __name__ == "__main__":
    main()
