"""A place of a region."""

from dataclasses import dataclass

KINDS = ("region", "urban_district", "municipal_district", "city_district", "settlement")


@dataclass(frozen=True, slots=True)
class Territory:
    """A place. `parent`: the code of the place around it, empty for the region itself; `oktmo`: its codes, if known."""

    code: str
    title: str
    kind: str
    parent: str
    aliases: tuple[str, ...]
    oktmo: tuple[str, ...] = ()
