"""The card of a model: what it was learned from, how good it is, where it must not be trusted. In Russian."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.learning.metrics import Quality
from tsur_nlp.learning.pages import PAGES
from tsur_nlp.learning.training import Trained

SHOWN_TOPICS = 30

HEADS = {"topic": "Тема", "authority": "Орган"}
ROWS = (
    ("texts", "Текстов"),
    ("labels", "Меток"),
    ("baseline", "Точность «всегда самая частая метка»"),
    ("top1", "Точность (top-1)"),
    ("top3", "Точность (top-3)"),
    ("macro_f1", "Macro-F1"),
    ("weighted_f1", "Weighted F1"),
    ("ece", "Ошибка калибровки (ECE)"),
    ("coverage_at_80", "Охват при точности 0,80"),
    ("coverage_at_90", "Охват при точности 0,90"),
    ("precision_at_half", "Точность на уверенной половине"),
)


def figures_table(quality: Mapping[str, Quality]) -> list[list[str]]:
    """Header and rows of the figures, one column a head."""
    table = [["Показатель", *(HEADS[name] for name in quality)]]
    for key, title in ROWS:
        values = [getattr(found, key) for found in quality.values()]
        table.append([title, *(f"{value:.3f}" if isinstance(value, float) else str(value) for value in values)])
    return table


def card(title: str, trained: Trained, sources: Sequence[str], more: Sequence[str] = ()) -> str:
    """The card as Markdown.

    `sources`: what the model was learned from, a line each; `more`: lines of a section after the figures.
    """
    heads = trained.model.heads
    sets = heads["topic"].sets
    return PAGES.get_template("card.md").render(
        title=title,
        trained=trained,
        sources=sources,
        heads=[(HEADS[name], head) for name, head in heads.items()],
        figures=figures_table(trained.quality),
        lengths=list(_by_length(trained)),
        topics=list(_by_topic(trained)),
        more=more,
        sets=[(share, next((found for found in sets if found.coverage >= share), None)) for share in (0.7, 0.8, 0.9)],
    )


def outside_section(
    outside: Mapping[str, Mapping[str, Quality]], plain: Mapping[str, Quality] | None = None
) -> list[str]:
    """A section of the card, by lines: each source judged by a model that never saw it.

    `plain`: topics of the same sources by a plain TF-IDF with LinearSVC.
    """
    lines = [
        "",
        "## На источниках, которых модель не видела",
        "",
        "Каждый источник отложен целиком, вместе со своими словами; уверенность настроена на остальных. Так модель",
        "встретит новый регион.",
        "",
        _row(["Источник", "Голова", "Текстов", "top-1", "top-3", "ECE", "Охват при точности 0,80"]),
        _row(["---"] * 7),
    ]
    for source, heads in outside.items():
        lines += [_row([source, HEADS[name].lower(), *_outside(found)]) for name, found in heads.items()]
        if plain and source in plain:
            lines.append(_row([source, "тема, TF-IDF + LinearSVC", *_outside(plain[source])]))
    return lines


def _outside(found: Quality) -> list[str]:
    shares = (found.top1, found.top3, found.ece, found.coverage_at_80)
    return [str(found.texts), *(f"{share:.3f}" for share in shares)]


LENGTHS = ((1, 9), (10, 24), (25, 49), (50, 99), (100, 10**9))


def _by_length(trained: Trained) -> Iterator[list[str]]:
    """Top-1 of topics by the number of words, out of fold."""
    right = np.array([answer == truth for answer, truth in _answers(trained)])
    lengths = np.array(trained.lengths)
    for shortest, longest in LENGTHS:
        inside = (shortest <= lengths) & (lengths <= longest)
        if inside.any():
            shown = f"{shortest}–{longest}" if longest < 10**9 else f"{shortest} и больше"
            yield [shown, str(int(inside.sum())), f"{right[inside].mean():.3f}"]


def _by_topic(trained: Trained) -> Iterator[list[str]]:
    """Recall of the commonest topics out of fold, and what they are taken for."""
    titles = {code: topic.title for code, topic in load_catalog().topics.items()}
    given: dict[str, Counter[str]] = {}
    for answer, truth in _answers(trained):
        given.setdefault(truth, Counter())[answer] += 1
    for truth, answers in sorted(given.items(), key=lambda item: (-item[1].total(), item[0]))[:SHOWN_TOPICS]:
        wrong = [(answer, count) for answer, count in answers.most_common() if answer != truth]
        instead = f"{titles.get(wrong[0][0], wrong[0][0])} ({wrong[0][1]})" if wrong else "—"
        recall = answers[truth] / answers.total()
        yield [titles.get(truth, truth), str(answers.total()), f"{recall:.2f}", instead]


def _answers(trained: Trained) -> list[tuple[str, str]]:
    """Out-of-fold answers of the topic head with the truth."""
    labels = trained.model.heads["topic"].labels
    best = trained.oof["topic"].argmax(axis=1)
    return [(labels[int(i)], truth) for i, truth in zip(best, trained.truth["topic"], strict=True)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
