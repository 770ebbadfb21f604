"""Messages in, decisions out: one by one on a short road, and in streams."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from tsur_nlp.decision.decision import Decision
from tsur_nlp.model.classifier import BLOCK
from tsur_nlp.service.access import JSON, LINES, check_kind, check_token
from tsur_nlp.service.desk import Asked, Desk
from tsur_nlp.service.limits import Limits, TooLargeError
from tsur_nlp.service.lines import LONGEST_LINE, Line, blocks
from tsur_nlp.service.metrics import Counting, Figures
from tsur_nlp.service.problems import PROBLEM, Refusal, answered, in_words, problem
from tsur_nlp.service.schemas import AppealIn, decision_json

NDJSON = "application/x-ndjson"
JSON_KIND, PROBLEM_KIND = (b"content-type", b"application/json"), (b"content-type", PROBLEM.encode())
LOOKED_AFTER = 0.1
"""Seconds after which it is looked whether the client of a message that still waits has left."""
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


class ShortRoute(APIRoute):
    """A route that FastAPI describes and does not serve: the message is read, decided and written without it.

    Of a request through FastAPI, reading and checking by its machinery take longer than the decision.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        state = scope["app"].state
        await _serve(state.desk, state.figures, scope, receive, send)


class ShortRoad:
    """An application before which its `/route` is served: half of the time of a request goes into the layers between.

    They add nothing to it: its errors are problems already.
    """

    path = "/route"

    def __init__(self, app: FastAPI):
        self._app = app
        self._desk: Desk = app.state.desk
        self._figures: Figures = app.state.figures
        settings = self._desk.settings
        self._road = Counting(Limits(self._short, settings.body, settings.batch, settings.seconds), self._figures)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self.path and scope["method"] == "POST":
            # Where the figures look for the pattern of the path.
            scope["route"] = self
            await self._road(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _short(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _serve(self._desk, self._figures, scope, receive, send)


async def _serve(desk: Desk, figures: Figures, scope: Scope, receive: Receive, send: Send) -> None:
    kind, more, status = JSON_KIND, [], 200
    try:
        content = await _decided(desk, figures, scope, receive)
    except (TooLargeError, ClientDisconnect):
        # The one is answered by the limits; of the other nobody is there to read an answer.
        return
    except Exception as error:
        status, detail, headers = answered(error)
        kind, content = PROBLEM_KIND, orjson.dumps(problem(status, detail))
        more = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [kind, length, *more]})
    await send({"type": "http.response.body", "body": content})


async def _decided(desk: Desk, figures: Figures, scope: Scope, receive: Receive) -> bytes:
    """The decision on the message of a request as JSON.

    Raises Refusal, BusyError, JournalError, whatever failed on the message; TooLargeError, ClientDisconnect.
    """
    check_token(scope["headers"], desk.settings.token)
    check_kind(scope["headers"], JSON)
    explain = _explain(scope)
    try:
        appeal = AppealIn.model_validate_json(await _body(receive)).appeal()
    except ValidationError as error:
        raise Refusal(
            422, in_words(error.errors(include_input=False, include_url=False), AppealIn.model_fields)
        ) from None
    asked = desk.ask(appeal, _explained if explain else _plain)
    loop = asyncio.get_running_loop()
    watchers: list[asyncio.Task[None]] = []
    timer = loop.call_later(
        LOOKED_AFTER, lambda: watchers.append(loop.create_task(_leave_with_client(desk, asked, receive)))
    )
    try:
        action, content = await desk.answer(asked)
    except asyncio.CancelledError:
        if watchers and watchers[0].done():
            raise ClientDisconnect from None
        raise
    finally:
        timer.cancel()
        for watcher in watchers:
            watcher.cancel()
    figures.decided(action)
    return cast(bytes, content)


async def _leave_with_client(desk: Desk, asked: Asked, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    desk.leave(asked)


async def _body(receive: Receive) -> bytes:
    """The whole body. Raises ClientDisconnect if its sender left."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _explain(scope: Scope) -> bool:
    if not scope["query_string"]:
        return False
    value = Request(scope).query_params.get("explain", "false").lower()
    if value not in TRUE + FALSE:
        raise Refusal(422, "explain: нужно true или false")
    return value in TRUE


def _plain(decision: Decision) -> tuple[str, bytes]:
    """The action, for the figures, and the decision as JSON."""
    return decision.action, orjson.dumps(decision_json(decision))


def _explained(decision: Decision) -> tuple[str, bytes]:
    return decision.action, orjson.dumps(decision_json(decision, explain=True))


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


def stream(desk: Desk, figures: Figures, request: Request) -> Response:
    """Answers to the lines of a body, a block at a time. Raises Refusal, BusyError before the first of them."""
    check_kind(request.scope["headers"], LINES)
    desk.begin_batch()
    return Streamed(_answers(desk, figures, request), media_type=NDJSON)


async def _answers(desk: Desk, figures: Figures, request: Request) -> AsyncIterator[bytes]:
    number = 0
    try:
        async for block in blocks(_parts(request, desk.settings.seconds), BLOCK):
            number = block[-1].number
            yield b"".join([line + b"\n" for line in await _block(desk, figures, block)])
    except TooLargeError:
        yield _told(number + 1, problem(413, f"тело запроса больше {desk.settings.batch} байт: дальше не читается"))
    except TimeoutError:
        yield _told(number + 1, problem(408, f"{desk.settings.seconds:g} с ничего не приходило: дальше не читается"))
    except ClientDisconnect:
        return
    finally:
        desk.end_batch()


async def _parts(request: Request, seconds: float) -> AsyncIterator[bytes]:
    """Parts of a body, each waited for so many seconds. Raises TimeoutError, TooLargeError, ClientDisconnect."""
    stream = request.stream()
    while True:
        async with asyncio.timeout(seconds):
            try:
                part = await anext(stream)
            except StopAsyncIteration:
                return
        yield part


async def _block(desk: Desk, figures: Figures, block: list[Line]) -> list[bytes]:
    read = [_read(line) for line in block]
    decided = iter(await desk.answer_many([one.appeal() for one in read if isinstance(one, AppealIn)], _plain))
    answers = []
    for line, one in zip(block, read, strict=True):
        found = next(decided) if isinstance(one, AppealIn) else one
        if isinstance(found, tuple):
            action, content = cast(tuple[str, bytes], found)
            figures.decided(action)
            answers.append(content)
        else:
            figures.decided("problem")
            told = problem(*answered(found)[:2]) if isinstance(found, Exception) else found
            answers.append(orjson.dumps({"line": line.number, "problem": told}))
    return answers


def _told(number: int, found: dict[str, Any]) -> bytes:
    return orjson.dumps({"line": number, "problem": found}) + b"\n"


def _read(line: Line) -> AppealIn | dict[str, Any]:
    """The message of a line, or the problem with it."""
    if line.content is None:
        return problem(413, f"строка больше {LONGEST_LINE} байт")
    try:
        return AppealIn.model_validate_json(line.content)
    except ValidationError as error:
        return problem(422, in_words(error.errors(include_input=False, include_url=False), AppealIn.model_fields))
