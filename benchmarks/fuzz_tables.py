"""Nasty tables: csv and jsonl of fragments that tear rows, workbooks with changed parts, files that grow.

Used by fuzz.py; only rows, rows put aside with a reason, or one line of TableError may come of them.
"""

import io
import random
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

from tsur_nlp.errors import TableError
from tsur_nlp.tables.inspection import inspect
from tsur_nlp.tables.readers import open_table

PIECES = (
    "Текст", "№", "Район", "яма на дороге", "Бор", "1", "13.05.2024", '"', '""', '","', ",", ";", "\t", "|", "\n",
    "\r", "\r\n", '"яма, яма"', 'x","', "дом 5\"", "sep=;\n", "\x00", "\u2028", "\x85", "\ufeff", "{",
    '{"text": "яма"}\n', '"text": ', "[1]\n", "[" * 50, "1e999", "NaN", "\\ud800", " ", "\n\n", "Итого", "=1+1",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "cp866", "koi8-r", "mac-cyrillic")
BAD_BYTES = (b"", b"", b"\xff", b"\xd0", b"\x00", b"\x98", b"\xc0\x80", b"\xed\xa0\x80")
WRONG = (b"", b"<", b">", b'"', b"&", b"9" * 12, b"XFD1048576", b"<v>", b"</c>", b"\x00", b"-1", b"1e309")

GROWING: dict[str, Callable[[int], str]] = {
    'строки x","': lambda n: "Текст,№\n" + 'x","\n' * n,
    "лишняя кавычка в заголовке": lambda n: 'Текст,"№\n' + "яма,1\n" * n,
    "кавычка открыта в каждой строке": lambda n: "Текст,№\n" + '"яма,1\n' * n,
    "одни кавычки": lambda n: "Текст,№\n" + '"' * (2 * n),
    "разорванные строки": lambda n: "№,Текст,Р\n" + "1,а\nб\n" * n,
    "ячейка в тысячи строк": lambda n: 'Текст,№\n"' + "яма\n" * n + '",1\n',
    "столбцы": lambda n: ",".join(["Текст", *["x"] * min(n, 16_000)]) + "\nяма\n",
    "пустые строки": lambda n: "Текст\n" + "\n" * n,
}
GROWING_JSONL: dict[str, Callable[[int], str]] = {
    "новый ключ в каждой записи jsonl": lambda n: "".join(f'{{"text": "яма", "k{i}": 1}}\n' for i in range(n)),
    "глубокие записи jsonl": lambda n: '{"text": "яма"}\n' + "[" * n,
}


def table(chance: random.Random) -> tuple[str, bytes]:
    """A name's ending and the bytes of a small table in csv or jsonl, often damaged."""
    text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 60)))
    if chance.random() < 0.5:
        text = "№,Текст,Район\n1,яма,Бор\n" + text
    content = text.encode(chance.choice(ENCODINGS), "replace")
    at = chance.randrange(len(content) + 1)
    return chance.choice((".csv", ".csv", ".jsonl")), content[:at] + chance.choice(BAD_BYTES) + content[at:]


def workbook() -> bytes:
    """A workbook with titles, formulas, dates, durations, hidden and several sheets."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as book:
        day, lasted = (book.add_format({"num_format": shown}) for shown in ("dd.mm.yyyy", "[h]:mm:ss"))
        for name in ("Титул", "Май", "Скрытый"):
            sheet = book.add_worksheet(name)
            sheet.merge_range("A1:C1", "Отчёт")
            sheet.write_row("A2", ("№", "Текст", "Дата", "Длительность"))
            for row in range(3, 9):
                sheet.write_row(f"A{row}", (row, f"яма {row}"))
                sheet.write_datetime(f"C{row}", datetime(2024, 5, row), day)
                sheet.write_datetime(f"D{row}", timedelta(hours=row), lasted)
            sheet.write_formula("B9", "=A1&A2", value="" if name == "Май" else "текст")
        sheet.hide()
    return written.getvalue()


def changed(book: bytes, chance: random.Random) -> bytes:
    """A workbook with a few bytes of one part put wrong, or a part lost, doubled or cut."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    content = parts[name]
    at = chance.randrange(len(content))
    parts[name] = chance.choice(
        (
            content[:at] + chance.choice(WRONG) + content[at + chance.randrange(20) :],
            content[:at],
            content[:at] + content,
            content.replace(b'r="A', b'r="XFD', 1),
            content.replace(b"<v>", b"<v>9999999"),
            chance.randbytes(50),
        )
    )
    if chance.random() < 0.1:
        del parts[name]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, inside in parts.items():
            archive.writestr(part, inside)
    return written.getvalue()


def read(file: Path) -> str:
    """Read a table to the end, look it through for its line, and say what came of it."""
    try:
        with open_table(file) as opened:
            for row in opened.rows:
                assert row.problem or len(row.cells) == len(opened.columns), "a row of another width than its head"
        with suppress(TableError):
            assert "\n" not in inspect(file).line(), "what was read is said in several lines"
    except TableError:
        return "TableError"
    return "прочитана"


def growth(folder: Path, size: int = 160_000) -> list[tuple[float, str]]:
    """Time for a file twice as long over the time for it, the worst kinds first."""
    found = []
    for suffix, kinds in ((".csv", GROWING), (".jsonl", GROWING_JSONL)):
        for kind, make in kinds.items():
            seconds = []
            for length in (size, 2 * size):
                file = folder / f"growing{suffix}"
                file.write_text(make(length), encoding="utf-8")
                seconds.append(min(_seconds(file) for _ in range(3)))
            found.append((seconds[1] / max(seconds[0], 0.01), kind))
    return sorted(found, reverse=True)


def _seconds(file: Path) -> float:
    started = time.process_time()
    read(file)
    return time.process_time() - started
