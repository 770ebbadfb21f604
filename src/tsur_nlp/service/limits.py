"""Limits of size and time for every request, before anything reads it."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tsur_nlp.service.problems import refuse

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
        too_large = f"тело запроса больше {limit} байт"
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or int(declared) > limit:
            await refuse(send, 413, too_large)
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
            if left < 0 and not started:
                # Whatever was made of a body cut short: the answer is that it is too large.
                return
            started = True
            await send(message)

        try:
            async with asyncio.timeout(None if is_batch else self.seconds):
                await self.app(scope, counted, noted)
        except TooLargeError:
            if started:
                raise
        except TimeoutError:
            if started:
                raise
            await refuse(send, 503, f"за {self.seconds:g} с запрос не пришёл целиком или не решён")
            return
        if left < 0 and not started:
            await refuse(send, 413, too_large)
