"""Sessions of the pages: a signed cookie that says who and until when, and a token for every form.

Nothing is kept on the server, so sessions outlive a restart and hold for all its processes. A cookie with the prefix
`__Host-` is sent back only to this host and only by HTTPS or on the machine itself (RFC 6265bis, 4.1.3).
"""

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request, Response

from tsur_nlp.service.access import is_loopback
from tsur_nlp.service.problems import Refusal
from tsur_nlp.service.staff import Person, Staff

COOKIE = "__Host-tsur"
SECONDS = 12 * 3600
"""How long one works without signing in again: a working day."""
LONGEST_COOKIE = 2000


@dataclass(frozen=True, slots=True)
class Session:
    """Who asks, and what their forms must bring along."""

    person: Person
    csrf: str
    cookie: str


class Sessions:
    """Opens sessions and recognises them. `proxy_user`: the header in which a proxy on this machine names people."""

    def __init__(self, staff: Staff, key: bytes, proxy_user: str | None):
        self._staff, self._key, self._proxy_user = staff, key, proxy_user

    def found(self, request: Request) -> Session | None:
        """The session of a request; None if whoever asks must sign in. Raises Refusal for an unknown name."""
        if self._proxy_user and (name := _from_proxy(request, self._proxy_user)):
            person = self._staff.named(name)
            if person is None:
                raise Refusal(403, "вас нет в списке сотрудников; попросите администратора внести вас")
            return self._session(person, f"proxy:{name}")
        cookie = request.cookies.get(COOKIE, "")
        person = self._person(cookie)
        if person is not None:
            return self._session(person, cookie)
        return self.opened(self._staff.owner) if self._staff.is_open else None

    def sign_in(self, token: str) -> Session | None:
        """A new session for whoever has this token."""
        person = self._staff.with_token(token)
        return None if person is None else self.opened(person)

    def opened(self, person: Person) -> Session:
        content = json.dumps([person.name, int(time.time()) + SECONDS, person.mark[:16]], ensure_ascii=False)
        said = urlsafe_b64encode(content.encode()).decode()
        return self._session(person, f"{said}.{self._sign('session', said)}")

    def check_form(self, session: Session, csrf: str) -> None:
        """Raises Refusal for a form that is not from one of this session's pages."""
        if not hmac.compare_digest(session.csrf.encode(), csrf.encode()):
            raise Refusal(403, "страница устарела: откройте её заново и повторите; ничего не записано")

    def _session(self, person: Person, cookie: str) -> Session:
        return Session(person, self._sign("form", cookie), cookie)

    def _person(self, cookie: str) -> Person | None:
        said, _, signature = cookie[:LONGEST_COOKIE].partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("session", said).encode()):
            return None
        name, until, mark = json.loads(urlsafe_b64decode(said))
        person = self._staff.named(name)
        return person if person and until > time.time() and person.mark[:16] == mark else None

    def _sign(self, purpose: str, content: str) -> str:
        return hmac.new(self._key, f"{purpose}|{content}".encode(), "sha256").hexdigest()


def keep(response: Response, session: Session) -> None:
    """Let the browser keep a session."""
    response.set_cookie(COOKIE, session.cookie, SECONDS, secure=True, httponly=True, samesite="strict", path="/")


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")


def check_origin(request: Request) -> None:
    """Raises Refusal for what a page of another site sends (Fetch standard, «Origin header»)."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refusal(403, "запрос пришёл с чужой страницы")


def _from_proxy(request: Request, header: str) -> str:
    """The name a proxy gave; only what comes from this machine is believed."""
    if request.client is None or not is_loopback(request.client.host):
        return ""
    # Bytes of a header are Latin-1 to the server; names are sent in UTF-8.
    return request.headers.get(header, "").encode("latin-1", "replace").decode("utf-8", "replace").strip()
