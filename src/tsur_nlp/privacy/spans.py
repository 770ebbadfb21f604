"""Where personal data stands in a text, and what finds it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tsur_nlp.text.masks import MASKS

CONTEXT = 60
"""Characters before a number in which words about it are looked for."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters [start, stop) of the original text that are personal data of a kind: a code of masks.csv."""

    start: int
    stop: int
    kind: str

    @property
    def mask(self) -> str:
        """What stands in their place: `[телефон]`."""
        return f"[{MASKS[self.kind]}]"


class Finder(Protocol):
    """Finds personal data of one kind, in linear time.

    `found`: spans of the finders before, in any order; a span that overlaps one of them is dropped by the caller.
    """

    @property
    def kind(self) -> str:
        """What it finds, a code of data/masks.csv."""

    def find(self, text: str, found: Sequence[Span]) -> Iterable[Span]:
        """Spans of a text; `found`: what finders before it found."""


def before(text: str, start: int, length: int = CONTEXT) -> str:
    """What stands in the same paragraph right before a place in a text."""
    return text[max(0, start - length) : start].rpartition("\n\n")[2]


def words(*beginnings: str) -> re.Pattern[str]:
    """A pattern of words by their beginnings; an ending `$` asks for the whole word."""
    parts = [re.escape(part[:-1]) + r"(?!\w)" if part.endswith("$") else re.escape(part) for part in beginnings]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})", re.IGNORECASE)
