"""Builds the shipped model: topics of the catalogue and roles, learned from three sources and written lessons.

    python -m tsur_nlp.learning.shipped ../shared/data -o models/default --sample notebooks/sample_incidents.csv

Labels of the regions come through the crosswalks; wide ones narrow down while learning. Texts of the
catalogue (titles, descriptions, key phrases, lessons) are the project's own; they teach and never count as test.
The confidence comes from each source judged by a model that never saw it: that is how a new region will meet it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from tsur_nlp import __version__
from tsur_nlp.catalog.crosswalks import SOURCES, KnownAuthority, authority_crosswalk, topic_crosswalk
from tsur_nlp.catalog.topics import load_catalog, role_shares
from tsur_nlp.learning.card import card, outside_section
from tsur_nlp.learning.examples import WIDEST, Examples, lessons_of_catalog, read_examples
from tsur_nlp.learning.linear import Admissible, Margin
from tsur_nlp.learning.plain import plain_outside
from tsur_nlp.learning.training import figures, train
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.classifier import AppealModel
from tsur_nlp.text.labels import label_key

ADMINISTRATION = "municipality.administration"
CAPITALS = ("Курск", "Рязань")
"""Cities whose own committees are named beside their administration; in Perm the city is one executor for all."""
FEWEST_TEXTS = 4
"""Rarer words and n-grams only take room: none of the sources left out is read worse without them."""
SETTING = Margin(0.03, balance=0.1, steps=4)
"""Chosen by leaving one source out (docs/experiments.md)."""
LESSON_WEIGHT = 2.0
"""What a text of the catalogue or a lesson counts against an appeal; chosen likewise."""
PRIOR = 5.0
"""How many counted appeals the catalogue's word on a topic's roles is worth."""


def examples_of(source: str, file: Path) -> Examples:
    """Labelled texts of a source in the catalogue's terms. Labels that say nothing or too much are left out."""
    read = read_examples(file, "text", "topic", "authority")
    topics = topic_crosswalk(source)
    authorities = authority_crosswalk(source)
    meant: list[Admissible] = []
    roles: list[Admissible] = []
    texts: list[str] = []
    for text, (topic,), authority in zip(read.texts, read.topics, read.authorities or (), strict=True):
        found = topics.get(label_key(topic), ())
        if 0 < len(found) <= WIDEST:
            texts.append(text)
            meant.append(found)
            roles.append(roles_behind(authorities.get(label_key(authority[0])), found) if authority else ())
    return Examples(tuple(texts), tuple(meant), tuple(roles))


def roles_behind(known: KnownAuthority | None, topics: Admissible) -> Admissible:
    """The roles an authority label stands for, narrowed down by what its topics need.

    Outside the capital one administration answers for everything municipal: its label says where, not what,
    so the roles come from the topic. A region resolves them back to that administration.
    """
    if known is None:
        return ()
    catalog = load_catalog()
    needed = tuple(dict.fromkeys(role for topic in topics for role in catalog.topics[topic].roles))
    if known.roles == (ADMINISTRATION,) and known.territory not in CAPITALS:
        local = tuple(role for role in needed if ADMINISTRATION in (role, catalog.roles[role].fallback))
        return local or known.roles
    return tuple(role for role in known.roles if role in needed) or known.roles


def links_prior(topics: Sequence[str], roles: Sequence[str]) -> NDArray[np.float64]:
    """What the catalogue says of who answers for what, as counts, shape (n_topics, n_roles)."""
    column = {role: i for i, role in enumerate(roles)}
    prior = np.zeros((len(topics), len(roles)))
    for row, code in zip(prior, topics, strict=True):
        for role, share in role_shares(load_catalog().topics[code].roles):
            row[column[role]] += PRIOR * share
    return prior


def own_examples(model: AppealModel, sample: Path) -> list[str]:
    """A section of the card, by lines: how the model does on texts written for the project, and where it errs."""
    titles = [load_catalog().topics[code].title for code in model.heads["topic"].labels]
    read = read_examples(sample, "Текст инцидента", "Тема")
    probabilities = model.probabilities(read.texts)["topic"]
    first = third = 0
    mistakes = []
    for text, (truth,), values in zip(read.texts, read.topics, probabilities, strict=True):
        named = [titles[i] for i in np.argsort(-values, kind="stable")[:3]]
        first += named[0] == truth
        third += truth in named
        if named[0] != truth:
            mistakes.append(f"- «{' '.join(text.split())}» — {named[0]}, а верно: {truth}")
    count = len(read.texts)
    return [
        "",
        "## На примерах, написанных для проекта",
        "",
        f"{sample.name}: сообщений с темой {count}, у каждого своя; верна первая тема {first / count:.2f},",
        f"есть среди трёх {third / count:.2f}. Не обучение и не мера качества: примеров мало. Где ошибается:",
        "",
        *mistakes,
    ]


def examples_of_all(data: Path) -> Examples:
    """Labelled texts of all sources of a folder, each with its source."""
    parts = {source: examples_of(source, data / f"{source}.csv") for source in SOURCES}
    return Examples(
        tuple(text for part in parts.values() for text in part.texts),
        tuple(row for part in parts.values() for row in part.topics),
        tuple(row for part in parts.values() for row in part.authorities or ()),
        sources=tuple(source for source, part in parts.items() for _ in part.texts),
    )


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--sample", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--lessons", "own", type=click.Path(path_type=Path, exists=True, file_okay=False), multiple=True)
@click.option("--baseline", is_flag=True, help="Measure a plain SVC on the sources left out, too: slow.")
def main(data: Path, folder: Path, sample: Path, own: tuple[Path, ...], baseline: bool) -> None:
    """Train on the tables of DATA and write the model and its card."""
    examples = examples_of_all(data)
    lessons = [replace(lesson, weight=LESSON_WEIGHT * lesson.weight) for lesson in lessons_of_catalog(own)]
    trained = train(
        examples,
        lessons,
        links_prior=links_prior,
        min_texts=FEWEST_TEXTS,
        setting=SETTING,
        catalog_topics=True,
        roles=True,
        about={"name": "default", "made_by": __version__},
        progress=lambda stage: click.echo(stage, err=True),
    )
    outside = {source: figures(found) for source, found in trained.outside.items()}
    trained.model.about |= {"figures": figures(trained.quality), "outside": outside}
    counts = Counter(examples.sources)
    sources = [
        f"Обращения региональной платформы Курской области, 2021–2022: {counts['kursk']} текстов",
        f"Обращения «Наш дом Рязань», до 2019 года: {counts['ryazan']} текстов",
        f"Сообщения «Инцидента» в Пермском крае, до 2023 года: {counts['perm']} текстов",
        "Названия, описания и фразы каталога, уроки, написанные для проекта: "
        f"{len(lessons)} (только обучение, не проверка)",
        "У источников нет файла лицензии; строки в проект не входят, веса — собственный расчёт проекта",
        "Метка источника, которая шире темы каталога, засчитана, если ответ — одна из допустимых тем",
    ]
    plain = {source: plain_outside(examples, source) for source in counts} if baseline else {}
    more = [*outside_section(trained.outside, plain), *own_examples(trained.model, sample)]
    storage.save(trained.model, folder, card("Встроенная модель", trained, sources, more))
    for name, found in trained.quality.items():
        click.echo(f"{name}: {found}")
    for source, found_there in trained.outside.items():
        click.echo(f"{source}: {found_there}")


if __name__ == "__main__":
    main()
