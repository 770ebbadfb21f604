"""Several questions in one message: each is found, and decided as a message of its own.

A message is sent automatically only if all its parts would be, and to one body. Otherwise a person sees the bodies:
what falls to several is forwarded to each of them (59-ФЗ, art. 8, p. 4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import overload

import numpy as np

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import Span
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.explain import Explainer
from tsur_nlp.pipeline.questions import Question, QuestionFinder
from tsur_nlp.pipeline.segmentation import Numbers
from tsur_nlp.region.locator import Place
from tsur_nlp.text.cleaning import Cleaned, clean_with_spans

MOST_PARTS = 20
"""Parts of one message; the last holds the rest."""
KEPT_OF_WHOLE = frozenset(("cut", "only_quoted"))
"""Reasons and doubts of a whole message that its first part does not know."""

Decide = Callable[[Block], None]
"""Passes a block through the corridor."""


class PartsComponent(Component):
    """Splits messages with several questions, and takes the topic and the body of the most urgent one, else the first.

    Stands after all that a decision is made of, before the verdict.
    """

    name = "parts"
    requires = ("topics", "topic_shares", "telling", "doubts")
    assigns = ("parts", "topics", "bodies", "doubts")
    always = True

    def __init__(self, model: AppealModel, explainer: Explainer, decide: Decide):
        """`decide`: passes parts through the corridor this component stands in."""
        self._finder = QuestionFinder(model, [group for _, _, group in explainer.titles])
        self._decide = decide

    def triggered_by(self, word: str, lemma: str) -> bool:
        return self._finder.joins(word)

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        if not block.is_parts and self._finder.able and (found := self._finder.find(block, rows)):
            self._split(block, found)

    def _split(self, block: Block, found: Mapping[int, list[Question]]) -> None:
        """Decide each question by itself, and gather what they say of the whole."""
        appeals: list[Appeal] = []
        texts: list[str] = []
        numbers: list[Numbers] = []
        around: list[Place | None] = []
        begins: list[int] = []
        cuts: list[tuple[int, int, int]] = []
        for row, questions in found.items():
            end = int(block.bounds[row + 1])
            chosen, text = questions[:MOST_PARTS], block.texts[row]
            edges = [*((one.first, one.cut) for one in chosen), (end, len(text))]
            for (first, cut), (until, edge) in pairwise(edges):
                start, stop = _stripped(text, cut, edge)
                cuts.append((row, start, stop))
                texts.append(text[start:stop])
                numbers.append(block.numbers[first:until])
                appeals.append(replace(block.appeals[row], text=texts[-1], topic=None))
                around.append(block.places[row])
                begins.append(first)
        lengths = np.array([len(own) for own in numbers], np.int64)
        parts = block.of_parts(appeals, texts, np.concatenate(numbers), lengths, around)
        self._decide(parts)
        if not parts.topics.shape[1]:
            return
        parts.spans = PartSpans(block, cuts)
        at = 0
        for row, questions in found.items():
            count = min(len(questions), MOST_PARTS)
            asked = (part for part in range(at, at + count) if part not in parts.topicless)
            members = [part for part in asked if parts.actions[part] != "not_an_appeal"]
            at += count
            if len(set(self._finder.group_of[parts.topics[members, 0]].tolist())) > 1:
                _gather(block, row, parts, members, begins)
                if len(questions) > MOST_PARTS:
                    block.reasons[row].append(Reason("parts_many", (str(MOST_PARTS),)))
        block.forget_read()


def _gather(block: Block, row: int, parts: Block, members: Sequence[int], begins: Sequence[int]) -> None:
    """What the parts of a message make of the whole."""
    block.parts[row] = tuple([Decision(parts, part) for part in members])
    lead = max(members, key=lambda part: (parts.urgencies[part].level, -part))
    kept = [doubt for doubt in block.doubts[row] if doubt.code in KEPT_OF_WHOLE]
    doubts: list[Reason] = [*kept, *parts.doubts[lead]]
    if block.hinted[row]:
        # Somebody chose the topic of the whole: it stays, and what is said of it.
        doubts = block.doubts[row]
    else:
        _take(block, row, parts, lead, begins[lead])
    for part in members:
        if part != lead and parts.actions[part] != "auto":
            title = parts.topics_of(part)[0].title
            doubts.append(Reason("part_unsure", (str(members.index(part) + 1), str(len(members)), title)))
    answering = dict.fromkeys(parts.authorities_of(part)[0].title for part in members)
    if len(answering) > 1:
        doubts.append(Reason("parts_bodies", (str(len(members)), "; ".join(title or "—" for title in answering))))
    else:
        block.reasons[row].append(Reason("parts_one_body", (str(len(members)),)))
    block.doubts[row] = doubts
    block.redirected.discard(row)
    if len(answering) == 1 and parts.redirected.issuperset(members):
        block.redirected.add(row)


def _take(block: Block, row: int, parts: Block, part: int, first: int) -> None:
    """Make the topic, the place and the body of a part those of the whole message. `first`: the word it begins with."""
    for column in ("places", "settings", "institutions", "bodies", "tables", "labels", "outcomes", "due"):
        mine: list[object] = getattr(block, column)
        mine[row] = getattr(parts, column)[part]
    block.topics[row], block.topic_shares[row] = parts.topics[part], parts.topic_shares[part]
    if len(parts.label_shares[0]) and block.label_shares[0].shape[1]:
        for n in range(2):
            block.label_shares[n][row] = parts.label_shares[n][part]
    begin, end = int(parts.bounds[part]), int(parts.bounds[part + 1])
    telling = parts.telling[part]
    block.telling[row] = np.where(telling < 0, -1, telling - begin + first)
    block.margins[block.bounds[row] : block.bounds[row + 1]] = 0
    block.margins[first : first + end - begin] = parts.margins[begin:end]
    kept = [reason for reason in block.reasons[row] if reason.code in KEPT_OF_WHOLE]
    block.reasons[row] = [*kept, *parts.reasons[part]]


class PartSpans(Sequence[Span | None]):
    """Where parts stand in the original texts, found when somebody asks: the way back from a cleaned text is long."""

    def __init__(self, block: Block, cuts: Sequence[tuple[int, int, int]]):
        """`cuts`: of each part, the row of its message and its span in the cleaned text."""
        # Not the block itself, which knows its parts: two that know each other live until garbage is collected.
        self._appeals, self._texts = block.appeals, block.texts
        self._cuts = cuts
        self._cleaned: dict[int, Cleaned] = {}

    def __len__(self) -> int:
        return len(self._cuts)

    @overload
    def __getitem__(self, part: int) -> Span: ...
    @overload
    def __getitem__(self, part: slice) -> list[Span]: ...
    def __getitem__(self, part: int | slice) -> Span | list[Span]:
        if isinstance(part, slice):
            return [self[n] for n in range(len(self))[part]]
        row, start, stop = self._cuts[part]
        if row not in self._cleaned:
            text = self._appeals[row].text
            same = text.startswith(self._texts[row])
            self._cleaned[row] = Cleaned(text) if same else clean_with_spans(text)
        return self._cleaned[row].span(start, stop)


def _stripped(text: str, start: int, stop: int) -> Span:
    """The span of a piece without the blanks and marks around it."""
    while stop - start > 1 and text[stop - 1].isspace():
        stop -= 1
    while stop - start > 1 and (text[start].isspace() or text[start] in ".,;:!?…)–—-"):
        start += 1
    return start, stop
