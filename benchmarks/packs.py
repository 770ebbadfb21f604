"""A region pack against a flat classifier of bodies, on kursk.csv, five folds, near-duplicates in one fold.

    python benchmarks/packs.py ../shared/data [-o docs/results/packs.md]

The pack's road: topics and roles learned from four fifths (texts of the catalogue beside them), the pack `kursk`
makes them bodies; nothing but the text is known. The flat one: `tsur-nlp train` on the 75 titles themselves. A
body counts as right if its title is the row's.

Below: rows of municipal bodies, of both regions; how often a place is found in the text, how often it agrees with
the body's territory, and how many of the others are the capital's (`capital_share` of region.toml).
"""

import csv
from pathlib import Path

import click
import numpy as np

from tsur_nlp import Appeal, Router
from tsur_nlp.learning.examples import Examples, lessons_of_catalog
from tsur_nlp.learning.folds import grouped_folds, near_duplicate_groups
from tsur_nlp.learning.linear import Margin
from tsur_nlp.learning.shipped import examples_of, links_prior
from tsur_nlp.learning.training import train
from tsur_nlp.region.loader import load_region
from tsur_nlp.region.locator import Locator
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.labels import label_key
from tsur_nlp.text.tokens import words_of_cleaned

FOLDS = 5


def places(data: Path, name: str) -> str:
    """A row of the table of places: rows, found, agreeing, the capital's share of those without a place."""
    region = load_region(name)
    locator = Locator(region)
    found = agreeing = unnamed = capital = 0
    with (data / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            body = region.authority_named(" ".join(row["authority"].split()))
            if body is None or body.level != "municipal":
                continue
            cleaned = clean(row["text"])
            place = locator.place(Appeal(row["text"]), cleaned, words_of_cleaned(cleaned))
            found += place.known
            unnamed += not place.known
            capital += not place.known and region.inside(body.territory, region.capital)
            agreeing += place.known and region.near(body.territory, place.territory)
    return f"| {name} | {found + unnamed} | {found} | {agreeing / found:.3f} | {capital / unnamed:.3f} |"


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/packs.md"))
def main(data: Path, output: Path) -> None:
    """Print and write one table."""
    with (data / "kursk.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    texts = tuple(row["text"] for row in rows)
    titles = tuple(" ".join(row["authority"].split()) for row in rows)
    topics = tuple((" ".join(row["topic"].split()),) for row in rows)
    known = examples_of("kursk", data / "kursk.csv")
    place = {text: i for i, text in enumerate(known.texts)}
    folds = grouped_folds(near_duplicate_groups(texts), FOLDS)
    region = load_region("kursk")
    named: dict[str, list[list[str]]] = {"регион kursk: роль × место": [], "75 органов без региона": []}
    order: list[int] = []
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        order += outside.tolist()
        unseen = [texts[i] for i in outside]
        used = [place[texts[i]] for i in inside if texts[i] in place]
        part = Examples(
            tuple(known.texts[i] for i in used),
            tuple(known.topics[i] for i in used),
            tuple((known.authorities or ())[i] for i in used),
        )
        roles = train(
            part,
            list(lessons_of_catalog()),
            links_prior=links_prior,
            setting=Margin(0.03),
            catalog_topics=True,
            roles=True,
        ).model
        decisions = Router(roles, region).route_many(unseen)
        named["регион kursk: роль × место"] += [[choice.title for choice in d.authorities[:3]] for d in decisions]
        flat = train(
            Examples(
                tuple(texts[i] for i in inside), tuple(topics[i] for i in inside), tuple((titles[i],) for i in inside)
            )
        ).model
        labels = flat.heads["authority"].labels
        best = np.argsort(-flat.probabilities(unseen)["authority"], axis=1, kind="stable")[:, :3]
        named["75 органов без региона"] += [[labels[i] for i in row] for row in best]
    lines = ["| метод | строк | орган top-1 | орган top-3 |", "|---|---|---|---|"]
    for method, answers in named.items():
        hits = [
            [label_key(title) == label_key(titles[i]) for title in answer]
            for i, answer in zip(order, answers, strict=True)
        ]
        first, third = np.mean([hit[0] for hit in hits]), np.mean([any(hit) for hit in hits])
        lines.append(f"| {method} | {len(hits)} | {first:.3f} | {third:.3f} |")
    lines += ["", "| регион | строк местных органов | место найдено | согласуется | центр среди остальных |"]
    lines += ["|---|---|---|---|---|", places(data, "kursk"), places(data, "ryazan")]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
