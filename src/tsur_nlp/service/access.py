"""Who may ask: bearer tokens, and pages of other sites kept out.

A page on any site can make a reader's browser send a form, or text of no declared kind, to a service on the same
machine; it can't send JSON without asking first (CORS, Fetch standard, «CORS-safelisted request-header»), and the
service never agrees. So whatever writes takes only JSON that is declared as such.
"""

import hmac
import re
from collections.abc import Iterable
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from tsur_nlp.service.problems import Refusal, refuse

JSON = ("application/json",)
LINES = ("application/x-ndjson", "application/jsonl", "application/json")
REALM = 'Bearer realm="tsur-nlp"'
BEARER = re.compile(rb"bearer +([^\s,]+)", re.IGNORECASE)
"""RFC 7235, 2.1: the scheme in any case, one or more spaces, the token; RFC 6750, 2.1."""
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(?::\d+)?")

Headers = Iterable[tuple[bytes, bytes]]


def check_token(headers: Headers, token: str | None) -> None:
    """Raises Refusal unless the headers hold the token; nothing is asked for if there is none."""
    if token is None:
        return
    given = [value.strip() for name, value in headers if name == b"authorization"]
    if not given or not given[0].lower().startswith(b"bearer"):
        # RFC 6750, 3.1: who showed no token is told no error.
        raise Refusal(401, "передайте токен: Authorization: Bearer …", {"WWW-Authenticate": REALM})
    found = BEARER.fullmatch(given[0])
    if len(given) > 1 or found is None:
        challenge = {"WWW-Authenticate": f'{REALM}, error="invalid_request"'}
        raise Refusal(400, "заголовок Authorization не понят; годится один: Bearer и токен", challenge)
    if not hmac.compare_digest(found[1], token.encode()):
        raise Refusal(401, "токен не тот", {"WWW-Authenticate": f'{REALM}, error="invalid_token"'})


def check_kind(headers: Headers, kinds: tuple[str, ...]) -> None:
    """Raises Refusal unless the body is declared to be of one of these kinds, and in UTF-8."""
    kind, _, parameters = media_type(headers).partition(";")
    charset = re.fullmatch(r"\s*charset\s*=\s*\"?([^\"]*)\"?\s*", parameters)
    if kind.strip() not in kinds or (charset and charset[1].lower() not in ("utf-8", "utf8")):
        raise Refusal(415, f"нужен заголовок Content-Type: {kinds[0]}")


def media_type(headers: Headers) -> str:
    """The declared kind of the body in lower case, "" if there is none."""
    return next((value for name, value in headers if name == b"content-type"), b"").decode("latin-1").lower()


class OwnHost:
    """ASGI middleware: only requests to this machine by its own names are served.

    Where no token is asked for, a page of another site could have its name point here (DNS rebinding) and would
    then be of the same origin as the service; the name of its site still stands in `Host`.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
            found = HOST.fullmatch(host.lower())
            if found is None or not is_loopback(found[1].strip("[]")):
                await refuse(send, 421, "без токена служба отвечает только по адресам 127.0.0.1 и localhost")
                return
        await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a service that listens on the host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
