"""Records of csv, one after another, in time linear in the file; what can't be read costs only its own line.

In csv as RFC 4180 has it, a record ends where a line ends and the quotes so far are even. So a line with an even
number of quotes is a record; a line with an odd number begins a record that ends with the next such line. If what
lies between is not csv to the letter, the first line alone is given up and the others are read again; each line is
looked at twice at most.
"""

import csv
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple, TextIO

from tsur_nlp.tables.encodings import DAMAGE
from tsur_nlp.tables.table import MAX_CELL

DELIMITERS = ",;\t|"
LOOKED_AT = 50
"""Lines by which the separator is recognised."""
ROWS_SWALLOWED, PAIRS_SWALLOWED = 3, 10
"""So many whole rows inside one quoted cell were swallowed by a quote that nobody closed; in a table of two columns,
whose rows look more like prose, there must be more of them."""


class Line(NamedTuple):
    """A physical line. `whole`: it was not longer than the limit."""

    number: int
    text: str
    whole: bool = True


class Record(NamedTuple):
    """Cells, or a problem and where in the record it lies. `loose`: its quotes are not as csv has them."""

    line: int
    cells: list[str]
    raw: str
    problem: str = ""
    column: int = 0
    loose: bool = False


def lines_of(stream: TextIO, limit: int = MAX_CELL) -> Iterator[Line]:
    """Lines with true numbers; of one that is too long only the beginning, and its rest is passed over."""
    number = 0
    while text := stream.readline(limit):
        number += 1
        whole = len(text) < limit or text.endswith(("\n", "\r"))
        yield Line(number, text, whole)
        while not whole and (rest := stream.readline(limit)):
            whole = rest.endswith(("\n", "\r"))


class Records:
    """Records of a stream. `damaged`: some bytes may not be of its encoding; `width`: columns, once it is known."""

    def __init__(self, stream: TextIO, delimiter: str, damaged: bool = True):
        csv.field_size_limit(2 * MAX_CELL)
        self._lines = lines_of(stream)
        self._again: deque[Line] = deque()
        self._delimiter = delimiter
        self._damaged = damaged
        self.width = 0

    def __iter__(self) -> Iterator[Record]:
        while (line := self._next()) is not None:
            if line.text.strip("\r\n"):
                yield self._record(line)

    def _next(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _record(self, line: Line) -> Record:
        if not line.whole:
            return Record(line.number, [], line.text, f"строка длиннее {MAX_CELL} знаков")
        quotes = line.text.count('"')
        if not quotes:
            return self._told(Record(line.number, line.text.rstrip("\r\n").split(self._delimiter), line.text))
        taken = [line] if quotes % 2 == 0 else self._up_to_next_quote(line)
        texts = [one.text for one in taken]
        if (cells := self._to_the_letter(texts)) is not None:
            loose = len(taken) == 1 and '""' not in line.text and any('"' in cell for cell in cells)
            return self._told(Record(line.number, cells, "".join(texts), loose=loose))
        self._again.extendleft(reversed(taken[1:]))
        found, column = forgiving(line.text, self._delimiter)
        problem = "" if column is None else "кавычка не закрыта"
        return self._told(Record(line.number, found, line.text, problem, column or 0, loose=True))

    def _up_to_next_quote(self, line: Line) -> list[Line]:
        """A line and those after it, up to the next with an odd number of quotes, the end or the limit."""
        taken, size = [line], len(line.text)
        while size < MAX_CELL and (following := self._next()) is not None:
            taken.append(following)
            size += len(following.text)
            if following.text.count('"') % 2 or not following.whole:
                break
        return taken

    def _to_the_letter(self, lines: list[str]) -> list[str] | None:
        """The cells of lines that are one record by RFC 4180, None if they are not."""
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            return None
        return cells if reader.line_num == len(lines) and not self._swallowed(lines[1:-1]) else None

    def _swallowed(self, inner: list[str]) -> bool:
        """Whether the lines inside a quoted cell are rows of the table."""
        return (
            self.width > 1
            and len(inner) >= (PAIRS_SWALLOWED if self.width == 2 else ROWS_SWALLOWED)
            and all(text.count(self._delimiter) == self.width - 1 for text in inner)
        )

    def _told(self, record: Record) -> Record:
        """A record with a byte that the encoding does not know has a problem."""
        if not self._damaged or record.problem or record.raw.isascii() or not DAMAGE.search(record.raw):
            return record
        return Record(record.line, [], record.raw, "байты не в кодировке файла")


def forgiving(line: str, delimiter: str) -> tuple[list[str], int | None]:
    """Cells of one line whose inner quotes nobody doubled: a quoted cell ends where a quote stands before a separator.

    Also the number of the cell that was opened and not closed, None if all were.
    """
    text = line.rstrip("\r\n")
    cells: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            close = _closing(text, at + 1, delimiter)
            if close < 0:
                return cells, len(cells)
            cells.append(text[at + 1 : close].replace('""', '"'))
            at = close + 1
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            cells.append(text[at:end])
            at = end
        if at == len(text):
            return cells, None
        at += 1


def _closing(text: str, at: int, delimiter: str) -> int:
    while (found := text.find('"', at)) >= 0:
        if found + 1 == len(text) or text[found + 1] == delimiter:
            return found
        at = found + (2 if text[found + 1] == '"' else 1)
    return -1


def delimiter_of(stream: TextIO, expected: Collection[str] = ()) -> tuple[str, int]:
    """The separator, and how many lines a directive of Excel («sep=;») takes before the head.

    It is the one that parts the expected columns of the head, else the one that stands in the first lines most evenly.
    """
    first = stream.readline(MAX_CELL)
    if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == 5:
        return first[4], 1
    for delimiter in DELIMITERS if expected else ():
        if delimiter in first and set(expected) <= {name.strip(' "\r\n') for name in first.split(delimiter)}:
            return delimiter, 0
    looked_at = [
        first,
        *(line for _, line in zip(range(LOOKED_AT), iter(lambda: stream.readline(4096), ""), strict=False)),
    ]
    outside = ["".join(line.split('"')[::2]) for line in looked_at]
    return max(DELIMITERS, key=_regularity(outside)), 0


def _regularity(lines: list[str]) -> Callable[[str], tuple[int, int]]:
    def of(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        likeliest = max(set(counts) - {0}, key=lambda count: (counts.count(count), count), default=0)
        return (counts.count(likeliest) if likeliest else 0, likeliest)

    return of
