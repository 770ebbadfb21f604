"""Files written beside their target and renamed when whole."""

import glob
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL
from pathlib import Path

from tsur_nlp.errors import TableError

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Constants of Linux: paths are taken as they are, and both names stay (linux/fs.h)."""


TAKEN_AWAY = 0.05
"""Seconds in which an empty folder is surely taken away."""


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """A file to write into; it takes the target's name when the block ends well.

    It lies in a hidden folder beside the target, with all that a writer keeps for a while. A killed run leaves that
    folder; the next run that writes the same target takes it away. Raises TableError if the place can't be written
    or is full.
    """
    if target.is_dir():
        raise TableError(f"{target}: это папка; укажите имя файла")
    if not target.parent.is_dir():
        raise TableError(f"{target}: не записать, папки «{target.parent}» нет; создайте её или укажите другую")
    folder: Path | None = None
    lock: int | None = None
    try:
        remove_leftovers(target)
        folder, lock = _own_folder(target)
        unfinished = folder / target.name
        unfinished.touch()
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
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_leftovers(target: Path) -> None:
    """Take away what killed runs left of this target; the folder of a run still at work is locked and stays."""
    for folder in target.parent.glob(f"{glob.escape(_prefix(target))}????????"):
        if folder.is_dir() and not folder.is_symlink() and (lock := _locked(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _own_folder(target: Path) -> tuple[Path, int | None]:
    """A hidden folder beside a target, and the lock on it, if there are such locks. Raises OSError.

    Until it is locked, another run may take it for a leftover; then there is a new one.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_prefix(target), dir=target.parent))
        lock = _locked(folder)
        if lock is None:
            # Either there are no locks here, or another run is taking the folder away just now.
            time.sleep(TAKEN_AWAY)
        if folder.is_dir():
            return folder, lock
        if lock is not None:
            os.close(lock)


def _prefix(target: Path) -> str:
    return f".{target.name}."


def _locked(folder: Path) -> int | None:
    """A lock on a folder that lasts as long as its process; None if another holds it or there are no such locks."""
    try:
        import fcntl

        lock = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


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
