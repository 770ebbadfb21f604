"""Addresses of e-mail."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tsur_nlp.privacy.spans import Span

PATTERN = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[^\W\d_]{2,24}(?!\w)")


@dataclass(frozen=True)
class Email:
    """E-mail addresses."""

    kind: str = "email"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        if "@" in text:
            yield from (Span(*match.span(), self.kind) for match in PATTERN.finditer(text))


EMAIL = Email()
