"""Several questions in one message: each is found, and decided as a message of its own.

A message goes out by itself only if all its parts would, and to one body. Else a person sees the bodies: what falls
to several is forwarded to each of them (59-ФЗ, art. 8, p. 4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.catalog.csv_records import read_reference, unique
from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision, Span
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.errors import CatalogError
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.model.features import Floats, weigh
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.explain import Explainer
from tsur_nlp.pipeline.segmentation import Numbers, group_chances, likeliest_labels
from tsur_nlp.region.locator import Place
from tsur_nlp.text.cleaning import clean_with_spans
from tsur_nlp.text.pieces import POINT, STRONG, WEAK, WordPlaces, word_places

TELLING_PIECE = 2
"""Telling words. A text is looked at if it has two pieces with so many."""
FULL_VOICE = 2
"""Telling words with which a piece says all it has to say; a shorter one counts less."""
LEAST_CHANCE = -4.0
"""Log-probability. No piece speaks louder than this against a group."""
COST = 3.0
"""What a change of group must gain, in log-probability."""
AT_JOINT, AT_COMMA, POINTING_BACK = -2.0, 1.0, 2.0
"""What is added to it where the number of a point or a word such as «также» announces something new, within a
sentence, and where the piece speaks of «это», «там», «они»: of what was said before."""
LOOKED_BACK = 4
"""Words of a piece among which such a word is looked for."""
SURE, SURE_AT_JOINT = 0.65, 0.35
"""The least probability of a question's group of topics; less is enough at a joint and of what is said first."""
MOST_PARTS = 20
"""Parts of one message; the last holds the rest."""
BEGINS, AFTER_COMMA, ANNOUNCES, BACK = 1, 2, 3, 4
ROLES = {"begins": BEGINS, "begins_after_comma": AFTER_COMMA, "announces": ANNOUNCES, "points_back": BACK}
KEPT_OF_WHOLE = frozenset(("cut", "only_quoted"))
"""Reasons and doubts of a whole message that its first part does not know."""

Flags = NDArray[np.bool_]
Decide = Callable[[Sequence[Appeal], Sequence[str], Sequence[Sequence[str]], Sequence[Place | None]], Block]
"""Appeals, cleaned texts, words, places of the messages they are of → a block that has passed the corridor."""


