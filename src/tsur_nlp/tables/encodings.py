"""In which encoding a text file is: by its mark, by its bytes, and among one-byte encodings by its letters."""

import codecs
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import BinaryIO

from tsur_nlp.errors import TableError

BINARY_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"Rar!")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ONE_BYTE = ("cp1251", "cp866", "koi8-r", "mac-cyrillic", "iso8859-5")
"""What Russian systems have written in, the likeliest first."""
BLOCK = 1 << 20
SAMPLED = 20_000
"""Bytes of words by which one-byte encodings are told apart."""
ENOUGH = 1000
"""Bytes that are not UTF-8 after which a file that is mostly not UTF-8 is known to be in another encoding."""

WORD = re.compile(rb"[A-Za-z\x80-\xff]{0,60}[\x80-\xff][A-Za-z\x80-\xff]{0,60}")
DAMAGE = re.compile("[\udc80-\udcff]")
"""A byte that the encoding does not know, as `surrogateescape` keeps it."""

LETTERS = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё")
SIGNS = frozenset("«»—–№…“”„’•° \u00a0")
PAIRS_FILE = files("tsur_nlp") / "data" / "letter_pairs.csv"
"""Commonest pairs of letters in Russian. On one to four words they tell the encoding more often than
charset-normalizer does (`python benchmarks/encodings.py`)."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding. `damaged`: some bytes are not of it; `guessed`: it was recognised by the letters."""

    name: str
    damaged: bool = False
    guessed: bool = False

    @property
    def errors(self) -> str:
        """How Python is to decode: damage is kept as it is where the encoding allows that."""
        return "replace" if self.name.startswith(("utf-16", "utf-32")) else "surrogateescape"

    def shown(self, text: str) -> str:
        """Text with its damaged bytes written as \\xNN."""
        return DAMAGE.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)


def encoding_of(stream: BinaryIO, name: str) -> Encoding:
    """The encoding of a stream that stands at its beginning; it is read through.

    A file that is UTF-8 but for some bytes stays UTF-8. Raises TableError for what is not text.
    """
    block = stream.read(BLOCK)
    if block.startswith(BINARY_MARKS):
        raise TableError(f"{name}: это не текст, а двоичный файл; проверьте окончание имени")
    if marked := next((found for mark, found in MARKS if block.startswith(mark)), ""):
        if marked != "utf-8-sig":
            return Encoding(marked)
    elif halves := _halves(block):
        return Encoding(halves)
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    read = decoded = damaged = 0
    words = bytearray()
    while block:
        following = stream.read(BLOCK)
        text = decoder.decode(block, not following)
        read, decoded = read + len(block), decoded + len(text)
        if not text.isascii():
            damaged += sum(1 for _ in DAMAGE.finditer(text))
            if len(words) < SAMPLED:
                words += b" ".join(found[0] for found, _ in zip(WORD.finditer(block), range(SAMPLED), strict=False))
        # What decoding made shorter were letters of two bytes and more.
        if not marked and damaged > ENOUGH and damaged > read - decoded:
            break
        block = following
    if damaged and not marked and damaged > read - decoded:
        return Encoding(by_letters(bytes(words[:SAMPLED])), guessed=True)
    return Encoding("utf-8-sig", damaged > 0)


def encoding_named(name: str) -> Encoding:
    """An encoding by its name. Raises TableError for an unknown one."""
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise TableError(f"кодировка «{name}» неизвестна; годятся utf-8, utf-16, {', '.join(ONE_BYTE)}") from None
    found = codecs.lookup(name).name
    return Encoding("utf-8-sig" if found == "utf-8" else found)


def by_letters(content: bytes) -> str:
    """The one-byte encoding in which bytes look most like Russian; cp1251 if nothing tells."""
    return max(ONE_BYTE, key=lambda encoding: _likeness(content.decode(encoding, "replace")))


@cache
def _pairs() -> frozenset[str]:
    _, *rows = PAIRS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(row[0] + letter for row in rows for letter in row[2:].split())


def _likeness(text: str) -> float:
    """How much a text looks like Russian: common pairs speak for it, strange signs and capitals in words against."""
    common, points = _pairs(), 0.0
    before = ""
    for sign in text:
        small = sign.lower()
        if sign.isascii():
            before = small if sign.isalpha() else ""
        elif small in LETTERS:
            if before.lower() in LETTERS:
                points += 1 if before.lower() + small in common else -0.5
                points -= 2 if before.islower() and sign.isupper() else 0
            elif before:
                points -= 1
            before = sign
        else:
            points -= 0 if sign in SIGNS else 2
            before = ""
    return points


def _halves(block: bytes) -> str:
    """UTF-16 without a mark: every second byte is 0 or 4, as Latin and Russian letters have there."""
    if len(block) < 4:
        return ""
    for name, half in (("utf-16-le", block[1::2]), ("utf-16-be", block[::2])):
        if (half.count(0) + half.count(4)) > 0.9 * len(half):
            return name
    return ""
