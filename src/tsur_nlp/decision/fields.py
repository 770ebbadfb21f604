"""The fields of a decision, each once: columns of tables, keys of JSON, lines of a page.

A new field is a line here, an attribute of `Record` and what assigns it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from html import escape
from typing import Any

from tsur_nlp.decision.record import Choice, Record

Value = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Field:
    """`name`: the stable name of the column and of the key; `title`: the Russian head in a workbook.

    `cell`: its value in a table, None if it is not a column; `plain`: its value in JSON, None if it is not a key.
    """

    name: str
    title: str
    cell: Callable[[Record], Value] | None = None
    plain: Callable[[Record], Any] | None = None


def _nth(choices: tuple[Choice, ...], n: int) -> str:
    return choices[n].title if len(choices) > n else ""


def _all(choices: tuple[Choice, ...]) -> list[dict[str, Any]]:
    return [choice.to_dict() for choice in choices]


# The key has the zone, as the same moment in two zones is equal and written in two ways.
@lru_cache(maxsize=4096)
def _by_minutes(moment: datetime, zone: tzinfo | None) -> str:
    return moment.isoformat(timespec="minutes")


def _moment(moment: datetime | None) -> str:
    """A deadline as tables have it; those of many messages are the same."""
    return _by_minutes(moment, moment.tzinfo) if moment else ""


def _parts(record: Record) -> list[dict[str, Any]]:
    return [part.to_dict() for part in record.parts]


def _parts_cell(record: Record) -> str:
    if not record.parts:
        return ""
    shown = [
        {
            "span": part.span,
            "topic": part.topic.title,
            "authority": part.authority.title,
            "action": part.action,
            "deadline": _moment(part.deadline),
        }
        for part in record.parts
    ]
    return json.dumps(shown, ensure_ascii=False)


FIELDS: tuple[Field, ...] = (
    Field("id", "Номер", None, lambda r: r.appeal_id),
    Field("topic", "Тема", lambda r: r.topics[0].title, lambda r: r.topics[0].to_dict()),
    Field("topic_group", "Группа тем", lambda r: r.topics[0].group),
    Field("topic_confidence", "Уверенность в теме", lambda r: round(r.topics[0].confidence, 4)),
    Field("topic_2", "Тема 2", lambda r: _nth(r.topics, 1)),
    Field("topic_3", "Тема 3", lambda r: _nth(r.topics, 2)),
    Field("topics", "Темы", None, lambda r: _all(r.topics)),
    Field("authority", "Орган", lambda r: r.authorities[0].title, lambda r: r.authorities[0].to_dict()),
    Field("authority_confidence", "Уверенность в органе", lambda r: round(r.authorities[0].confidence, 4)),
    Field("authority_2", "Орган 2", lambda r: _nth(r.authorities, 1)),
    Field("authority_3", "Орган 3", lambda r: _nth(r.authorities, 2)),
    Field("authorities", "Органы", None, lambda r: _all(r.authorities)),
    Field("action", "Действие", lambda r: r.action, lambda r: r.action),
    Field("reasons", "Причины", lambda r: "; ".join(r.reasons), lambda r: list(r.reasons)),
    Field(
        "deadline", "Срок ответа",
        lambda r: _moment(r.deadline),
        lambda r: r.deadline.isoformat() if r.deadline else None,
    ),
    Field("error", "Замечание", lambda r: ""),
    Field("outcome", "Исход", lambda r: r.outcome, lambda r: r.outcome),
    Field("territory", "Место", lambda r: r.territory, lambda r: r.territory),
    Field("due", "Сроки по шагам", None, lambda r: {step: moment.isoformat() for step, moment in r.due.items()}),
    Field("kind", "Вид сообщения", lambda r: r.kind, lambda r: r.kind),
    Field("kind_confidence", "Уверенность в виде", lambda r: round(r.kind_confidence, 4), lambda r: r.kind_confidence),
    Field("urgency", "Срочность", lambda r: r.urgency.level, lambda r: r.urgency.to_dict()),
    Field("notify", "Кого известить", lambda r: "; ".join(r.urgency.notify)),
    Field("vulnerable", "Кого касается", lambda r: "; ".join(r.vulnerable), lambda r: list(r.vulnerable)),
    Field("gist", "Суть", lambda r: r.gist, lambda r: r.gist),
    Field("gist_spans", "Место сути", None, lambda r: [list(span) for span in r.gist_spans]),
    Field("ask", "Что спросить", lambda r: r.ask, lambda r: r.ask),
    Field("span", "Место части", None, lambda r: list(r.span) if r.span else None),
    Field("parts", "Вопросы", _parts_cell, _parts),
)  # fmt: skip
COLUMNS: tuple[str, ...] = tuple(field.name for field in FIELDS if field.cell)
"""Columns of a routed table after those of its input: the first thirteen have been there since 0.1."""
_CELLS = tuple(field.cell for field in FIELDS if field.cell)
_PLAIN = tuple((field.name, field.plain) for field in FIELDS if field.plain)


def cells(record: Record) -> tuple[Value, ...]:
    """The cells of COLUMNS."""
    return tuple([cell(record) for cell in _CELLS])


def to_dict(record: Record) -> dict[str, Any]:
    """Plain values by key, ready for JSON."""
    return {name: plain(record) for name, plain in _PLAIN}


def to_html(record: Record, explained: str) -> str:
    """A table of the values with what stands for a text highlighted already."""
    shown = ((field.title, field.cell(record)) for field in FIELDS if field.cell)
    rows = "".join(f"<tr><th>{escape(title)}</th><td>{escape(str(value))}</td></tr>" for title, value in shown if value)
    return f'<div lang="ru">{explained}<table>{rows}</table></div>'
