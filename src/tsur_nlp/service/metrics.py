"""What /metrics tells, and the log line of each request."""

import logging
import time
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("tsur_nlp.service")


class Figures:
    """Counters of one process; several workers have each their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        names = ("method", "path", "status")
        requests = Counter("tsur_requests", "Requests", names, registry=self.registry)
        seconds = Histogram("tsur_request_seconds", "Seconds until the answer", ["path"], registry=self.registry)
        decisions = Counter("tsur_decisions", "Decisions by action", ["action"], registry=self.registry)
        # Looking up a counter by its labels takes longer than counting.
        self._request = lru_cache(1000)(requests.labels)
        self._seconds = lru_cache(1000)(seconds.labels)
        self._decision = lru_cache(100)(decisions.labels)

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        self._request(method, path, status).inc()
        self._seconds(path).observe(seconds)

    def decided(self, action: str) -> None:
        self._decision(action).inc()


class Counting:
    """ASGI middleware: counts and logs requests by method, pattern of the path, status and time, and nothing else."""

    def __init__(self, app: ASGIApp, figures: Figures):
        self.app, self.figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            # The pattern, not the address: numbers of messages are not labels; nor are methods of one's own invention.
            path = getattr(scope.get("route"), "path", "unknown")
            method = scope["method"] if scope["method"] in METHODS else "other"
            seconds = time.perf_counter() - started
            self.figures.answered(method, path, status, seconds)
            log.info("%s %s %s %.1f ms", method, path, status, 1000 * seconds)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
