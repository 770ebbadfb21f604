"""What goes in and what comes out: an appeal, a decision, an explanation."""

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.explanation import Explanation
from tsur_nlp.decision.record import Choice, Record, Responsible, Urgency

__all__ = ["Appeal", "Choice", "Decision", "Explanation", "Record", "Responsible", "Urgency"]
