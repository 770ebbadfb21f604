"""Messages left on a body's own account: for the owner, unless they are surely for another."""

from collections.abc import Callable, Sequence

from tsur_nlp.decision.reasons import Reason
from tsur_nlp.pipeline.authority import same_field, with_first
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.region.region import Region


class AccountComponent(Component):
    """Puts the owner first, or notes that the message must be redirected."""

    name = "account"
    requires = ("bodies", "places")
    assigns = ("bodies", "redirected")
    always = True

    def __init__(self, region: Region, threshold: Callable[[Block, int], float]):
        """`threshold`: the least confidence of a sure body in a row."""
        self._region = region
        self._threshold = threshold

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        for row in rows:
            place = block.places[row]
            # What happened elsewhere is for no body here, on whichever page it was left.
            if (account := block.appeals[row].account) and not (place and place.foreign):
                self._left_on(block, row, account)

    def _left_on(self, block: Block, row: int, account: str) -> None:
        owner, bodies = self._region.owner_of(account), block.bodies[row]
        if owner is None:
            block.reasons[row].append(Reason("account_unknown"))
            return
        if bodies and (owner.code == bodies[0][0].code or same_field(owner, bodies[0][0])):
            block.bodies[row] = with_first(owner, bodies[0][1], bodies)
            block.reasons[row].append(Reason("account_owner", (owner.short_title,)))
        elif self._is_for_another(block, row) and self._region.is_official(account):
            block.redirected.add(row)
            block.reasons[row].append(Reason("account_other", (owner.short_title, bodies[0][0].title)))
        else:
            share = next((share for body, share in bodies if body.code == owner.code), 0.0)
            block.bodies[row] = with_first(owner, share, bodies)
            block.doubts[row].append(Reason("account_unsure", (owner.short_title,)))

    def _is_for_another(self, block: Block, row: int) -> bool:
        """Whether a message that says what it is about has a sure body."""
        bodies = block.bodies[row]
        told = block.outcomes[row] != "insufficient_information"
        return told and bool(bodies) and bodies[0][1] >= self._threshold(block, row)
