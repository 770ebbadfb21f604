"""The corridor: components that turn a block of texts into decisions, one after another."""

from tsur_nlp.decision.reasons import Reason
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component, Corridor

__all__ = ["Block", "Component", "Corridor", "Reason"]
