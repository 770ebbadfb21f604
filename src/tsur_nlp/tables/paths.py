"""What a command writes must not lie where it reads."""

import os
from collections.abc import Iterable
from pathlib import Path

from tsur_nlp.errors import TableError


def keep_apart(read: Iterable[Path | None], written: Iterable[Path | None]) -> None:
    """Compare every file a run writes with every file it reads, and with the other files it writes.

    Files are one if their real paths are (links followed, letter case aside), or if both are names of one file on
    the disk. A folder that is read holds all that lies in it. Raises TableError that names both.
    """
    reads = [path for path in read if path is not None]
    writes = [path for path in written if path is not None]
    for position, target in enumerate(writes):
        for source in reads:
            if _same(target, source) or (source.is_dir() and _inside(target, source)):
                raise TableError(
                    f"{target}: вход и выход — один файл ({source}); назовите другой выход"
                    if _same(target, source)
                    else f"{target}: выход лежит в папке, которая читается ({source}); назовите другое место"
                )
        for other in writes[:position]:
            if _same(target, other):
                raise TableError(f"{target}: туда же пишется и {other}; назовите разные файлы")


def _same(one: Path, other: Path) -> bool:
    if _key(one) == _key(other):
        return True
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _key(path: Path) -> str:
    # Whether a disk tells letter cases apart is not known; names that differ in nothing else are refused.
    return str(path.resolve()).casefold()


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
