"""tsur-nlp: topic, authority and deadline of a citizen's message.

Light to import: numpy and the model load with the first router, scikit-learn only for training.
"""

from typing import TYPE_CHECKING, Any

from tsur_nlp.appeal import Appeal
from tsur_nlp.decision import Choice, Decision
from tsur_nlp.errors import CatalogError, JournalError, ModelError, RegionError, TableError, TsurError

if TYPE_CHECKING:
    from tsur_nlp.router import Router

__version__ = "0.1.0"
__all__ = [
    "Appeal",
    "CatalogError",
    "Choice",
    "Decision",
    "JournalError",
    "ModelError",
    "RegionError",
    "Router",
    "TableError",
    "TsurError",
]


def __getattr__(name: str) -> Any:
    if name == "Router":
        from tsur_nlp.router import Router

        return Router
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
