"""Which words of a message spoke for what: the topic, the place, the urgency; cut into pieces for a page."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tsur_nlp.decision.decision import Decision

QUOTED = re.compile("«([^«»]+)»")
TELLING = 0.25
"""A word is marked if it adds at least this share of what the most telling one adds."""
PLACES = ("Место", "Учреждение", "В тексте названо учреждение", "Дорога")
TOPICS = ("За тему говорят",)
"""How reasons about a place and about the topic begin (data/reasons.csv)."""
SHORTEST = 3
"""Letters of the shortest word that is marked for the topic: «у» and «не» mean nothing to a reader."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; `mark`: topic, place, urgency, other (quoted for another reason), or ""; `title`: in words."""

    text: str
    mark: str = ""
    title: str = ""


TITLES = {"topic": "за тему", "place": "место", "urgency": "срочность", "other": "упомянуто в причинах"}


def pieces(text: str, decision: Decision) -> list[Piece]:
    """A text from beginning to end, the words that are quoted or counted marked."""
    spans = [
        *_found(text, decision.urgency.words, "urgency"),
        *_found(text, _quoted(decision.reasons, PLACES), "place"),
        *_topic_words(text, decision),
        *_found(text, _quoted(decision.reasons, TOPICS), "topic"),
        *_found(text, _quoted(decision.reasons, ("",)), "other"),
    ]
    taken: list[tuple[int, int, str]] = []
    for start, stop, mark in spans:
        # What was found first is the rarer: a word of urgency that also speaks for the topic is shown as urgent.
        if all(stop <= other[0] or start >= other[1] for other in taken):
            taken.append((start, stop, mark))
    cut, position = [], 0
    for start, stop, mark in sorted(taken):
        cut += [Piece(text[position:start]), Piece(text[start:stop], mark, TITLES[mark])]
        position = stop
    return [piece for piece in [*cut, Piece(text[position:])] if piece.text]


def telling_words(text: str, decision: Decision, count: int = 4) -> list[str]:
    """The words that speak most for the topic, the most telling first."""
    if not decision.topic.code:
        return []
    shares = sorted(decision.explain().words, key=lambda word: -word.score)
    return [
        text[word.start : word.stop] for word in shares[:count] if word.score > 0 and word.stop - word.start >= SHORTEST
    ]


def _topic_words(text: str, decision: Decision) -> Iterable[tuple[int, int, str]]:
    if not decision.topic.code:
        return []
    words = decision.explain().words
    least = TELLING * max((word.score for word in words), default=0.0)
    return [
        (word.start, word.stop, "topic")
        for word in words
        if 0 < word.score >= least and word.stop - word.start >= SHORTEST
    ]


def _quoted(reasons: Iterable[str], beginnings: tuple[str, ...]) -> list[str]:
    return [said for reason in reasons if reason.startswith(beginnings) for said in QUOTED.findall(reason)]


def _found(text: str, words: Iterable[str], mark: str) -> Iterable[tuple[int, int, str]]:
    for word in dict.fromkeys(words):
        for found in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
            yield (*found.span(), mark)
