"""Reason: what a decision rests on, as a code and facts; its Russian words stand in data/reasons.csv."""

from typing import NamedTuple


class Reason(NamedTuple):
    """`code`: a row of reasons.csv; `facts`: what fills the places of its text, in order."""

    code: str
    facts: tuple[str, ...] = ()
