"""Retraining from what operators corrected, and whether the new model is better than the one in use.

A fifth of the labelled texts of a journal, always the same by a hash of their words, is never learned from: on it
the old and the new model answer the same texts, and McNemar's exact test (McNemar, 1947) says whether one of them is
right more often than chance explains. Near-duplicates of these texts are not learned from either.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from scipy.stats import binomtest

from tsur_nlp.catalog.crosswalks import topics_meant_by
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.errors import JournalError
from tsur_nlp.journal.records import Labelled
from tsur_nlp.journal.store import Journal
from tsur_nlp.learning.examples import Examples
from tsur_nlp.learning.folds import near_duplicate_groups
from tsur_nlp.learning.linear import Admissible
from tsur_nlp.learning.training import Trained, train
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.text.labels import label_key, merged
from tsur_nlp.text.tokens import words

EXAM_SHARE = 5
"""One text in so many is for comparison only."""
SMALLEST_EXAM = 30
"""Texts. Fewer can't tell two models apart."""
CORRECTED_WEIGHT = 3.0
"""How much a text counts on which a model was wrong, against one."""
SURE = 0.05
"""The new model is worse if so small a chance would make it look so."""


@dataclass(frozen=True, slots=True)
class ByLabel:
    """How many texts of a label there are, and for how many of them each model was right."""

    label: str
    texts: int
    base: int
    new: int


@dataclass(frozen=True)
class Comparison:
    """Two models on the same texts.

    `base`, `new`: shares right (0 … 1); `only_base`, `only_new`: texts that one of them alone got right;
    `chance`: how likely so uneven a count is if they are equally good, two-sided. `labels`: those with a difference,
    the largest first.
    """

    head: str
    texts: int
    base: float
    new: float
    only_base: int
    only_new: int
    chance: float
    labels: tuple[ByLabel, ...]

    @property
    def worse(self) -> bool:
        """Whether the new model is worse, and it is hardly chance."""
        return self.only_new < self.only_base and self.chance < SURE


@dataclass(frozen=True)
class Retrained:
    """A new model and how it compares, by head; `learned`: texts of the journal it learned from."""

    trained: Trained
    comparisons: tuple[Comparison, ...]
    learned: int

    @property
    def refused(self) -> str:
        """Why the new model should not take the place of the old one, in Russian; "" if it may."""
        for one in self.comparisons:
            if one.texts < SMALLEST_EXAM:
                return f"сравнить не на чем: отложенных текстов {one.texts}, а нужно {SMALLEST_EXAM}"
            if one.worse:
                return f"новая модель хуже прежней: верно {one.new:.3f} против {one.base:.3f} на {one.texts} текстах"
        return ""


def retrain(
    journal: Journal,
    base: AppealModel,
    table: Examples | None = None,
    weight: float = CORRECTED_WEIGHT,
    progress: Callable[[str], None] = lambda stage: None,
) -> Retrained:
    """A model learned from a journal, and from the table of the old model if given, compared with the old one.

    Texts on which a model was wrong count `weight` times. Raises JournalError if the journal keeps no texts or has
    too few labelled ones.
    """
    if journal.texts == "hash":
        raise JournalError(
            f"{journal.file.name}: журнал хранит только хеши текстов, учиться не на чем; "
            "заведите журнал с --keep-texts masked"
        )
    labelled = _one_spelling([_in_words_of(base, one) for one in journal.labelled() if words(one.text)])
    exam = [one for one in labelled if is_exam(one.text)]
    lessons = _unlike(exam, [one for one in labelled if not is_exam(one.text)])
    if len({one.topic for one in lessons if one.topic}) < 2 and table is None:
        raise JournalError(
            f"{journal.file.name}: размеченных текстов {len(lessons)}, а тем среди них меньше двух; "
            "внесите исправления или прошлые выгрузки, или добавьте --table"
        )
    encoder = base.second.encoder if base.second else None
    trained = train(_joined(table, lessons, weight), encoder=encoder, progress=progress)
    progress("Сравнение с прежней моделью")
    comparisons = [_compared("topic", base, trained.model, [(one.text, one.topic) for one in exam])]
    if "authority" in base.heads and "authority" in trained.model.heads and not base.roles:
        comparisons.append(_compared("authority", base, trained.model, [(one.text, one.authority) for one in exam]))
    return Retrained(trained, tuple(comparisons), len(lessons))


