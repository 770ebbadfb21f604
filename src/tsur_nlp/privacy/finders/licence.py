"""Driving licence: «99 12 345678», older ones «52 АВ 123456»."""

import re

from tsur_nlp.privacy.finders.numbered import NOT_DIGIT_AFTER, NOT_DIGIT_BEFORE, Numbered
from tsur_nlp.privacy.spans import words

LICENCE = Numbered(
    kind="licence",
    # Source: order of the МВД № 365 of 13.05.2009 (two digits of the region, two digits or letters, six digits).
    pattern=re.compile(
        rf"{NOT_DIGIT_BEFORE}\d{{2}}\s?(?:\d{{2}}|[А-ЯЁа-яё]{{2}})\s?(?:№\s?)?\d{{6}}{NOT_DIGIT_AFTER}",
    ),
    named=words("водительск", "права$", "прав$", "в/у$", "ву$", "вод. уд"),
    reach=40,
)
