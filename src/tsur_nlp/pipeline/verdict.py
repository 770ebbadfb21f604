"""The verdict: the last component, and the only one that sets an action.

What has a sure body at a sure place is sent automatically. A doubt between topics of one body keeps
nothing back, unless a centre wants both sure (`auto="both"`).
"""

from collections.abc import Callable, Sequence

from tsur_nlp.decision.reasons import Reason
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.explain import Explainer
from tsur_nlp.pipeline.urgency import AT_ONCE
from tsur_nlp.region.competence import CompetenceMatrix
from tsur_nlp.region.locator import Place
from tsur_nlp.run_config import Auto

LOCAL = ("municipal", "institution")
"""Levels of bodies that depend on the place."""


class VerdictComponent(Component):
    """Weighs doubts and sets the action of every row that is left."""

    name = "verdict"
    requires = ("topics", "topic_shares", "telling", "doubts")
    assigns = ("actions",)
    always = True

    def __init__(self, explainer: Explainer, topic_threshold: Callable[[], float]):
        self._explainer = explainer
        self._topic_threshold = topic_threshold

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        needed = self._topic_threshold()
        sure = block.topic_shares[:, 0].tolist()
        silent = (block.telling[:, 0] < 0).tolist()
        for row in rows:
            if block.urgencies[row].level >= AT_ONCE:
                block.doubts[row].append(Reason("urgent"))
                block.actions[row] = "review"
            elif row in block.redirected:
                block.actions[row] = "redirect"
            elif block.doubts[row]:
                block.actions[row] = "review"
            elif silent[row] and not block.hinted[row]:
                block.doubts[row].append(Reason("nothing_speaks"))
                block.actions[row] = "review"
            else:
                block.actions[row] = "auto"
                if sure[row] < needed and (titles := self._of_one_body(block, row)):
                    block.reasons[row].append(Reason("same_body", titles))

    def _of_one_body(self, block: Block, row: int) -> tuple[str, ...]:
        """Titles of the two likeliest topics that the likeliest body of a row answers for, () if there are no two."""
        table = block.tables[row]
        if table is None or not block.bodies[row]:
            return ()
        # For an institution, what its parent answers for.
        body = block.bodies[row][0][0]
        own = [at for at in block.topics[row].tolist() if not table.answers[at].isdisjoint((body.code, body.parent))]
        return tuple(self._explainer.titles[at][1] for at in own[:2]) if len(own) > 1 else ()


class DoubtComponent(Component):
    """Notes what is below its threshold, and a place that the body depends on."""

    name = "doubt"
    requires = ("topics", "topic_shares")
    assigns = ("doubts",)
    always = True

    def __init__(
        self,
        topic_threshold: Callable[[], float],
        body_threshold: Callable[[Block, int], float],
        auto: Auto,
        matrix: CompetenceMatrix | None,
    ):
        self._matrix = matrix
        self._topic_threshold = topic_threshold
        self._body_threshold = body_threshold
        self._auto = auto

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        needed = self._topic_threshold()
        shares = block.topic_shares[:, 0].tolist()
        for row in rows:
            doubts = block.doubts[row]
            both = self._auto == "both" or not block.bodies[row]
            if both and shares[row] < needed and not block.hinted[row]:
                doubts.append(_below("topic", shares[row], needed))
            share = block.bodies[row][0][1] if block.bodies[row] else None
            if share is None and block.labels[row]:
                share = block.labels[row][0][2]
            if share is not None and share < (threshold := self._body_threshold(block, row)):
                doubts.append(_below("authority", share, threshold))
            place = block.places[row]
            if place is not None and block.bodies[row] and self._depends(block, row, place):
                if not place.known:
                    doubts.append(Reason("place_unknown"))
                elif place.doubt is not None:
                    doubts.append(place.doubt)
                elif place.road == "federal":
                    doubts.append(Reason("federal_road"))

    def _depends(self, block: Block, row: int, place: Place) -> bool:
        """Whether another body might answer at another place of the region.

        A body of the region that answers for want of a place, «Красная Горка» being in six districts, is no surer than
        a local one.
        """
        body = block.bodies[row][0][0]
        if body.level in LOCAL or self._matrix is None or place.doubt is None:
            return body.level in LOCAL
        region = self._matrix.region
        if place.territory != region.root:
            return False
        capital, topic = self._matrix.at(region.capital), block.likely_topics(row)[0]
        first = int(capital.bodies[topic, 0])
        return first < 0 or body.code != self._matrix.bodies[first].code


def _below(what: str, share: float, needed: float) -> Reason:
    if needed > 1:
        return Reason(f"{what}_no_threshold", (f"{share:.2f}",))
    return Reason(f"{what}_unsure", (f"{share:.2f}", f"{needed:.2f}"))
