"""The corridor as it is shipped: the components in their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tsur_nlp.model.calibration import NEVER, OperatingPoint
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.pipeline.account import AccountComponent
from tsur_nlp.pipeline.authority import AuthorityComponent, LabelComponent
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.deadline import DeadlineComponent
from tsur_nlp.pipeline.explain import Explainer
from tsur_nlp.pipeline.institution import InstitutionComponent
from tsur_nlp.pipeline.jurisdiction import JurisdictionComponent
from tsur_nlp.pipeline.kind import KindActionComponent, KindComponent
from tsur_nlp.pipeline.not_an_appeal import NotAnAppealComponent
from tsur_nlp.pipeline.parts import Decide, PartsComponent
from tsur_nlp.pipeline.place import PlaceComponent
from tsur_nlp.pipeline.promise import Promise
from tsur_nlp.pipeline.settings import SettingComponent
from tsur_nlp.pipeline.sufficiency import SufficiencyComponent
from tsur_nlp.pipeline.topic import TopicComponent
from tsur_nlp.pipeline.urgency import UrgencyComponent
from tsur_nlp.pipeline.verdict import DoubtComponent, VerdictComponent
from tsur_nlp.pipeline.vulnerable import VulnerableComponent
from tsur_nlp.region.competence import CompetenceMatrix
from tsur_nlp.region.locator import Locator
from tsur_nlp.region.region import Region
from tsur_nlp.run_config import Auto


@dataclass(frozen=True)
class Thresholds:
    """The least confidence for sending automatically: of a topic, and of a body where a message is."""

    promised: Mapping[str, OperatingPoint | None]
    promise: Promise | None
    region: Region | None

    def topic(self) -> float:
        point = self.promised["topic"]
        return point.threshold if point else NEVER

    def body(self, block: Block, row: int) -> float:
        place = block.places[row]
        if self.promise is not None and self.region is not None and place is not None:
            return self.promise.of(self.region.territories[place.territory].kind if place.known else "").threshold
        point = self.promised.get("authority", self.promised["topic"])
        return point.threshold if point else NEVER


def standard_components(
    model: AppealModel,
    region: Region | None,
    matrix: CompetenceMatrix | None,
    explainer: Explainer,
    promise: Promise | None,
    thresholds: Thresholds,
    auto: Auto,
    own: Sequence[Component],
    decide: Decide,
) -> list[Component]:
    """Components for a model with a region or without; those of a host stand before the verdict.

    `decide`: passes a block of parts of messages through this corridor.
    """
    codes = [code for code, _, _ in explainer.titles]
    in_catalog = all(code in explainer.catalog.topics for code in codes)
    labels = () if in_catalog or "authority" not in model.heads else model.heads["authority"].labels
    components: list[Component] = [
        KindComponent(),
        NotAnAppealComponent(),
        UrgencyComponent(),
        TopicComponent(model, explainer, thresholds.topic, labels=region is None or bool(labels)),
        SufficiencyComponent(explainer, thresholds.topic),
        KindActionComponent(),
    ]
    if region is not None and matrix is not None:
        locator = Locator(region)
        components += [
            PlaceComponent(locator),
            InstitutionComponent(region, locator),
            SettingComponent(),
            AuthorityComponent(region, matrix, labels, promise),
            JurisdictionComponent(region, thresholds.topic, thresholds.body),
            AccountComponent(region, thresholds.body),
        ]
    else:
        components.append(LabelComponent(model, explainer.catalog))
        auto = "both"
    components += [DoubtComponent(thresholds.topic, thresholds.body, auto, matrix), VulnerableComponent(region)]
    if region is not None:
        components.append(DeadlineComponent(region, codes))
    return [*components, *own, PartsComponent(model, explainer, decide), VerdictComponent(explainer, thresholds.topic)]
