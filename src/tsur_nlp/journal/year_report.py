"""The year in figures as a page, a workbook or JSON: what a centre prints each December."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

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

STYLE = """
:root{--now:#0b5cad;--past:#9fb3c8;--ink:#1d1d1f;--soft:#5b6470}
body{font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:var(--ink)}
h1{margin-bottom:.2em}h2{margin:2em 0 .6em;border-top:2px solid #e6e9ed;padding-top:.8em}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(225px,1fr));gap:12px;margin:1.5em 0}
.tile{border:1px solid #d8dde3;border-radius:8px;padding:.8em 1em}.tile b{display:block;font-size:1.7em;line-height:1.3}
figure{margin:0}.tile span,.note,figcaption{color:var(--soft)}
.months{display:flex;gap:10px;align-items:flex-end;height:230px;margin:1.5em 0 0;padding:0;list-style:none}
.months li{flex:1;display:flex;flex-direction:column;justify-content:flex-end;text-align:center;height:100%}
.pair{display:flex;gap:2px;align-items:flex-end;justify-content:center;height:190px}
.pair i{display:block;width:42%;border-radius:3px 3px 0 0;background:var(--now)}.pair i.past{background:var(--past)}
.months small{font-size:11px}.key i{display:inline-block;width:.9em;height:.9em;border-radius:2px;background:var(--now)}
.key i.past{background:var(--past);margin-left:1em}
table{border-collapse:collapse;width:100%;margin:.6em 0}td,th{padding:.3em .6em;border-bottom:1px solid #e3e7eb}
th{text-align:left;color:var(--soft);font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.bar{width:24%}td.bar i{display:block;height:.85em;border-radius:2px;background:var(--now)}
@media print{body{margin:0;max-width:none;font-size:11px}td.bar{width:12%}
h2{break-after:avoid}tr,figure,.tile{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def page(summary: Summary) -> str:
    """One self-contained page: it loads nothing, and every bar has its number in words beside it."""
    title = f"Обращения жителей за {summary.year} год"
    tiles = "".join(
        f'<div class="tile">{escape(what)}<b id="{name}">{escape(figure)}</b><span>{escape(beside)}</span></div>'
        for name, what, figure, beside in headlines(summary)
    )
    parts = [
        f'<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>',
        f'<h1>{title}</h1><p class="note">Рядом — то же за {summary.year - 1} год, где оно известно.</p>',
        f'<div class="tiles">{tiles}</div>',
        f"<h2>По месяцам</h2>{_months(summary)}",
    ]
    for name, lines in _breakdowns(summary).items():
        parts.append(f"<h2>{name}</h2>{_lines(lines)}")
    parts += [f"<h2>{name}</h2>{_table(header, rows, empty)}" for name, header, rows, empty in _short_tables(summary)]
    return "\n".join([*parts, "</body></html>"])


def _months(summary: Summary) -> str:
    top = max(max(pair) for pair in summary.months) or 1
    items = "".join(
        f'<li aria-label="{name}: {now}, год назад {past}"><div class="pair">'
        f'<i class="past" style="height:{100 * past / top:.1f}%" title="{number(past)}"></i>'
        f'<i style="height:{100 * now / top:.1f}%" title="{number(now)}"></i></div>'
        f"{name}<small>{number(now)}</small></li>"
        for name, (now, past) in zip(MONTHS, summary.months, strict=True)
    )
    key = f'<span class="key"><i></i> {summary.year} <i class="past"></i> {summary.year - 1}</span>'
    return f'<figure><ul class="months">{items}</ul><figcaption>Сообщений в месяц: {key}</figcaption></figure>'


def _lines(lines: Sequence[Line]) -> str:
    """The most frequent lines, each with a bar."""
    if not lines:
        return '<p class="note">Нет данных.</p>'
    top = lines[0].count
    head = "".join(f'<th class="n">{name}</th>' for name in LINE_HEADER)
    body = "".join(
        f"<tr><td>{escape(line.title)}</td>"
        f'<td class="bar"><i style="width:{100 * line.count / top:.1f}%"></i></td>'
        + "".join(f'<td class="n">{cell}</td>' for cell in _line_cells(line))
        + "</tr>"
        for line in lines[:SHOWN_LINES]
    )
    more = f'<p class="note">И ещё {len(lines) - SHOWN_LINES}.</p>' if len(lines) > SHOWN_LINES else ""
    return f"<table><tr><th>Название</th><th></th>{head}</tr>{body}</table>{more}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> str:
    if not rows:
        return f'<p class="note">{empty}</p>'
    head = "".join(f"<th>{name}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


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
