"""Each source judged by a model that never saw it: topics, any admissible one counts.

    python benchmarks/sources.py ../shared/data [-o docs/results/sources.md] [--plain]

Heads are fitted as the shipped model's are; options vary one thing at a time, and 0 leaves a kind of text out. Texts of
the catalogue: titles, descriptions, key phrases; written lessons: phrases and messages.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from tsur_nlp.catalog.lessons import read_lessons
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.learning.examples import TITLE_TIMES, Lesson
from tsur_nlp.learning.folds import near_duplicate_groups
from tsur_nlp.learning.linear import Margin
from tsur_nlp.learning.metrics import Quality
from tsur_nlp.learning.names import personal_names
from tsur_nlp.learning.outside import Material, judge_outside, left_out
from tsur_nlp.learning.plain import plain_outside
from tsur_nlp.learning.shipped import FEWEST_TEXTS, SETTING, examples_of_all
from tsur_nlp.learning.training import default_jobs

HEADER = ["источник", "метод", "текстов", "top-1", "top-3", "группа top-1", "ECE", "охват при 0,80"]


def lessons(title: float, about: float, phrase: float, message: float) -> Iterator[Lesson]:
    """Texts of the catalogue and written lessons, each kind with its weight."""
    topics = load_catalog().topics
    for code, topic in topics.items():
        yield Lesson(topic.title, (code,), weight=title)
        yield from (Lesson(text, (code,), weight=about) for text in (topic.description, *topic.phrases))
    for one in read_lessons(topics):
        yield Lesson(one.text, (one.topic,), weight=phrase if one.form == "phrase" else message)


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path))
@click.option("--plain", is_flag=True, help="Also TF-IDF with LinearSVC, which takes long.")
@click.option("--c", default=SETTING.c)
@click.option("--balance", default=SETTING.balance)
@click.option("--steps", default=SETTING.steps)
@click.option("--fewest-texts", default=FEWEST_TEXTS)
@click.option("--title", default=float(TITLE_TIMES))
@click.option("--about", default=1.0)
@click.option("--phrase", default=1.0)
@click.option("--message", default=1.0)
def main(
    data: Path,
    output: Path | None,
    plain: bool,
    c: float,
    balance: float,
    steps: int,
    fewest_texts: int,
    title: float,
    about: float,
    phrase: float,
    message: float,
) -> None:
    """Print one table, and write it if asked."""
    examples = replace(examples_of_all(data), authorities=None)
    taught = [one for one in lessons(title, about, phrase, message) if one.weight]
    material = Material(examples, taught, {"topic": examples.topics}, fewest_texts, default_jobs())
    names = personal_names(examples.texts, default_jobs())
    setting = Margin(c, balance, steps)
    parts = dict(left_out(material, names, {"topic": setting}, None, lambda: None))
    _, figures, _ = judge_outside(material, parts, near_duplicate_groups(examples.texts))
    labels = material.names["topic"]
    groups = np.array([load_catalog().topics[code].group for code in labels])
    rows = []
    for source, (own, judged) in parts.items():
        best = groups[judged.scores["topic"].argmax(axis=1)]
        admissible = [{load_catalog().topics[code].group for code in examples.topics[i]} for i in own]
        group = np.mean([one in row for one, row in zip(best, admissible, strict=True)])
        rows.append([source, "tsur-nlp", *_shown(figures[source]["topic"], f"{group:.3f}")])
        if plain:
            rows.append([source, "TF-IDF + LinearSVC", *_shown(plain_outside(examples, source), "")])
    found = [figures[source]["topic"] for source in parts]
    mean = [f"{np.mean([getattr(one, name) for one in found]):.3f}" for name in ("top1", "top3", "ece")]
    rows.append(["среднее", "tsur-nlp", "", mean[0], mean[1], "", mean[2], ""])
    lines = ["| " + " | ".join(row) + " |" for row in (HEADER, ["---"] * len(HEADER), *rows)]
    print("\n".join(lines))
    if output:
        output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _shown(found: Quality, group: str) -> list[str]:
    shares = (found.top1, found.top3)
    more = (found.ece, found.coverage_at_80)
    return [str(found.texts), *(f"{x:.3f}" for x in shares), group, *(f"{x:.3f}" for x in more)]


if __name__ == "__main__":
    main()
