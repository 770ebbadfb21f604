"""Refuses written lessons that are copies of real messages, or name people and their phones.

    python -m tsur_nlp.learning.lessons_check ../shared/data [--lessons DIR]

A lesson is taken for a copy of a message if their words are the same, if eight words in a row stand in both, or if
their character n-grams are as alike as those of near-duplicates in training.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from tsur_nlp.catalog.lessons import FOLDER, WrittenLesson, read_lessons
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.errors import TableError
from tsur_nlp.learning.folds import ALIKE, BLOCK
from tsur_nlp.learning.names import people
from tsur_nlp.privacy import mask
from tsur_nlp.tables.cells import as_text
from tsur_nlp.tables.column_mapping import find_columns
from tsur_nlp.tables.readers import open_table
from tsur_nlp.text.tokens import words

NAME = "[ФИО]"
RUN = 8
"""So many words in a row are nobody's chance."""


def refused(lessons: Sequence[WrittenLesson], rows: Sequence[str]) -> Iterator[str]:
    """What is wrong with lessons, a line each, naming file and line and never the message."""
    masked = [mask(lesson.text) for lesson in lessons]
    for lesson, found, names in zip(lessons, masked, people([lesson.text for lesson in lessons]), strict=True):
        # Rules alone take «Пол холодный» for a name, and natasha alone takes villages for people.
        if found.replace(NAME, "") != lesson.text and (NAME not in found or names):
            yield f"{_where(lesson)}: имя, телефон или другие личные данные"
    said = [words(lesson.text) for lesson in lessons]
    real = [words(row) for row in rows]
    runs = {run for row in real for run in _runs(row)}
    whole = {tuple(row) for row in real}
    alike = _alike([" ".join(one) for one in said], [" ".join(row) for row in real])
    for lesson, own, near in zip(lessons, said, alike, strict=True):
        if tuple(own) in whole or any(run in runs for run in _runs(own)):
            yield f"{_where(lesson)}: повторяет настоящее сообщение; напишите своими словами"
        elif near:
            yield f"{_where(lesson)}: почти повторяет настоящее сообщение; напишите своими словами"


def _where(lesson: WrittenLesson) -> str:
    return f"{lesson.file}, строка {lesson.line}"


def _runs(found: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(found[start : start + RUN]) for start in range(len(found) - RUN + 1))


def _alike(texts: Sequence[str], others: Sequence[str]) -> list[bool]:
    """Whether each text is a near-duplicate of any of the others."""
    if not texts or not others:
        return [False] * len(texts)
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, dtype=np.float32)
    against = grams.fit_transform([*others, *texts])[: len(others)].T.tocsr()
    found: list[bool] = []
    for start in range(0, len(texts), BLOCK):
        cosines = (grams.transform(texts[start : start + BLOCK]) @ against).tocsr()
        found += (cosines.max(axis=1).toarray()[:, 0] >= ALIKE).tolist()
    return found


def texts_of(folder: Path) -> list[str]:
    """Texts of all tables of a folder that have a column of texts."""
    found: list[str] = []
    for file in sorted(folder.glob("*.csv")):
        with open_table(file) as table:
            try:
                column = find_columns(table.columns).text
            except TableError:
                continue
            found += [as_text(row.cells[column]) for row in table.rows if not row.problem]
    return found


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--lessons", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(data: Path, folder: Path | None) -> None:
    """Check the shipped lessons, or those of a folder, against the tables of DATA."""
    lessons = list(read_lessons(load_catalog().topics, folder or FOLDER))
    problems = list(refused(lessons, texts_of(data)))
    for problem in problems:
        click.echo(problem)
    click.echo(f"Уроков {len(lessons)}, отклонено {len(problems)}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
