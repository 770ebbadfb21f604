"""Words that may be a surname as well as a name of a place."""

import re

SURNAME = re.compile(r"\w{2}(?:[ое]в|[иы]н)(?:а|у|ым|ом|е|ой)?\Z")


def may_be_person(word: str) -> bool:
    """Whether a normalised word looks like a surname in some case: «Семенов», «Павлова», «Горбатовым»."""
    return SURNAME.search(word) is not None