@cache
def joining_words() -> Mapping[str, int]:
    """Word of data/question_joints.csv → its role. Raises CatalogError for an unknown role.

    `begins`: a new piece wherever it stands; `begins_after_comma`; `announces`: something new, at the beginning of a
    piece; `points_back`: to what was said before.
    """
    found: dict[str, int] = {}
    table = files("tsur_nlp") / "data" / "question_joints.csv"
    for record in read_reference(table, ("word", "role"), CatalogError):
        word = unique(record, "word", record.required("word").replace("ё", "е"), found)
        found[word] = ROLES[record.known("role", record.required("role"), ROLES, "списке: " + ", ".join(ROLES))]
    return found


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of the texts of a block: the first word and the number of words of each, its row, how many of its words
    tell of a matter, whether it announces something new, and what a change of matter before it costs."""

    firsts: Numbers
    lengths: Numbers
    rows: Numbers
    telling: Numbers
    joined: Flags
    costs: Floats


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
        self._model = model
        self._decide = decide
        self._joints = joining_words()
        groups = [group for _, _, group in explainer.titles]
        self._starts = np.array([n for n, group in enumerate(groups) if n == 0 or group != groups[n - 1]])
        # A model of one's own may have no groups, or have them scattered: its messages stay whole.
        self._groups = groups if len(self._starts) == len(set(groups)) > 1 else []

    def triggered_by(self, word: str, lemma: str) -> bool:
        return word in self._joints

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        if block.is_parts or not self._groups:
            return
        places = word_places(block.texts)
        pieces = self._pieces(block, places, rows)
        if not len(pieces.rows):
            return
        found = self._questions(block, pieces)
        if found:
            self._split(block, places, found)

    # -- finding

    def _pieces(self, block: Block, places: WordPlaces, rows: Sequence[int]) -> Pieces:
        """Pieces of the rows that may hold several questions."""
        store, words = block.store, block.store.words
        roles = np.zeros(len(block.numbers), np.int8)
        for place in np.flatnonzero(block.marked("parts")[block.numbers]).tolist():
            roles[place] = self._joints[words[block.numbers[place]]]
        # «…, а также» begins at «а».
        leads = (roles[:-1] == ANNOUNCES) | (roles[:-1] == AFTER_COMMA)
        early = np.flatnonzero((roles[1:] == BEGINS) & leads & (places.breaks[1:] == 0))
        roles[early], roles[early + 1] = BEGINS, 0
        begins = (places.breaks >= STRONG) | ((places.breaks == WEAK) & (roles == AFTER_COMMA)) | (roles == BEGINS)
        begins[block.bounds[:-1][np.diff(block.bounds) > 0]] = True
        firsts = np.flatnonzero(begins)
        lengths = np.diff(np.append(firsts, len(block.numbers)))
        of_row = np.searchsorted(block.bounds, firsts, side="right") - 1
        tells = (store.telling & block.marked("topic") & ~block.marked("not_an_appeal"))[block.numbers]
        telling = np.add.reduceat(tells.astype(np.int64), firsts) if len(firsts) else firsts
        looked_at = np.zeros(len(block), bool)
        looked_at[list(rows)] = True
        looked_at &= np.bincount(of_row, telling >= TELLING_PIECE, len(block)) > 1
        kept = looked_at[of_row]
        firsts, lengths, of_row, telling = firsts[kept], lengths[kept], of_row[kept], telling[kept]
        roles = np.append(roles, np.zeros(LOOKED_BACK, np.int8))
        new = (roles > 0) & (roles != BACK)
        joined = new[firsts] | (new[firsts + 1] & (lengths > 1)) | (places.breaks[firsts] == POINT)
        back = np.zeros(len(firsts), bool)
        for n in range(LOOKED_BACK):
            back |= (roles[firsts + n] == BACK) & (lengths > n)
        within = places.breaks[firsts] < STRONG
        costs = COST + AT_JOINT * joined + AT_COMMA * within + POINTING_BACK * back
        return Pieces(firsts, lengths, of_row, telling, joined, costs.astype(np.float32))

    def _questions(self, block: Block, pieces: Pieces) -> dict[int, list[int]]:
        """Row → the first words of its questions, where it has several."""
        head = self._model.heads["topic"]
        scores = self._scores(block, pieces.firsts, pieces.lengths)[:, head.columns]
        voice = np.minimum(pieces.telling / FULL_VOICE, 1)[:, None]
        evidence = np.maximum(group_chances(scores * head.sharpness, self._starts), LEAST_CHANCE) * voice
        of_text = np.concatenate([[True], pieces.rows[1:] != pieces.rows[:-1]])
        bounds = np.append(np.flatnonzero(of_text), len(pieces.rows))
        labels = likeliest_labels(evidence.astype(np.float32), bounds, pieces.costs)
        begins = np.flatnonzero(of_text | np.concatenate([[True], labels[1:] != labels[:-1]]))
        alone = of_text[begins] & np.append(of_text[begins[1:]], True)
        lengths = np.add.reduceat(pieces.lengths, begins)[~alone]
        begins = begins[~alone]
        firsts, rows = pieces.firsts[begins], pieces.rows[begins]
        sure = self._sure_groups(block, firsts, lengths, of_text[begins] | pieces.joined[begins])
        found: dict[int, list[tuple[int, int]]] = {}
        for row, first, group in zip(rows.tolist(), firsts.tolist(), sure.tolist(), strict=True):
            told = found.setdefault(row, [])
            # What is said before the first question is a part of it, what is unsure of the one before.
            if group >= 0 and (not told or told[-1][1] != group):
                told.append((first if told else int(block.bounds[row]), group))
        return {row: [first for first, _ in told] for row, told in found.items() if len(told) > 1}

    def _sure_groups(self, block: Block, firsts: Numbers, lengths: Numbers, easy: Flags) -> Numbers:
        """The group of the likeliest topic of each run of words, -1 where it is not sure enough."""
        if not len(firsts):
            return firsts
        chances = self._model.calibrated(self._scores(block, firsts, lengths), ("topic",))["topic"]
        groups = np.searchsorted(self._starts, chances.argmax(axis=1), side="right") - 1
        sure = np.add.reduceat(chances, self._starts, axis=1)[np.arange(len(groups)), groups]
        return np.where(sure >= np.where(easy, SURE_AT_JOINT, SURE), groups, -1)

    def _scores(self, block: Block, firsts: Numbers, lengths: Numbers) -> Floats:
        """Scores of runs of words as of texts."""
        ends = np.cumsum(lengths)
        places = np.arange(int(ends[-1])) + np.repeat(firsts - (ends - lengths), lengths)
        return self._model.score(weigh(block.numbers[places], lengths, block.store.idf), block.store)

    # -- deciding

    def _split(self, block: Block, places: WordPlaces, found: Mapping[int, list[int]]) -> None:
        appeals: list[Appeal] = []
        texts: list[str] = []
        words: list[Sequence[str]] = []
        spans: list[Span] = []
        whole: list[Place | None] = []
        begins: list[int] = []
        for row, firsts in found.items():
            begin, end = int(block.bounds[row]), int(block.bounds[row + 1])
            chosen = firsts[:MOST_PARTS]
            cuts = [0, *(int(places.cuts[first]) for first in chosen[1:]), len(block.texts[row])]
            original = _Original(block.appeals[row].text, block.texts[row])
            for n, (first, until) in enumerate(zip(chosen, [*chosen[1:], end], strict=True)):
                start, stop = _stripped(block.texts[row], cuts[n], cuts[n + 1])
                span = original.span(start, stop)
                spans.append(span)
                texts.append(block.texts[row][start:stop])
                words.append(block.words[row][first - begin : until - begin])
                begins.append(first)
                appeals.append(replace(block.appeals[row], text=block.appeals[row].text[slice(*span)], topic=None))
                whole.append(block.places[row])
        parts = self._decide(appeals, texts, words, whole)
        parts.spans = list(spans)
        at = 0
        for row, firsts in found.items():
            members = [n for n in range(at, at + min(len(firsts), MOST_PARTS)) if parts.actions[n] != "not_an_appeal"]
            at += min(len(firsts), MOST_PARTS)
            if len({self._groups[topic] for topic in parts.topics[members, 0].tolist()}) > 1:
                _gather(block, row, parts, members, begins)
                if len(firsts) > MOST_PARTS:
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


class _Original:
    """The way from a cleaned text back to the original, found only where they differ."""

    def __init__(self, text: str, cleaned: str):
        self._cleaned = None if text.startswith(cleaned) else clean_with_spans(text)

    def span(self, start: int, stop: int) -> Span:
        return (start, stop) if self._cleaned is None else self._cleaned.span(start, stop)


def _stripped(text: str, start: int, stop: int) -> Span:
    """The span of a piece without the blanks and marks around it."""
    while stop - start > 1 and text[stop - 1].isspace():
        stop -= 1
    while stop - start > 1 and (text[start].isspace() or text[start] in ".,;:!?…)–—-"):
        start += 1
    return start, stop
