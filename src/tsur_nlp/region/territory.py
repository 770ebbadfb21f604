"""A place of a region."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["region", "urban_district", "municipal_district", "city_district", "settlement"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Territory:
    """A place. `parent`: the code of the place around it, empty for the region itself; `oktmo`: its codes, if known."""

    code: str
    title: str
    kind: Kind
    parent: str
    aliases: tuple[str, ...]
    oktmo: tuple[str, ...] = ()
