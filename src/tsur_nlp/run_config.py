"""By what messages are routed, said once for the three doors: tables, service, command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

DEFAULT_REGION = "nizhny"
DEFAULT_PRECISION = 0.8

Auto = Literal["body", "both"]
"""What must be sure for a message to be sent automatically: the body, or topic and body."""
AUTOS: tuple[Auto, ...] = get_args(Auto)
DEFAULT_AUTO: Auto = "body"


@dataclass(frozen=True)
class RunConfig:
    """By what messages are routed; `Router.configured` makes the router, and says what each of these means.

    `model`: a folder, the shipped model if None; `region`: a name or a folder.
    """

    model: Path | None = None
    region: str | None = None
    precision: float = DEFAULT_PRECISION
    auto: Auto = DEFAULT_AUTO

    @property
    def pack(self) -> str | None:
        """The region in use: the default one only goes with the shipped model, whose labels it knows."""
        return self.region or (DEFAULT_REGION if self.model is None else None)


SHIPPED = RunConfig()
"""The shipped model with the default region and promise."""
