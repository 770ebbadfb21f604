"""Files written beside their target and renamed when whole."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL
from pathlib import Path

from tsur_nlp.errors import TableError

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Constants of Linux: paths are taken as they are, and both names stay (linux/fs.h)."""


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """A file beside the target to write into; it takes the target's name when the block ends well.

    Raises TableError if the place can't be written or is full.
    """
    if target.is_dir():
        raise TableError(f"{target}: это папка; укажите имя файла")
    unfinished: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        unfinished = Path(name)
        yield unfinished
        umask = os.umask(0)
        os.umask(umask)
        unfinished.chmod(0o666 & ~umask)
        os.replace(unfinished, target)
    except OSError as reason:
        raise TableError(
            f"{target}: не записать ({reason.strerror or reason}); проверьте папку, права и место"
        ) from None
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def write_whole(target: Path, text: str) -> None:
    """A text file, whole or not at all."""
    with whole_or_nothing(target) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def exchange(one: Path, other: Path) -> None:
    """Let two files, folders or links change places in one step, so that neither name is ever empty.

    One step on Linux (renameat2, RENAME_EXCHANGE); elsewhere two, with a moment in between. Raises OSError.
    """
    rename = getattr(CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if rename is not None and rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{one.name}.", dir=one.parent)) / one.name
    os.replace(other, aside)
    os.replace(one, other)
    os.replace(aside, one)
    aside.parent.rmdir()
