"""The card of a model: what it was learned from, how good it is, where it must not be trusted. In Russian."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.learning.metrics import Quality
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
    model, quality, remarks = trained.model, trained.quality, trained.remarks
    lines = [f"# {title}", "", "## На чём обучена", "", *(f"- {source}" for source in sources)]
    for name, head in model.heads.items():
        unseen = sum(not count for count in head.examples)
        lines.append(f"- {HEADS[name]}: меток {len(head.labels)}, из них без единого настоящего примера: {unseen}")
    if remarks:
        lines += ["", "## Замечания к данным", "", *(f"- {remark}" for remark in remarks)]
    lines += ["", "## Качество", "", "Перекрёстная проверка, похожие тексты всегда в одной части.", ""]
    header, *rows = figures_table(quality)
    lines += [_row(header), _row(["---"] * len(header)), *map(_row, rows)]
    if trained.encoded:
        lines += ["", "### Кодировщик предложений", "", f"{trained.encoded.told}."]
    lines += ["", "### По длине текста", "", _row(["Слов", "Текстов", "Точность темы (top-1)"]), _row(["---"] * 3)]
    lines += [_row(row) for row in _by_length(trained)]
    lines += ["", "### По темам", "", "Тридцать самых частых.", ""]
    lines += [_row(["Тема", "Текстов", "Полнота", "Чаще всего вместо неё"]), _row(["---"] * 4)]
    lines += [_row(row) for row in _by_topic(trained)]
    lines += more
    lines += [
        "",
        "## Уверенность и пороги",
        "",
        "Уверенность настроена на отложенных частях, а где источников несколько — на источниках, отложенных целиком.",
        "Порог для точности p выбран так, что точность не ниже p с доверием 95 % (граница Клоппера — Пирсона,",
        "последовательная проверка порогов).",
    ]
    for name, head in model.heads.items():
        for precision in (0.7, 0.8, 0.9):
            found = head.selected(precision)
            promise = f"порог {found.threshold:.2f}, охват {found.coverage:.0%}" if found else "обещать нельзя"
            lines.append(f"- {HEADS[name]}, точность {precision:.2f}: {promise}")
    lines += ["", "Наборы тем, в которых верная есть с заданной вероятностью (конформные, на отложенных частях):", ""]
    for coverage in (0.7, 0.8, 0.9):
        cut = next((found for found in model.heads["topic"].sets if found.coverage >= coverage), None)
        size = f"в среднем тем {cut.mean_size:.1f}" if cut else "обещать нельзя"
        lines.append(f"- охват {coverage:.2f}: {size}")
    lines += [
        "",
        "## Чего не обещает",
        "",
        "Модель знает слова обучающих текстов и описаний. На сообщениях другого рода качество надо измерить:",
        "`tsur-nlp evaluate`. Имена, телефоны и адреса почты в словарь не входят.",
        "",
    ]
    return "\n".join(lines)


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
