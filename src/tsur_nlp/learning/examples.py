"""What a model learns from: a user's table, checked and counted, and what the catalogue knows of its labels."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tsur_nlp.catalog.crosswalks import topics_meant_by
from tsur_nlp.catalog.lessons import FOLDER, read_lessons
from tsur_nlp.catalog.topics import Topic, load_catalog
from tsur_nlp.errors import CatalogError, TableError
from tsur_nlp.learning.linear import Admissible
from tsur_nlp.tables.cells import as_text
from tsur_nlp.tables.column_mapping import find_column, find_columns
from tsur_nlp.tables.readers import open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading
from tsur_nlp.text.labels import merged
from tsur_nlp.text.tokens import words

TITLE_TIMES = 3
"""How often a label's own title is added as a training text (../shared/DESIGN.md measured 3 as the best)."""
MESSAGE_WEIGHT = 0.5
"""What a written message counts against a text of the table; phrases of lessons bring less (docs/experiments.md)."""
FEWEST_TO_DOUBT = 50
"""Rows from which a table with a topic for every other row is taken for a mistake."""
MOSTLY = 0.9
"""The share of one topic from which it is said to drown all others."""
SOME = 0.05
"""The share of texts in other alphabets that is worth saying."""
CYRILLIC = re.compile("[а-яёА-ЯЁ]")
WIDEST = 8
"""A label that may mean more topics of the catalogue than this gains nothing from their descriptions."""


@dataclass(frozen=True)
class Examples:
    """Labelled texts. `authorities` is None if there is no such column; an empty tuple there: not labelled.

    `remarks`: what was found wrong with the table and how it was handled, in Russian. `weights`: how much each text
    counts in training, all alike if empty. `rows`: their numbers in the table, from 1; empty if they come from none.
    `sources`: where each comes from, if they come from several places.
    """

    texts: tuple[str, ...]
    topics: tuple[Admissible, ...]
    authorities: tuple[Admissible, ...] | None
    remarks: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    rows: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()


def read_examples(
    file: Path,
    text: str | None = None,
    topic: str | None = None,
    authority: str | None = None,
    look_for_authority: bool = False,
    how: Reading = BY_ITSELF,
) -> Examples:
    """Labelled texts of a table; columns by name or found. Rows without a text or a topic are left out and counted.

    Authorities are read if their column is named, or looked for by its usual names if asked.

    Raises TableError if there is no text or topic column, or fewer than two topics.
    """
    texts: list[str] = []
    topics: list[str] = []
    authorities: list[str] = []
    numbers: list[int] = []
    left_out: Counter[str] = Counter()
    with open_table(file, how) as table:
        text_at = find_columns(table.columns, table.sample, text=text).text
        topic_at = find_column(table.columns, "topic", topic)
        if topic_at is None:
            raise TableError(f"{file.name}: не нашёл столбец с темой. Назовите его: --topic СТОЛБЕЦ")
        authority_at = find_column(table.columns, "authority", authority) if authority or look_for_authority else None
        for row in table.rows:
            if row.problem:
                left_out["не читаются"] += 1
            elif not words(as_text(row.cells[text_at])):
                left_out["без текста"] += 1
            elif not as_text(row.cells[topic_at]).strip():
                left_out["без темы"] += 1
            else:
                numbers.append(row.number)
                texts.append(as_text(row.cells[text_at]))
                topics.append(as_text(row.cells[topic_at]))
                authorities.append("" if authority_at is None else as_text(row.cells[authority_at]))
    topics, twins = merged(topics)
    authorities, authority_twins = merged(authorities)
    if len(set(topics)) < 2:
        raise TableError(
            f"{file.name}: различных тем {len(set(topics))}, а нужно хотя бы две; проверьте столбец с темой"
        )
    remarks = [f"Строк пропущено ({why}): {count}" for why, count in left_out.items()]
    if twins + authority_twins:
        remarks.append(f"Разных написаний одной метки сведено к самому частому: {twins + authority_twins}")
    remarks += _remarks(texts, topics)
    with_authorities = authority_at is not None and len(set(authorities) - {""}) > 1
    if authority_at is not None and not with_authorities:
        remarks.append("В столбце с органом меньше двух значений: органы не учатся")
    return Examples(
        tuple(texts),
        tuple((label,) for label in topics),
        tuple((label,) if label else () for label in authorities) if with_authorities else None,
        tuple(remarks),
        rows=tuple(numbers),
    )


