"""The application: routing, catalogue, health and metrics over HTTP, the pages of the desk, what hosts ask for.

Errors are problem details (RFC 9457). Nothing of a message is logged: a log line has the method, the path without
its query, the status and the time.
"""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp

from tsur_nlp import __version__
from tsur_nlp.errors import TsurError
from tsur_nlp.run_config import RunConfig
from tsur_nlp.service import hosts, open311
from tsur_nlp.service.access import OwnHost, check_token
from tsur_nlp.service.desk import Desk, Settings, zone_of
from tsur_nlp.service.journal_thread import JournalThread, session_key
from tsur_nlp.service.limits import Limits
from tsur_nlp.service.messages import NDJSON, ShortRoad, ShortRoute, Streamed, stream
from tsur_nlp.service.metrics import Counting, Figures
from tsur_nlp.service.pages.routes import Pages
from tsur_nlp.service.problems import PROBLEM, handle_problems
from tsur_nlp.service.schemas import AppealIn, DecisionOut, Problem
from tsur_nlp.service.sessions import Sessions
from tsur_nlp.service.staff import Staff
from tsur_nlp.service.webhooks import Webhooks

SETTINGS_VARIABLE = "TSUR_NLP_SERVICE"
"""Where worker processes find the settings, as JSON."""
LINES_BODY = {
    "requestBody": {
        "required": True,
        "content": {NDJSON: {"schema": {"type": "string", "description": "Строка JSON на сообщение"}}},
    }
}

log = logging.getLogger("tsur_nlp.service")


def create_app(settings: Settings) -> FastAPI:
    """The application; the model is loaded when it starts, which raises ModelError, RegionError or JournalError."""
    desk = Desk(settings)
    figures = Figures()
    journal = JournalThread(settings.journal)
    staff = Staff(settings.staff, settings.token)
    pages = Pages(desk, journal)
    webhooks = None
    if settings.journal is not None and settings.webhook is not None:
        webhooks = Webhooks(settings.journal, settings.webhook, settings.webhook_secret)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await desk.start()
        await journal.start(zone_of(desk.router))
        key = await journal.do(session_key) if journal.is_there else settings.key.encode()
        pages.sessions = Sessions(staff, key, settings.proxy_user)
        if webhooks:
            webhooks.start()
        _reload_on_hangup(desk)
        yield
        if webhooks:
            webhooks.stop()
        await journal.stop()
        await desk.stop()

    app = FastAPIOffline(
        title="tsur-nlp",
        version=__version__,
        description="Тема, ответственный орган и срок для сообщений жителей",
        lifespan=life,
        responses={
            "4XX": {"model": Problem, "content": {PROBLEM: {}}},
            "5XX": {"model": Problem, "content": {PROBLEM: {}}},
        },
    )
    app.state.desk, app.state.figures = desk, figures
    handle_problems(app)
    app.add_middleware(Limits, body=settings.body, batch=settings.batch, seconds=settings.seconds)
    app.add_middleware(Counting, figures=figures)

    def allowed(request: Request) -> None:
        check_token(request.scope["headers"], settings.token)

    guarded = [Depends(allowed)]
    _add_messages(app, desk, figures, guarded)
    _add_catalogues(app, desk, guarded)
    _add_state(app, desk, figures)
    app.include_router(hosts.endpoints(desk, journal), dependencies=guarded, tags=["Свой стол"])
    app.include_router(pages.endpoints())
    app.include_router(open311.endpoints(desk), prefix="/open311/v2", dependencies=guarded, tags=["Open311"])
    return app


def _add_messages(app: FastAPI, desk: Desk, figures: Figures, guarded: list[Any]) -> None:
    async def route(appeal: AppealIn, explain: bool = False) -> DecisionOut:
        """Решить по одному сообщению. `explain=true` добавит вклады слов."""
        raise NotImplementedError("ShortRoute serves it")

    app.router.add_api_route("/route", route, methods=["POST"], tags=["Разбор"], route_class_override=ShortRoute)

    @app.post("/route/batch", dependencies=guarded, tags=["Разбор"], response_class=Streamed, openapi_extra=LINES_BODY)
    async def batch(request: Request) -> Response:
        """Решить по потоку: строка JSON на сообщение на входе, строка на решение на выходе, в том же порядке.

        Строка, которую не прочитать, возвращается как `{"line": N, "problem": …}` и никого не задерживает.
        """
        return stream(desk, figures, request)


def _add_catalogues(app: FastAPI, desk: Desk, guarded: list[Any]) -> None:
    @app.get("/topics", dependencies=guarded, tags=["Справочники"])
    async def topics() -> list[dict[str, str]]:
        """Темы, которыми отвечает модель."""
        return [{"code": code, "title": title, "group": group} for code, title, group in desk.router.topics]

    @app.get("/authorities", dependencies=guarded, tags=["Справочники"])
    async def authorities() -> list[dict[str, str]]:
        """Органы региона."""
        region = desk.router.region
        found = region.authorities.values() if region else ()
        return [{"code": one.code, "title": one.title, "territory": one.territory} for one in found]


def _add_state(app: FastAPI, desk: Desk, figures: Figures) -> None:
    @app.get("/health", tags=["Служба"])
    async def health() -> dict[str, str]:
        """Готова ли служба; 503, если журнал занят или не пишется."""
        await desk.check()
        return {"status": "ok"}

    @app.get("/version", tags=["Служба"])
    async def version() -> dict[str, str]:
        """Версии пакета и модели, регион."""
        region = desk.router.region
        return {"version": __version__, "model": desk.router.version, "region": region.title if region else ""}

    @app.get("/metrics", tags=["Служба"], response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Показатели для Prometheus."""
        return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)


def from_environment() -> ASGIApp:
    """The application with the settings that the command line left for its worker processes."""
    content = json.loads(os.environ[SETTINGS_VARIABLE])
    config = RunConfig(**_with_paths(content["config"], "model"))
    settings = Settings(**_with_paths(content, "journal", "staff") | {"config": config})
    road = ShortRoad(create_app(settings))
    return OwnHost(road) if settings.token is None else road


def to_environment(settings: Settings) -> None:
    """Leave the settings where worker processes find them."""
    os.environ[SETTINGS_VARIABLE] = json.dumps(asdict(settings), default=str)


def _with_paths(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return content | {name: Path(content[name]) for name in names if content[name]}


def _reload_on_hangup(desk: Desk) -> None:
    """SIGHUP reloads the model; where the loop can't take signals, as on Windows, nothing does."""

    async def reload() -> None:
        try:
            await desk.reload()
            log.warning("model loaded anew: %s", desk.router.version)
        except TsurError as error:
            log.error("model not changed: %s", error)

    try:
        loop = asyncio.get_running_loop()
        kept: set[asyncio.Task[None]] = set()

        def hangup() -> None:
            task = loop.create_task(reload())
            kept.add(task)
            task.add_done_callback(kept.discard)

        loop.add_signal_handler(signal.SIGHUP, hangup)
    except (NotImplementedError, AttributeError, RuntimeError, ValueError):
        return
