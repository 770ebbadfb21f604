"""What a long run has done so far, beside its target: a killed run goes on where it stood.

`<target>.progress` holds one line of JSON that says which run it is, then a line for each chunk of rows with
its results (JSON). A line counts when it is whole; the one a kill tore is done again. The target itself is written
at the end, so that a resumed run gives the same bytes as one that was never interrupted.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from tsur_nlp.errors import TableError
from tsur_nlp.tables.cells import Cell

Chunk = list[Sequence[Cell]]
MAX_LINE = 1 << 28
"""Bytes of one line; a chunk of a thousand rows has about two million."""


class Checkpoint:
    """The progress file of one run. `run`: what makes it this run, as plain values.

    `resumed`: whether earlier chunks were found. Raises TableError if the file can't be written, or belongs to
    another run.
    """

    def __init__(self, file: Path, run: Mapping[str, Any], resume: bool):
        self._file = file
        self.run = dict(run)
        self.resumed = resume and file.is_file() and self._belongs()
        try:
            self._stream = file.open("r+b" if self.resumed else "w+b")
            if not self.resumed:
                self._append(line_of(self.run))
        except OSError as reason:
            raise TableError(f"{file}: не записать ({reason.strerror}); проверьте папку, права и место") from None

    def _belongs(self) -> bool:
        """Whether the file is of this very run; the moment the run began is taken from it."""
        with self._file.open("rb") as stream:
            first = stream.readline(MAX_LINE)
        found = _whole_line(first)
        if not isinstance(found, dict):
            return False
        begun = found.get("received", "")
        if found | {"received": ""} != self.run | {"received": ""}:
            raise TableError(
                f"{self._file.name}: начато с другим входом, моделью, регионом или ключами; "
                "запустите без --resume, чтобы начать заново"
            )
        self.run["received"] = begun
        return True

    def done(self) -> Iterator[Chunk]:
        """Results of the chunks done before, in order. Read to the end before `add`."""
        self._stream.seek(0)
        whole = len(self._stream.readline(MAX_LINE))
        while self.resumed and isinstance(found := _whole_line(line := self._stream.readline(MAX_LINE)), list):
            whole += len(line)
            yield found
        self._stream.seek(whole)
        self._stream.truncate()

    def add(self, line: bytes) -> Chunk:
        """Note one more chunk, a line of `line_of`; it is on the disk when this returns. Its results again."""
        self._append(line)
        found: Chunk = orjson.loads(line)
        return found

    def _append(self, line: bytes) -> None:
        self._stream.write(line)
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Leave the file for a later run."""
        self._stream.close()

    def remove(self) -> None:
        """Take the closed file away: the target is written."""
        self._file.unlink(missing_ok=True)


def line_of(content: object) -> bytes:
    """Plain values as a line of JSON. Halves of a surrogate pair, which no output holds, become «?»."""
    try:
        return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _whole_line(line: bytes) -> Any:
    """The content of a line, None for one that was torn."""
    if not line.endswith(b"\n"):
        return None
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
