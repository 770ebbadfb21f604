"""Files written beside their target and renamed when whole."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tsur_nlp.errors import TableError


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
