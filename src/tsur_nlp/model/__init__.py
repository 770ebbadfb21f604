"""Words to scores to calibrated probabilities; no region is known here."""

from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.model.persistence import load, save
from tsur_nlp.model.versions import promote, roll_back

__all__ = ["AppealModel", "load", "promote", "roll_back", "save"]