def check_learnable(examples: Examples) -> None:
    """Raises TableError if there is a topic for every other text: a number or a text stands for the topic."""
    topics = {label for row in examples.topics for label in row}
    if len(examples.texts) >= FEWEST_TO_DOUBT and len(topics) > len(examples.texts) / 2:
        raise TableError(
            f"на {len(examples.texts)} строк {len(topics)} разных тем: это похоже на номер или текст, а не на тему; "
            "проверьте столбец с темой"
        )


def _remarks(texts: Sequence[str], topics: Sequence[str]) -> Iterator[str]:
    single = sum(count == 1 for count in Counter(topics).values())
    if single:
        yield f"Тем с единственным примером: {single}; их качество проверить нельзя"
    labels: dict[str, set[str]] = {}
    for text, topic in zip(texts, topics, strict=True):
        labels.setdefault(" ".join(words(text)), set()).add(topic)
    torn = sum(len(found) > 1 for found in labels.values())
    if torn:
        yield f"Одинаковых текстов с разными темами: {torn}; оставлены все"
    (commonest, count), *_ = Counter(topics).most_common(1)
    if count >= MOSTLY * len(topics):
        yield (
            f"Тема «{commonest}» стоит у {count / len(topics):.0%} строк: "
            "столько угадает и тот, кто отвечает ею всегда; "
            "смотрите на macro-F1 и полноту остальных тем"
        )
    foreign = sum(CYRILLIC.search(text) is None for text in texts)
    if foreign >= SOME * len(texts):
        yield f"Текстов без русских букв: {foreign}; слова других языков учатся как есть, без начальных форм"


# ------------------------------------------------------------------------------
#   Knowledge of the catalogue as training texts
# ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lesson:
    """A written text and what it teaches: a title, a description, a phrase, a message. An empty tuple teaches nothing.

    `weight`: how much it counts, against 1 of an appeal.
    """

    text: str
    topic: Admissible = ()
    authority: Admissible = ()
    weight: float = 1.0


def lessons_for_labels(topics: Sequence[str], authorities: Sequence[str] = ()) -> Iterator[Lesson]:
    """For a user's own labels: their titles, and what is written of the catalogue topics they are known to mean:
    descriptions, key phrases and messages.

    An authority's title often names its place, and so does a message.
    """
    catalog = load_catalog()
    messages: dict[str, list[str]] = {}
    for one in read_lessons(catalog.topics):
        if one.form == "message":
            messages.setdefault(one.topic, []).append(one.text)
    for label in topics:
        yield from [Lesson(label, topic=(label,))] * TITLE_TIMES
        meant = topics_meant_by(label)
        if len(meant) <= WIDEST:
            for code in meant:
                yield from (Lesson(text, topic=(label,)) for text in described(catalog.topics[code]))
                yield from (Lesson(text, topic=(label,), weight=MESSAGE_WEIGHT) for text in messages.get(code, ()))
    for label in authorities:
        yield from [Lesson(label, authority=(label,))] * TITLE_TIMES


def lessons_of_catalog(folders: Sequence[Path] = ()) -> Iterator[Lesson]:
    """For the catalogue's own topics: title, description, key phrases and written lessons, with the roles that answer.

    `folders`: further tables of lessons, of a region or a centre.
    """
    catalog = load_catalog()
    for code, topic in catalog.topics.items():
        yield from [Lesson(topic.title, (code,), topic.roles)] * TITLE_TIMES
        yield from (Lesson(text, (code,), topic.roles) for text in described(topic))
    for role in catalog.roles.values():
        yield from [Lesson(role.title, authority=(role.code,))] * TITLE_TIMES
    for folder in (FOLDER, *folders):
        for one in read_lessons(catalog.topics, folder):
            yield Lesson(one.text, (one.topic,), catalog.topics[one.topic].roles)


def lessons_of_folder(folder: Path, topics: Sequence[Admissible]) -> list[Lesson]:
    """A centre's own written lessons for the labels of its table.

    Raises CatalogError with the place of a mistake, and if the folder has no table.
    """
    found = [Lesson(one.text, (one.topic,)) for one in read_lessons({label for row in topics for label in row}, folder)]
    if not found:
        raise CatalogError(f"{folder}: уроков здесь нет; нужны таблицы .csv со столбцами topic, form, text")
    return found


def described(topic: Topic) -> tuple[str, ...]:
    """The description and each key phrase of a topic, as separate texts."""
    return topic.description, *topic.phrases