def is_exam(text: str) -> bool:
    """Whether a text is for comparison only: by its words, so that it always is."""
    return blake2b(" ".join(words(text)).encode(), digest_size=4).digest()[0] % EXAM_SHARE == 0


def _in_words_of(base: AppealModel, one: Labelled) -> Labelled:
    """Labels as the old model spells them, a topic of the catalogue by its own title."""
    meant = topics_meant_by(one.topic) if base.catalog_topics and one.topic else ()
    topic = load_catalog().topics[meant[0]].title if len(meant) == 1 else _spelled(base, "topic", one.topic)
    return Labelled(one.text, topic, _spelled(base, "authority", one.authority), one.corrected)


def _one_spelling(labelled: Sequence[Labelled]) -> list[Labelled]:
    topics, _ = merged([one.topic for one in labelled])
    authorities, _ = merged([one.authority for one in labelled])
    return [
        Labelled(one.text, topic, authority, one.corrected)
        for one, topic, authority in zip(labelled, topics, authorities, strict=True)
    ]


def _spelled(base: AppealModel, head: str, label: str) -> str:
    known = base.heads[head].labels if head in base.heads else ()
    key = label_key(label)
    return next((name for name in known if label_key(name) == key), label)


def _unlike(exam: Sequence[Labelled], others: Sequence[Labelled]) -> list[Labelled]:
    """Texts that are not near-duplicates of any text of the exam."""
    if not exam or not others:
        return list(others)
    groups = near_duplicate_groups([one.text for one in (*exam, *others)])
    examined = set(groups[: len(exam)].tolist())
    return [one for one, group in zip(others, groups[len(exam) :].tolist(), strict=True) if group not in examined]


def _joined(table: Examples | None, lessons: Sequence[Labelled], weight: float) -> Examples:
    """The table, if any, and the journal's texts together."""
    topics: list[Admissible] = [(one.topic,) if one.topic else () for one in lessons]
    authorities: list[Admissible] = [(one.authority,) if one.authority else () for one in lessons]
    weights = [weight if one.corrected else 1.0 for one in lessons]
    texts = [one.text for one in lessons]
    if table is not None:
        texts += table.texts
        topics += table.topics
        authorities += table.authorities or [()] * len(table.texts)
        weights += [1.0] * len(table.texts)
    topics = _merged(topics)
    authorities = _merged(authorities)
    with_authorities = len({label for row in authorities for label in row}) > 1
    return Examples(
        tuple(texts),
        tuple(topics),
        tuple(authorities) if with_authorities else None,
        table.remarks if table else (),
        tuple(weights),
    )


def _merged(rows: Sequence[Admissible]) -> list[Admissible]:
    """Labels of rows, all spellings of one as the commonest, whether they come from the table or the journal."""
    return [(label,) if label else () for label in merged([row[0] if row else "" for row in rows])[0]]


def _compared(head: str, base: AppealModel, new: AppealModel, exam: Sequence[tuple[str, str]]) -> Comparison:
    known = [(text, label) for text, label in exam if label]
    truth = [label for _, label in known]
    texts = [text for text, _ in known]
    right = [
        [
            label_key(answer) == label_key(label)
            for answer, label in zip(_answers(model, head, texts), truth, strict=True)
        ]
        for model in (base, new)
    ]
    pairs = Counter(zip(*right, strict=True))
    only_base, only_new = pairs[True, False], pairs[False, True]
    differ = only_base + only_new
    chance = float(binomtest(only_base, differ).pvalue) if differ else 1.0
    labels = []
    for label in sorted(set(truth)):
        of = [i for i, one in enumerate(truth) if one == label]
        labels.append(ByLabel(label, len(of), *(sum(one[i] for i in of) for one in right)))
    differing = sorted((one for one in labels if one.base != one.new), key=lambda one: -abs(one.new - one.base))
    count = max(len(known), 1)
    return Comparison(
        head, len(known), sum(right[0]) / count, sum(right[1]) / count, only_base, only_new, chance, tuple(differing)
    )


def _answers(model: AppealModel, head: str, texts: Sequence[str]) -> list[str]:
    """The likeliest labels, topics of the catalogue by their titles."""
    labels = model.heads[head].labels
    topics = load_catalog().topics if head == "topic" and model.catalog_topics else {}
    best = model.probabilities(texts)[head].argmax(axis=1)
    return [topics[labels[i]].title if labels[i] in topics else labels[i] for i in best]
