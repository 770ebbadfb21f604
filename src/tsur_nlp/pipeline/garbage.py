"""When Python's search for garbage may wait."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_waits() -> Iterator[None]:
    """No search for garbage while a block of texts is decided.

    A block makes thousands of objects, and all are in use: searches in between free nothing, and take them for
    objects that live long, so that the whole process is searched ever more often. What has no circles is freed at
    once as always. A host that has turned the search off keeps it off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
