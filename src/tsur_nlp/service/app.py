"""The application: routing, catalogue, health and metrics over HTTP, and the page to try it on.

Errors are problem details (RFC 9457). Nothing of a message is logged: a log line has the method, the path without
its query, the status and the time.
"""

import asyncio
import hmac
import json
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import Receive, Scope, Send

from tsur_nlp import __version__
from tsur_nlp.errors import JournalError, TsurError
from tsur_nlp.model.classifier import BLOCK
from tsur_nlp.service import open311
from tsur_nlp.service.desk import Desk, Settings
from tsur_nlp.service.limits import Limits
from tsur_nlp.service.metrics import Counting, Figures
from tsur_nlp.service.schemas import AppealIn, DecisionOut, Problem, problem_json

SETTINGS_VARIABLE = "TSUR_NLP_SERVICE"
"""Where worker processes find the settings, as JSON."""
LONGEST_LINE = 2_000_000
NDJSON = "application/x-ndjson"
PROBLEM = "application/problem+json"
TITLES = {
    401: "Нужен токен",
    404: "Не найдено",
    405: "Метод не годится",
    413: "Слишком велико",
    422: "Данные не годятся",
}

log = logging.getLogger("tsur_nlp.service")


def create_app(settings: Settings) -> FastAPI:
    """The application; the model is loaded when it starts, which raises ModelError, RegionError or JournalError."""
    desk = Desk(settings)
    counted = Figures()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await desk.start()
        _reload_on_hangup(desk)
        yield
        await desk.stop()

    app = FastAPIOffline(
        title="tsur-nlp",
        version=__version__,
        description="Тема, ответственный орган и срок для сообщений жителей",
        lifespan=life,
        responses={"4XX": {"model": Problem, "content": {PROBLEM: {}}}},
    )
    app.add_exception_handler(StarletteHTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _validation_problem)
    app.add_exception_handler(TsurError, _own_problem)
    app.add_middleware(Limits, body=settings.body, batch=settings.batch, seconds=settings.seconds)

    app.add_middleware(Counting, figures=counted)

    def allowed(authorization: Annotated[str | None, Header()] = None) -> None:
        # Headers come as Latin-1, whatever letters a token has.
        given = (authorization or "").removeprefix("Bearer ").encode("latin-1", "replace")
        if settings.token is not None and not hmac.compare_digest(given, settings.token.encode()):
            raise HTTPException(401, "Передайте токен: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})

    guarded = [Depends(allowed)]

    @app.post("/route", response_model=DecisionOut, dependencies=guarded, tags=["Разбор"])
    async def route(appeal: AppealIn, explain: bool = False) -> Response:
        """Решить по одному сообщению. `explain=true` добавит вклады слов."""
        answer = await desk.answer(appeal.appeal(), explain)
        counted.decisions.labels(answer["action"]).inc()
        return JSONResponse(answer)

    @app.post("/route/batch", dependencies=guarded, tags=["Разбор"], response_class=StreamingResponse)
    async def batch(request: Request) -> Response:
        """Решить по потоку: строка JSON на сообщение на входе, строка на решение на выходе, в том же порядке.

        Строка, которую не прочитать, возвращается как `{"line": N, "problem": …}` и никого не задерживает.
        """

        async def answers() -> AsyncIterator[bytes]:
            number = 0
            async for block in _blocks(request):
                read = [_read(line) for line in block]
                decided = iter(await desk.answer_many([one.appeal() for one in read if isinstance(one, AppealIn)]))
                lines = []
                for one in read:
                    number += 1
                    answer = next(decided) if isinstance(one, AppealIn) else {"line": number, "problem": one}
                    counted.decisions.labels(answer.get("action", "problem")).inc()
                    lines.append(json.dumps(answer, ensure_ascii=False))
                yield ("\n".join(lines) + "\n").encode()

        return Streamed(answers(), media_type=NDJSON)

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

    @app.get("/health", tags=["Служба"])
    async def health() -> dict[str, str]:
        """Готова ли служба."""
        return {"status": "ok"}

    @app.get("/version", tags=["Служба"])
    async def version() -> dict[str, str]:
        """Версии пакета и модели, регион."""
        region = desk.router.region
        return {"version": __version__, "model": desk.router.version, "region": region.title if region else ""}

    @app.get("/metrics", tags=["Служба"])
    async def metrics() -> Response:
        """Показатели для Prometheus."""
        return Response(generate_latest(counted.registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return HTMLResponse((files("tsur_nlp.service") / "page.html").read_text(encoding="utf-8"))

    app.include_router(open311.endpoints(desk), prefix="/open311/v2", dependencies=guarded, tags=["Open311"])
    return app


def from_environment() -> FastAPI:
    """The application with the settings that the command line left for its worker processes."""
    content = json.loads(os.environ[SETTINGS_VARIABLE])
    paths = {name: Path(content[name]) if content[name] else None for name in ("model", "journal")}
    return create_app(Settings(**content | paths))


def to_environment(settings: Settings) -> None:
    """Leave the settings where worker processes find them."""
    content = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(settings).items()}
    os.environ[SETTINGS_VARIABLE] = json.dumps(content)


def _reload_on_hangup(desk: Desk) -> None:
    """SIGHUP loads the model anew; where the loop can't take signals, as on Windows, nothing does."""

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


# ------------------------------------------------------------------------------
#   Streams
# ------------------------------------------------------------------------------


class Streamed(StreamingResponse):
    """A response that is written while the request is still read.

    Starlette's own also waits for the client to leave, and so takes the parts of the body away from who reads them;
    here the reader meets the leaving itself.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


async def _blocks(request: Request) -> AsyncIterator[list[bytes]]:
    """Lines of a body as they come, as many together as a model scores at once; blank lines are left out."""
    waiting: list[bytes] = []
    rest = b""
    async for part in request.stream():
        *lines, rest = (rest + part).split(b"\n")
        waiting += [line for line in lines if line.strip()]
        if len(rest) > LONGEST_LINE:
            # Told as one bad line; what follows it up to the line break is lost with it.
            waiting.append(rest)
            rest = b""
        while len(waiting) >= BLOCK:
            yield waiting[:BLOCK]
            waiting = waiting[BLOCK:]
    waiting += [rest] if rest.strip() else []
    while waiting:
        yield waiting[:BLOCK]
        waiting = waiting[BLOCK:]


def _read(line: bytes) -> AppealIn | dict[str, Any]:
    """The message of a line, or the problem with it."""
    if len(line) > LONGEST_LINE:
        return problem_json(413, TITLES[413], f"строка больше {LONGEST_LINE} байт")
    try:
        return AppealIn.model_validate_json(line)
    except ValidationError as error:
        return problem_json(422, TITLES[422], _in_words(error.errors(include_input=False, include_url=False)))


# ------------------------------------------------------------------------------
#   Problems
# ------------------------------------------------------------------------------


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    title = TITLES.get(error.status_code, "Ошибка")
    detail = error.detail if error.status_code not in (404, 405) else f"{title}: {request.method} {request.url.path}"
    content = problem_json(error.status_code, title, detail)
    return JSONResponse(content, error.status_code, error.headers, PROBLEM)


async def _validation_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # What was sent stays out: it may be somebody's message.
    return JSONResponse(problem_json(422, TITLES[422], _in_words(error.errors())), 422, media_type=PROBLEM)


async def _own_problem(request: Request, error: Exception) -> Response:
    status = 503 if isinstance(error, JournalError) else 500
    return JSONResponse(problem_json(status, "Служба не смогла", str(error)), status, media_type=PROBLEM)


def _in_words(errors: Any) -> str:
    """Which fields are wrong and how."""
    said = []
    for one in errors:
        place = ".".join(str(part) for part in one["loc"] if part != "body") or "тело запроса"
        said.append(f"{place}: {REASONS.get(one['type'], one['msg'])}")
    return "; ".join(said[:5])


REASONS = {
    "missing": "не хватает",
    "json_invalid": "это не JSON",
    "string_type": "нужна строка",
    "string_too_long": "слишком длинно",
    "extra_forbidden": "такого поля нет",
    "datetime_from_date_parsing": "это не дата",
    "datetime_parsing": "это не дата",
    "model_attributes_type": "нужен объект JSON",
    "model_type": "нужен объект JSON",
}
