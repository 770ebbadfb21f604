"""One incident from many messages; surges against the usual rate."""

from tsur_nlp.incidents.listing import Incident, listed_incidents
from tsur_nlp.incidents.store import Incidents
from tsur_nlp.incidents.surges import Surge, surges

__all__ = ["Incident", "Incidents", "Surge", "listed_incidents", "surges"]
