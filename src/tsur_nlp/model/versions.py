"""Which model is in use: a place that holds one model after another, and the one before it."""

import os
from pathlib import Path

from tsur_nlp.errors import ModelError
from tsur_nlp.model.persistence import load
from tsur_nlp.tables.atomic import exchange


def previous(place: Path) -> Path:
    """Where the model stands that a place held before."""
    return place.with_name(f"{place.name}.previous")


def promote(place: Path, folder: Path) -> None:
    """Make a place hold another model: a link that is replaced in one step, so that a reader finds the old or the new.

    The old model stays under the name `previous(place)`; a folder that stood at the place is moved beside it first.
    Raises ModelError if the new model can't be loaded or the place can't be written.
    """
    load(folder)
    first = place.with_name(f"{place.name}.first")
    try:
        if place.is_dir() and not place.is_symlink():
            if first.is_dir() and not first.is_symlink():
                raise ModelError(f"{first}: место прежней модели занято; уберите эту папку")
            # A link to the place where the folder will be, then both change places in one step.
            _point(first, first)
            exchange(first, place)
        if place.is_symlink():
            _point(previous(place), place.resolve())
        _point(place, folder.resolve())
    except OSError as reason:
        raise ModelError(f"{place}: модель не заменить ({reason.strerror}); проверьте права") from None


def roll_back(place: Path) -> None:
    """Make a place hold the model it held before, and the other way round. Raises ModelError if there was none."""
    old = previous(place)
    if not place.is_symlink() or not old.exists():
        raise ModelError(f"{place}: прежней модели нет, возвращать нечего")
    now, before = place.resolve(), old.resolve()
    try:
        _point(place, before)
        _point(old, now)
    except OSError as reason:
        raise ModelError(f"{place}: модель не вернуть ({reason.strerror}); проверьте права") from None


def _point(link: Path, target: Path) -> None:
    """Make a link in one step, whatever link stood there."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, link.parent.resolve()))
    os.replace(fresh, link)
