"""What goes in and what comes out: an appeal, a decision, an explanation."""

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Choice, Decision, Record, Responsible, Urgency
from tsur_nlp.decision.explanation import Explanation

__all__ = ["Appeal", "Choice", "Decision", "Explanation", "Record", "Responsible", "Urgency"]
