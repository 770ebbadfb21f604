"""Marks that stand where personal data stood: «[ФИО]», «[телефон 3]», «[почта 1f0c…]»; cleaning drops them."""

import csv
import re
from importlib.resources import files

TABLE = files("tsur_nlp") / "data" / "masks.csv"
LONGEST_TAIL = 32


def _read() -> tuple[dict[str, str], tuple[str, ...]]:
    rows = list(csv.DictReader(TABLE.read_text(encoding="utf-8-sig").splitlines()))
    return {row["kind"]: row["mask"] for row in rows if row["kind"]}, tuple(row["mask"] for row in rows)


MASKS, WORDS = _read()
"""The word of each kind of personal data; all words that may stand in brackets, those of earlier versions too."""
MASK = re.compile(rf"\[(?P<word>{'|'.join(map(re.escape, WORDS))})(?: (?P<tail>[0-9a-f]{{1,{LONGEST_TAIL}}}))?\]")
"""A mask; its tail is the number or the hash that leads back to what stood there."""
