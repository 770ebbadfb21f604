"""The year in figures as a page, a workbook or JSON: what a centre prints each December."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tsur_nlp.errors import TableError
from tsur_nlp.journal.statistics import Line, Summary
from tsur_nlp.tables.atomic import whole_or_nothing

MONTHS = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
SHOWN_LINES = 20
"""Topics, authorities and territories on the page; the workbook has all."""
LINE_HEADER = ("Сообщений", "Год назад", "Доля", "До ответа", "До закрытия", "В срок")
LINE_NUMBERS = ("Название", "Сообщений", "Год назад", "Доля, %", "До ответа, часов", "До закрытия, часов", "В срок, %")
FORMATS = (".html", ".xlsx", ".json")


def write_report(summary: Summary, target: Path) -> None:
    """Write a report by the ending of its name; nothing is left under that name on an error.

    Raises TableError for an unknown ending and if the place can't be written.
    """
    writers: dict[str, Callable[[Summary, Path], object]] = {
        ".html": lambda found, file: file.write_text(page(found), encoding="utf-8"),
        ".xlsx": _write_workbook,
        ".json": lambda found, file: file.write_text(
            json.dumps(asdict(found), ensure_ascii=False, indent=1), encoding="utf-8"
        ),
    }
    if target.suffix.lower() not in writers:
        raise TableError(f"{target.name}: не знаю такого отчёта; годятся {', '.join(FORMATS)}")
    with whole_or_nothing(target) as unfinished:
        writers[target.suffix.lower()](summary, unfinished)


# ------------------------------------------------------------------------------
#   Figures in words
# ------------------------------------------------------------------------------


def number(value: int) -> str:
    """90000 → «90 000», with a space that does not break."""
    return f"{value:,}".replace(",", "\u00a0")


def percent(share: float | None) -> str:
    """0.4567 → «45,7 %»; «нет данных» for what is not known."""
    return "нет данных" if share is None else f"{100 * share:.1f}".replace(".", ",") + "\u00a0%"


def span(seconds: float | None) -> str:
    """17280 → «4 ч 48 мин»; days are told from two days on."""
    if seconds is None:
        return "нет данных"
    minutes = round(abs(seconds) / 60)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)}\u00a0д {minutes // 60 % 24}\u00a0ч"
    return f"{minutes // 60}\u00a0ч {minutes % 60}\u00a0мин" if minutes >= 60 else f"{minutes}\u00a0мин"


def headlines(summary: Summary) -> list[tuple[str, str, str, str]]:
    """The outline of the year: an id, what it is, the figure, and how it compares."""
    before = summary.year - 1
    growth = f"{before}: {number(summary.messages_before)}"
    if summary.growth is not None:
        growth += f", {'больше' if summary.growth >= 0 else 'меньше'} на {percent(abs(summary.growth))}"
    return [
        ("messages", "Сообщений", number(summary.messages), growth),
        (
            "incidents",
            "Инцидентов",
            "не сосчитаны" if summary.incidents is None else number(summary.incidents),
            "о скольких разных делах эти сообщения; считает tsur-nlp incidents",
        ),
        (
            "thanks",
            "Благодарностей",
            "нет данных" if summary.thanks is None else number(summary.thanks),
            "сообщений, в которых только благодарят",
        ),
        ("direct", "Прямо на аккаунты органов", percent(summary.direct), f"{before}: {percent(summary.direct_before)}"),
        (
            "mean-answer",
            "Среднее время до первого ответа",
            span(summary.mean_answer),
            _change(summary.mean_answer, summary.mean_answer_before, before),
        ),
        ("median-answer", "Половина первых ответов быстрее", span(summary.median_answer), "медиана"),
        (
            "mean-closing",
            "Среднее время до закрытия",
            span(summary.mean_closing),
            _change(summary.mean_closing, summary.mean_closing_before, before),
        ),
        ("in-time", "В срок", percent(summary.in_time), "отвечено, а где ответ неизвестен — закрыто, до срока"),
        ("misrouted", "Не тому органу", percent(summary.misrouted), f"исправлено людьми: {number(summary.corrected)}"),
        ("accounts", "Аккаунтов", number(summary.accounts), "страниц органов, на которых можно написать"),
    ]


def _change(now: float | None, past: float | None, year: int) -> str:
    """How a time compares to that of the year before."""
    if now is None or past is None:
        return "год назад нет данных"
    return f"{'быстрее' if past >= now else 'дольше'} на {span(past - now)}, чем в {year}"


def _breakdowns(summary: Summary) -> dict[str, tuple[Line, ...]]:
    return {
        "Группы тем": summary.groups,
        "Темы": summary.topics,
        "Органы": summary.authorities,
        "Территории": summary.territories,
    }


def _line_cells(line: Line) -> list[str]:
    before = number(line.before) if line.before else "—"
    return [
        number(line.count),
        before,
        percent(line.share),
        _or_dash(span, line.mean_answer),
        _or_dash(span, line.mean_closing),
        _or_dash(percent, line.in_time),
    ]


def _or_dash(shown: Callable[[float | None], str], value: float | None) -> str:
    return "—" if value is None else shown(value)


# ------------------------------------------------------------------------------
#   The page
# ------------------------------------------------------------------------------


_templates = Environment(
    loader=PackageLoader("tsur_nlp.journal"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {"number": number, "share_of": lambda count, top: f"{100 * count / top:.1f}"}


def page(summary: Summary) -> str:
    """One self-contained page: it loads nothing, and every bar has its number in words beside it."""
    return _templates.get_template("year.html").render(
        year=summary.year,
        headlines=headlines(summary),
        months=list(zip(MONTHS, summary.months, strict=True)),
        top_month=max(max(pair) for pair in summary.months) or 1,
        breakdowns=_breakdowns(summary),
        line_header=LINE_HEADER,
        line_cells=_line_cells,
        shown_lines=SHOWN_LINES,
        short_tables=_short_tables(summary),
    )


def _short_tables(summary: Summary) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]], str]]:
    """Tables without bars: a name, a header, rows, and what to say if there are none."""
    return [
        (
            "Новые темы",
            ("Тема", "Сообщений"),
            [(line.title, number(line.count)) for line in summary.new_topics],
            "Тем, которых не было год назад, нет.",
        ),
        (
            "Всплески",
            ("Тема", "Месяц", "Сообщений", "В обычный месяц"),
            [(one.topic, MONTHS[one.month - 1], number(one.count), f"{one.usual:g}") for one in summary.surges],
            "Месяцев, в которые тема встречалась намного чаще обычного, нет.",
        ),
        (
            "Какие органы путаются",
            ("Решено", "Исправлено на", "Раз"),
            [(one.decided, one.right, number(one.count)) for one in summary.confused],
            "Исправлений органа нет.",
        ),
        (
            "Аккаунты по владельцам",
            ("Вид органа", "Аккаунтов"),
            [(kind, number(count)) for kind, count in summary.accounts_by_kind.items()],
            "Аккаунты в журнал не внесены.",
        ),
    ]


# ------------------------------------------------------------------------------
#   The workbook
# ------------------------------------------------------------------------------


def _write_workbook(summary: Summary, file: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(file)) as book:
        _sheet(book, "Итоги", ("Что", "Значение", "Сравнение"), [line[1:] for line in headlines(summary)])
        months = [(name, now, past) for name, (now, past) in zip(MONTHS, summary.months, strict=True)]
        sheet = _sheet(book, "Месяцы", ("Месяц", str(summary.year), str(summary.year - 1)), months)
        chart = book.add_chart({"type": "column"})
        for column, colour in ((1, "#0b5cad"), (2, "#9fb3c8")):
            place = {"categories": ["Месяцы", 1, 0, 12, 0], "values": ["Месяцы", 1, column, 12, column]}
            chart.add_series(place | {"name": ["Месяцы", 0, column], "fill": {"color": colour}})
        sheet.insert_chart("E2", chart)
        for name, lines in _breakdowns(summary).items():
            _sheet(book, name, LINE_NUMBERS, [_line_numbers(line) for line in lines])
        for name, header, rows, _ in _short_tables(summary):
            _sheet(book, name, header, rows)


def _line_numbers(line: Line) -> tuple[str | float, ...]:
    hours = ["" if mean is None else round(mean / 3600, 2) for mean in (line.mean_answer, line.mean_closing)]
    in_time = "" if line.in_time is None else round(100 * line.in_time, 1)
    return line.title, line.count, line.before, round(100 * line.share, 2), *hours, in_time


def _sheet(book: Any, name: str, header: Sequence[str], rows: Iterable[Sequence[str | float]]) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 60)
    sheet.set_column(1, len(header), 20)
    for i, row in enumerate((header, *rows)):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(i, column, cell)
            else:
                sheet.write_number(i, column, cell)
    return sheet
