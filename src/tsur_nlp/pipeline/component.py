"""What a component of the corridor is: it reads columns of a block and assigns others."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from tsur_nlp.errors import PipelineError, TsurError
from tsur_nlp.pipeline.block import GIVEN, Block


class Component(ABC):
    """One reader of messages.

    `name`: told in errors; `requires`, `assigns`: columns of the block it reads and fills, checked when a router is
    built. `always`: it sees every text, not only those with a word that triggers it.
    """

    name: ClassVar[str]
    requires: ClassVar[tuple[str, ...]] = ()
    assigns: ClassVar[tuple[str, ...]] = ()
    always: ClassVar[bool] = False

    def triggered_by(self, word: str, lemma: str) -> bool:
        """Whether a normalised word with this lemma makes a text worth looking at.

        Asked once a word and kept with it: see `Block.met_by`, `Block.triggers`.
        """
        return False

    @abstractmethod
    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        """Assign its columns for these rows; the others keep what the block began with."""


class Corridor:
    """Components in their order, and which of them each word triggers."""

    def __init__(self, components: Sequence[Component]):
        """Raises PipelineError for a component that needs what none before it assigns, or for two of one name."""
        assigned = set(GIVEN)
        names: set[str] = set()
        for component in components:
            if component.name in names:
                raise PipelineError(f"звено «{component.name}» названо дважды")
            if missing := [column for column in component.requires if column not in assigned]:
                raise PipelineError(
                    f"звену «{component.name}» нужно {', '.join(missing)}, а до него этого никто не находит"
                )
            assigned |= set(component.assigns)
            names.add(component.name)
        self.components = tuple(components)
        self.bits = {component.name: 1 << n for n, component in enumerate(components)}

    def traits(self, word: str, lemma: str) -> int:
        """A bit for each component that the word triggers."""
        met = 0
        for n, component in enumerate(self.components):
            try:
                met |= bool(component.triggered_by(word, lemma)) << n
            except Exception as reason:
                raise _fell(component, reason) from reason
        return met

    def run(self, block: Block) -> None:
        """Pass a block through. A row that one of them settles as no appeal is seen by none after it.

        Raises PipelineError for a component that raises: its own words may quote a message, and are not said.
        """
        for component in self.components:
            self.pass_through(component, block)

    def pass_through(self, component: Component, block: Block) -> None:
        """Pass a block through one component: the rows that it is triggered in, or all that are open."""
        rows = block.open
        if not component.always:
            bit = self.bits[component.name]
            rows = [row for row in rows if block.met[row] & bit]
        if rows:
            try:
                component(block, rows)
            except TsurError:
                raise
            except Exception as reason:
                raise _fell(component, reason) from reason


def _fell(component: Component, reason: Exception) -> PipelineError:
    return PipelineError(
        f"звено «{component.name}» прервалось ошибкой {type(reason).__name__}; исправьте его или уберите из components"
    )
