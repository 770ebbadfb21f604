"""Limits of size and time for every request, before anything reads it."""

import asyncio
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tsur_nlp.service.schemas import problem_json

BATCH = "/route/batch"


class TooLargeError(Exception):
    """More bytes came than are taken."""


class Limits:
    """ASGI middleware: refuses bodies beyond `body` bytes (`batch` for a batch) and requests beyond `seconds`.

    A batch streams for as long as it takes.
    """

    def __init__(self, app: ASGIApp, body: int, batch: int, seconds: float):
        self.app, self.body, self.batch, self.seconds = app, body, batch, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_batch = scope["path"] == BATCH
        limit = self.batch if is_batch else self.body
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await _refuse(send, 413, "Слишком велико", f"тело запроса больше {limit} байт")
            return
        started, left = False, limit

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(None if is_batch else self.seconds):
                await self.app(scope, counted, noted)
        except TooLargeError:
            if started:
                raise
            await _refuse(send, 413, "Слишком велико", f"тело запроса больше {limit} байт")
        except TimeoutError:
            if started:
                raise
            await _refuse(send, 503, "Слишком долго", f"за {self.seconds:g} с запрос не пришёл целиком или не решён")


async def _refuse(send: Send, status: int, title: str, detail: str) -> None:
    body = json.dumps(problem_json(status, title, detail), ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
