"""The card of a model: what it was learned from, how good it is, where it must not be trusted. In Russian."""

from collections.abc import Mapping, Sequence

from tsur_nlp.learning.metrics import Quality
from tsur_nlp.model import AppealModel

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


def card(
    title: str, model: AppealModel, quality: Mapping[str, Quality], remarks: Sequence[str], sources: Sequence[str]
) -> str:
    """The card as Markdown."""
    lines = [f"# {title}", "", "## На чём обучена", "", *(f"- {source}" for source in sources)]
    for name, head in model.heads.items():
        unseen = sum(not count for count in head.examples)
        lines.append(f"- {HEADS[name]}: меток {len(head.labels)}, из них без единого настоящего примера: {unseen}")
    if remarks:
        lines += ["", "## Замечания к данным", "", *(f"- {remark}" for remark in remarks)]
    lines += ["", "## Качество", "", "Перекрёстная проверка, похожие тексты всегда в одной части.", ""]
    header, *rows = figures_table(quality)
    lines += [_row(header), _row(["---"] * len(header)), *map(_row, rows)]
    lines += [
        "",
        "## Уверенность и пороги",
        "",
        "Уверенность настроена на отложенных частях. Порог для точности p выбран так, что точность не ниже p",
        "с доверием 95 % (граница Клоппера — Пирсона, последовательная проверка порогов).",
    ]
    for name, head in model.heads.items():
        for precision in (0.7, 0.8, 0.9):
            found = head.selected(precision)
            promise = f"порог {found.threshold:.2f}, охват {found.coverage:.0%}" if found else "обещать нельзя"
            lines.append(f"- {HEADS[name]}, точность {precision:.2f}: {promise}")
    lines += [
        "",
        "## Чего не обещает",
        "",
        "Модель знает слова обучающих текстов и описаний. На сообщениях другого рода качество надо измерить:",
        "`tsur-nlp evaluate`. Имена, телефоны и адреса почты в словарь не входят.",
        "",
    ]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
