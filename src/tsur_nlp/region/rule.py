"""A rule of the competence matrix: who answers for a topic, where and when."""

from dataclasses import dataclass

CONDITIONS = ("federal_road", "regional_road", "yard", "private_house", "institution")
"""What a text may say of the place, the weightier first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of competence.csv for one topic, or for a group («health») if `topic` is one.

    `answers`: (role or code of a body, share), shares sum to 1; `whys`: the note, else the source, of each; `note`,
    `source`: of the last row.
    """

    topic: str
    answers: tuple[tuple[str, float], ...]
    territory: str = ""
    kind: str = ""
    channel: str = ""
    condition: str = ""
    note: str = ""
    source: str = ""
    confirmed: bool = True
    line: int = 0
    whys: tuple[str, ...] = ()
