"""Lines of a body that comes in parts: each costs only itself, and its number stays true."""

from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

LONGEST_LINE = 2_000_000
BLOCK_BYTES = 4_000_000
"""Bytes of lines that are decided at once, unless one line is more."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank and its number from 1; `content` is None for a line that was too long to be kept."""

    number: int
    content: bytes | None


class Cutter:
    """Cuts parts of a body into lines. A mark of UTF-8 at the beginning is left out; the last needs no line break."""

    def __init__(self) -> None:
        self._number = 1
        self._kept = bytearray()
        self._is_long = False

    def feed(self, part: bytes) -> Iterator[Line]:
        """Lines that ended in this part."""
        *ended, rest = part.split(b"\n")
        for end in ended:
            self._keep(end)
            yield from self.end()
            self._number += 1
        self._keep(rest)

    def end(self) -> Iterator[Line]:
        """The line that ends here, unless it is blank."""
        content = bytes(self._kept.removeprefix(BOM_UTF8) if self._number == 1 else self._kept)
        if self._is_long:
            yield Line(self._number, None)
        elif content.strip():
            yield Line(self._number, content)
        self._kept = bytearray()
        self._is_long = False

    def _keep(self, piece: bytes) -> None:
        # What follows in a line too long is read on to the line break: the tail of a line is not a message.
        self._is_long = self._is_long or len(self._kept) + len(piece) > LONGEST_LINE
        if self._is_long:
            self._kept = bytearray()
        else:
            self._kept += piece


async def blocks(parts: AsyncIterator[bytes], most: int) -> AsyncIterator[list[Line]]:
    """Lines as they come, together at most so many and so many bytes."""
    cutter = Cutter()
    async for part in parts:
        for block in _together(cutter.feed(part), most):
            yield block
    for block in _together(cutter.end(), most):
        yield block


def _together(lines: Iterator[Line], most: int) -> Iterator[list[Line]]:
    block: list[Line] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line.content or b"")
        if len(block) == most or size >= BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block
