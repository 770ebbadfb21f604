"""Finds the questions of messages that ask several things.

A text is cut into pieces; the likeliest labelling of pieces with groups of topics (segmentation.py) joins those that
go on about the same; what is left must be sure by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.catalog.csv_records import read_reference, unique
from tsur_nlp.errors import CatalogError
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.model.features import Floats, weigh
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.segmentation import Numbers, group_chances, likeliest_labels
from tsur_nlp.text.pieces import POINT, STRONG, WEAK, word_places

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
SURE, SURE_AT_JOINT = 0.8, 0.35
"""The least probability of a question's group of topics; less is enough at a joint and of what is said first."""
ONE_MATTER = 0.004
"""A text whose second group of topics has so little of what its first has asks nothing else: the glance that spares
most texts the rest."""
BEGINS, AFTER_COMMA, ANNOUNCES, BACK = 1, 2, 3, 4
ROLES = {"begins": BEGINS, "begins_after_comma": AFTER_COMMA, "announces": ANNOUNCES, "points_back": BACK}
Flags = NDArray[np.bool_]


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
    tell of a matter, whether it announces something new, what a change of matter before it costs, and where the
    cleaned text may be cut there."""

    firsts: Numbers
    lengths: Numbers
    rows: Numbers
    telling: Numbers
    joined: Flags
    costs: Floats
    cuts: Numbers


class Question(NamedTuple):
    """Its first word in the block, where its text begins in the cleaned one, its group of topics."""

    first: int
    cut: int
    group: int


class QuestionFinder:
    """Finds the questions of a block's rows by the groups of a model's topics."""

    def __init__(self, model: AppealModel, groups: Sequence[str]):
        """`groups`: of each topic of the model."""
        self._model = model
        self._joints = joining_words()
        self._starts = np.array([n for n, group in enumerate(groups) if n == 0 or group != groups[n - 1]])
        self.group_of = np.searchsorted(self._starts, np.arange(len(groups)), side="right")
        """The number of the group of each topic."""
        self.able = len(self._starts) == len(set(groups)) > 1
        """A model of one's own may have no groups, or have them scattered: its messages stay whole."""

    def joins(self, word: str) -> bool:
        """Whether a word is one of the table."""
        return word in self._joints

    def find(self, block: Block, rows: Sequence[int]) -> dict[int, list[Question]]:
        """Row → its questions, where it has several."""
        telling = block.store.telling[block.numbers] & block.triggers("topic") & ~block.triggers("not_an_appeal")
        looked_at = np.flatnonzero(self._may_hold_several(block, rows, telling))
        pieces = self._pieces(block, looked_at, telling) if len(looked_at) else None
        return self._questions(block, pieces) if pieces is not None else {}

    def _may_hold_several(self, block: Block, rows: Sequence[int], telling: Flags) -> Flags:
        """Whether a row is worth looking at: more than one group of topics is likely, and its words do for two pieces.

        `telling` (n_words,): whether a word tells of a matter.
        """
        groups = self.group_of[block.topics]
        others = np.where(groups == groups[:, :1], 0, block.topic_shares).max(axis=1)
        opened = np.zeros(len(block), bool)
        opened[list(rows)] = True
        hinted = np.array([bool(code) for code in block.hinted])
        enough = np.diff(np.append(0, np.cumsum(telling))[block.bounds]) >= 2 * TELLING_PIECE
        return np.asarray(opened & enough & ((others > ONE_MATTER * block.topic_shares[:, 0]) | hinted))

    def _pieces(self, block: Block, rows: Numbers, tells: Flags) -> Pieces | None:
        """Pieces of these rows, of those of them that have two telling ones; None if there are none."""
        row_lengths = np.diff(block.bounds)[rows]
        ends = np.cumsum(row_lengths)
        starts = ends - row_lengths
        at = _ranges(block.bounds[rows], row_lengths)
        places = word_places([block.texts[row] for row in rows.tolist()])
        breaks, roles = places.breaks, self._roles(block, at)
        breaks[starts] = STRONG
        # «…, а также» begins at «а».
        leads = (roles[:-1] == ANNOUNCES) | (roles[:-1] == AFTER_COMMA)
        early = np.flatnonzero((roles[1:] == BEGINS) & leads & (breaks[1:] == 0))
        roles[early], roles[early + 1] = BEGINS, 0
        firsts = np.flatnonzero((breaks >= STRONG) | ((breaks == WEAK) & (roles == AFTER_COMMA)) | (roles == BEGINS))
        of_row = np.searchsorted(ends, firsts, side="right")
        telling = np.add.reduceat(tells[at].astype(np.int64), firsts)
        kept = np.flatnonzero((np.bincount(of_row, telling >= TELLING_PIECE, len(rows)) > 1)[of_row])
        if not len(kept):
            return None
        lengths = np.diff(firsts, append=len(at))[kept]
        firsts, of_row, telling = firsts[kept], of_row[kept], telling[kept]
        roles = np.append(roles, np.zeros(LOOKED_BACK, np.int8))
        new = (roles > 0) & (roles != BACK)
        joined = new[firsts] | (new[firsts + 1] & (lengths > 1)) | (breaks[firsts] == POINT)
        back = np.zeros(len(firsts), bool)
        for n in range(LOOKED_BACK):
            back |= (roles[firsts + n] == BACK) & (lengths > n)
        costs = COST + AT_JOINT * joined + AT_COMMA * (breaks[firsts] < STRONG) + POINTING_BACK * back
        of_block = firsts + (block.bounds[rows] - starts)[of_row]
        return Pieces(of_block, lengths, rows[of_row], telling, joined, costs.astype(np.float32), places.cuts[firsts])

    def _roles(self, block: Block, at: Numbers) -> NDArray[np.int8]:
        """The role of each of these words of a block, 0 for none."""
        roles = np.zeros(len(at), np.int8)
        joins = np.flatnonzero(block.triggers("parts")[at])
        numbers, which = np.unique(block.numbers[at[joins]], return_inverse=True)
        words = block.store.words
        roles[joins] = np.array([self._joints[words[number]] for number in numbers.tolist()], np.int8)[which]
        return roles

    def _questions(self, block: Block, pieces: Pieces) -> dict[int, list[Question]]:
        """Row → its questions, where it has several."""
        head = self._model.heads["topic"]
        scores = self._scores(block, pieces.firsts, pieces.lengths)
        voice = np.minimum(pieces.telling / FULL_VOICE, 1).astype(np.float32)[:, None]
        chances = group_chances(scores[:, head.columns], self._starts, head.sharpness)
        of_text = np.concatenate([[True], pieces.rows[1:] != pieces.rows[:-1]])
        bounds = np.append(np.flatnonzero(of_text), len(pieces.rows))
        labels = likeliest_labels(np.maximum(chances, LEAST_CHANCE) * voice, bounds, pieces.costs)
        begins = np.flatnonzero(of_text | np.concatenate([[True], labels[1:] != labels[:-1]]))
        alone = of_text[begins] & np.append(of_text[begins[1:]], True)
        if alone.all():
            return {}
        joins = np.diff(begins, append=len(labels))[~alone]
        lengths = np.add.reduceat(pieces.lengths, begins)[~alone]
        begins = begins[~alone]
        firsts, rows = pieces.firsts[begins], pieces.rows[begins]
        # A question of one piece is scored already.
        scores = scores[begins]
        several = joins > 1
        scores[several] = self._scores(block, firsts[several], lengths[several])
        sure = self._sure_groups(scores, of_text[begins] | pieces.joined[begins])
        found: dict[int, list[Question]] = {}
        cuts = pieces.cuts[begins]
        for row, *question in zip(rows.tolist(), firsts.tolist(), cuts.tolist(), sure.tolist(), strict=True):
            told = found.setdefault(row, [])
            first, cut, group = question
            # What is said before the first question is a part of it, what is unsure of the one before.
            if group >= 0 and not told:
                told.append(Question(int(block.bounds[row]), 0, group))
            elif group >= 0 and told[-1].group != group:
                told.append(Question(first, cut, group))
        return {row: told for row, told in found.items() if len(told) > 1}

    def _sure_groups(self, scores: Floats, easy: Flags) -> Numbers:
        """The group of the likeliest topic of each run of words, -1 where it is not sure enough."""
        chances = self._model.calibrated(scores, ("topic",))["topic"]
        groups = np.searchsorted(self._starts, chances.argmax(axis=1), side="right") - 1
        sure = np.add.reduceat(chances, self._starts, axis=1)[np.arange(len(groups)), groups]
        return np.where(sure >= np.where(easy, SURE_AT_JOINT, SURE), groups, -1)

    def _scores(self, block: Block, firsts: Numbers, lengths: Numbers) -> Floats:
        """Scores of runs of words as of texts."""
        return self._model.score(weigh(block.numbers[_ranges(firsts, lengths)], lengths, block.store.idf), block.store)


def _ranges(starts: Numbers, lengths: Numbers) -> Numbers:
    """starts[0], starts[0] + 1 …, starts[1] …: so many of each."""
    ends = np.cumsum(lengths)
    offsets: Numbers = np.repeat(starts - (ends - lengths), lengths)
    return offsets + np.arange(len(offsets))
