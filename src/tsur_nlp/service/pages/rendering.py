"""Templates, what stands in their places, and the headers every page has."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from tsur_nlp.decision.titles import ACTIONS
from tsur_nlp.decision.titles import KINDS as MESSAGE_KINDS
from tsur_nlp.service.sessions import Session
from tsur_nlp.text.cleaning import clean

STATIC = files("tsur_nlp.service.pages") / "static"
KINDS = {"desk.css": "text/css", "desk.js": "text/javascript", "icon.svg": "image/svg+xml"}

URGENCIES = ("обычная", "раньше других", "сегодня", "сразу")
CHANNELS = {"social": "соцсети", "pos": "ПОС", "formal": "письменное обращение"}

_OWN = "default-src 'none'; script-src 'self'; style-src {style}; img-src 'self'; connect-src 'self'; "
_REST = "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def when(moment: datetime | None) -> str:
    """A moment by its own clock, as people write it."""
    return f"{moment:%d.%m.%Y %H:%M}" if moment else ""


def line(text: str) -> str:
    """A text in one line, without its markup."""
    return " ".join(clean(text).split())


def percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.0f} %"


def counted(number: int, one: str, few: str, many: str) -> str:
    """A number with its noun in the right form: 1 сообщение, 3 сообщения, 5 сообщений."""
    tens, units = number % 100 // 10, number % 10
    form = many if tens == 1 or units == 0 or units > 4 else one if units == 1 else few
    return f"{number:,} {form}".replace(",", "\u202f")


_templates = Environment(loader=PackageLoader("tsur_nlp.service.pages"), autoescape=True, undefined=StrictUndefined)
_templates.filters |= {"when": when, "percent": percent, "line": line}
_templates.globals |= {
    "ACTIONS": ACTIONS,
    "URGENCIES": URGENCIES,
    "MESSAGE_KINDS": MESSAGE_KINDS,
    "CHANNELS": CHANNELS,
    "counted": counted,
}


SECTIONS = {"queue.html": "/desk", "summary.html": "/desk/summary", "try.html": "/"}


def page(template: str, session: Session | None, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of a template; `session` None where nobody has signed in."""
    content = _templates.get_template(template).render(session=session, here=SECTIONS.get(template), **values)
    return secured(HTMLResponse(content, status))


def secured(response: HTMLResponse, style: str = "'self'") -> HTMLResponse:
    """With the headers of every page: nothing of another site is loaded, no script within, no frame around."""
    response.headers.update(HEADERS | {"Content-Security-Policy": _OWN.format(style=style) + _REST})
    return response


def static(name: str) -> Response | None:
    """The script, the style sheet, the icon; None for any other name."""
    if name not in KINDS:
        return None
    content = (STATIC / name).read_bytes()
    return Response(content, media_type=KINDS[name], headers={"Cache-Control": "no-cache"})


def query(values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> str:
    """A query string of what is not empty."""
    return urlencode([(name, value) for name, value in dict(values).items() if value])


_templates.filters["query"] = query
