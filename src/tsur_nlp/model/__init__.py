"""Words to scores to calibrated probabilities; no region is known here."""

from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.model.persistence import load, promote, save

__all__ = ["AppealModel", "load", "promote", "save"]
