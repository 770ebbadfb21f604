"""tsur-nlp: topic, authority and deadline of a citizen's message.

Light to import: numpy and the model load with the first router, scikit-learn only for training.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.record import Choice
from tsur_nlp.errors import (
    CatalogError,
    JournalError,
    MissingExtraError,
    ModelError,
    RegionError,
    TableError,
    TsurError,
)
from tsur_nlp.run_config import RunConfig

if TYPE_CHECKING:
    from tsur_nlp.privacy import mask
    from tsur_nlp.router import Router

__version__ = "0.1.0"
__all__ = [
    "Appeal",
    "CatalogError",
    "Choice",
    "Decision",
    "JournalError",
    "MissingExtraError",
    "ModelError",
    "RegionError",
    "Router",
    "RunConfig",
    "TableError",
    "TsurError",
    "mask",
]


# What loads only when it is asked for, and where it lives.
LATE = {"Router": "tsur_nlp.router", "mask": "tsur_nlp.privacy"}


def __getattr__(name: str) -> Any:
    if name in LATE:
        return getattr(import_module(LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *LATE})
