"""What /metrics tells, and the log line of each request."""

import logging
import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("tsur_nlp.service")


class Figures:
    """Counters of one process; several workers have each their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        names = ("method", "path", "status")
        self.requests = Counter("tsur_requests", "Requests", names, registry=self.registry)
        self.seconds = Histogram("tsur_request_seconds", "Seconds until the answer", ["path"], registry=self.registry)
        self.decisions = Counter("tsur_decisions", "Decisions by action", ["action"], registry=self.registry)


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
            # The pattern, not the address: numbers of messages are no labels.
            path = getattr(scope.get("route"), "path", "unknown")
            seconds = time.perf_counter() - started
            self.figures.requests.labels(scope["method"], path, status).inc()
            self.figures.seconds.labels(path).observe(seconds)
            log.info("%s %s %s %.1f ms", scope["method"], path, status, 1000 * seconds)
