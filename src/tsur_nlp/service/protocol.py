"""HTTP as uvicorn speaks it, with a limit of time for the head of a request, which uvicorn does not have."""

from asyncio import BaseTransport, TimerHandle

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tsur_nlp.service.problems import PROBLEM, problem


class ImpatientProtocol(HttpToolsProtocol):
    """A connection that does not wait for slow headers: they are answered 408 and the connection is closed."""

    head_seconds = 10.0
    """Seconds from the connection, or from the first byte of a further request, to the end of the headers."""
    _head_timer: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            # An answer to an earlier request of the same connection is still on its way.
            self._expect_head()
            return
        body = orjson.dumps(problem(408, f"заголовки запроса не пришли за {self.head_seconds:g} с"))
        head = f"HTTP/1.1 408 Request Timeout\r\nContent-Type: {PROBLEM}\r\nContent-Length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        self.transport.close()
