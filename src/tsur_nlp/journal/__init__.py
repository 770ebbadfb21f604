"""What came, what was decided, corrected and answered; the year in figures."""

from tsur_nlp.journal.listing import Message, Page, Wanted, listed
from tsur_nlp.journal.records import Account, Correction, Entry, Review, Verdict
from tsur_nlp.journal.statistics import Summary, drift, summarize
from tsur_nlp.journal.store import Journal

__all__ = [
    "Account",
    "Correction",
    "Entry",
    "Journal",
    "Message",
    "Page",
    "Review",
    "Summary",
    "Verdict",
    "Wanted",
    "drift",
    "listed",
    "summarize",
]
