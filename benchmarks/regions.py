"""Do roles learned in one region serve another? Trained on one source, tested on all rows of another.

    python benchmarks/regions.py ../shared/data [-o docs/results/regions.md]

Labels of the sources come to roles through the crosswalks; an answer is right if it is one of the roles a
label may stand for. Beside it: naming the commonest roles always; the model's topics turned to roles by the
catalogue; and the true topics turned so, which is the most that topics alone can give: who answers for street
lamps or graffiti differs from region to region, and belongs in the region's competence.csv.
"""

from itertools import permutations
from pathlib import Path

import click
import numpy as np

from tsur_nlp.catalog.crosswalks import SOURCES
from tsur_nlp.catalog.topics import load_catalog, role_shares
from tsur_nlp.learning.examples import Examples, lessons_of_catalog
from tsur_nlp.learning.linear import Admissible, Margin
from tsur_nlp.learning.shipped import examples_of, links_prior
from tsur_nlp.learning.training import train


def hits(probabilities: np.ndarray, labels: tuple[str, ...], truth: list[Admissible]) -> tuple[float, float]:
    """Top-1 and top-3 of rows with a known role."""
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    found = [[labels[i] in row for i in order] for order, row in zip(best, truth, strict=True) if row]
    return float(np.mean([row[0] for row in found])), float(np.mean([any(row) for row in found]))


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/regions.md"))
def main(data: Path, output: Path) -> None:
    """Print and write one table."""
    parts = {source: examples_of(source, data / f"{source}.csv") for source in SOURCES}
    lines = ["| обучение | проверка | строк | метод | роль top-1 | роль top-3 |", "|---|---|---|---|---|---|"]
    for source, other in permutations(SOURCES, 2):
        seen, unseen = parts[source], parts[other]
        truth = list(unseen.authorities or ())
        known = [role for row in seen.authorities or () for role in row]
        ranked = sorted(set(known), key=lambda role: -known.count(role))
        rows = sum(bool(row) for row in truth)

        def told(
            method: str, top1: float, top3: float, source: str = source, other: str = other, rows: int = rows
        ) -> None:
            lines.append(f"| {source} | {other} | {rows} | {method} | {top1:.3f} | {top3:.3f} |")
            print(lines[-1], flush=True)

        fixed = np.tile(-np.arange(len(ranked), dtype=float), (len(truth), 1))
        told("самые частые роли", *hits(fixed, tuple(ranked), truth))
        model = train(
            Examples(seen.texts, seen.topics, seen.authorities),
            list(lessons_of_catalog()),
            links_prior=links_prior,
            min_texts=2,
            setting=Margin(0.03),
            catalog_topics=True,
            roles=True,
        ).model
        found = model.probabilities(list(unseen.texts))
        told("tsur-nlp", *hits(found["authority"], model.heads["authority"].labels, truth))
        catalog = load_catalog()
        roles = tuple(catalog.roles)
        by_topic = np.zeros((len(model.heads["topic"].labels), len(roles)))
        for row, code in zip(by_topic, model.heads["topic"].labels, strict=True):
            for role, share in role_shares(catalog.topics[code].roles):
                row[roles.index(role)] += share
        told("темы → роли каталога", *hits(found["topic"] @ by_topic, roles, truth))
        row_of = {code: by_topic[i] for i, code in enumerate(model.heads["topic"].labels)}
        surely = np.array([np.mean([row_of[code] for code in topics], axis=0) for topics in unseen.topics])
        told("верные темы → роли каталога", *hits(surely, roles, truth))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
