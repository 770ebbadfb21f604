"""Urgent messages and surges are told to another system: signed, again and again until it has taken them.

What is to be told stands in the journal's outbox, written with the message itself; so neither a kill nor a system
that is down for a day loses anything. It may come twice: `X-Tsur-Delivery` stays the same.
"""

import hmac
import json
import logging
import threading
import time
import urllib.request
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tsur_nlp.errors import JournalError
from tsur_nlp.journal import outbox
from tsur_nlp.journal.listing import Message, message
from tsur_nlp.journal.overview import rises
from tsur_nlp.journal.store import Journal

LEVEL = 2
"""The urgency from which on a message is told: to be seen today, or at once."""
PAUSE = 1.0
"""Seconds between two looks into an empty outbox."""
BETWEEN_LOOKS = 600.0
"""Seconds between two looks for surges."""
TIMEOUT = 10.0
"""Seconds for one try; for three times as long no other process tries the same."""

log = logging.getLogger("tsur_nlp.service")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is signed for one address goes to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Webhooks:
    """A thread that tells. `start` before use, `stop` after; several processes share the work."""

    def __init__(self, journal: Path, url: str, secret: str):
        self._file, self._url, self._secret = journal, url, secret.encode()
        # Proxies of the environment are for the web, not for a system beside.
        self._opener = urllib.request.build_opener(NoRedirects, urllib.request.ProxyHandler({}))
        self._stopped = threading.Event()
        self._surges_at = 0.0
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Raises JournalError."""
        with Journal(self._file) as journal:
            outbox.tell_urgent(journal, LEVEL)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(2 * PAUSE)

    def _run(self) -> None:
        with Journal(self._file) as journal:
            while not self._stopped.is_set():
                try:
                    self._look_for_surges(journal)
                    found = self.tell_next(journal)
                except JournalError as error:
                    log.warning("outbox not read: %s", error)
                    found = False
                if not found:
                    self._stopped.wait(PAUSE)

    def _look_for_surges(self, journal: Journal) -> None:
        if time.monotonic() >= self._surges_at:
            outbox.tell_surges(journal, rises(journal, datetime.now(journal.zone)))
            self._surges_at = time.monotonic() + BETWEEN_LOOKS

    def tell_next(self, journal: Journal) -> bool:
        """Try the next thing to tell; whether there was one."""
        told = outbox.claim(journal, 3 * TIMEOUT)
        if told is None:
            return False
        about = message(journal, told.message)
        if about is None or self._post(told, about):
            outbox.taken(journal, told)
        else:
            outbox.put_off(journal, told)
        return True

    def _post(self, told: outbox.Told, about: Message) -> bool:
        """Whether the other system took it: any answer of 2xx."""
        body = json.dumps({"event": told.event, "message": message_json(about, text=False)}, ensure_ascii=False)
        headers = {"Content-Type": "application/json", "X-Tsur-Delivery": str(told.id), **signed(body, self._secret)}
        request = urllib.request.Request(self._url, body.encode(), headers, method="POST")
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return bool(200 <= answer.status < 300)
        except (OSError, HTTPException) as reason:
            log.warning("webhook not taken, try %d: %s", told.tries, type(reason).__name__)
            return False


def signed(body: str, secret: bytes) -> dict[str, str]:
    """Headers that prove who says this and when: HMAC-SHA256 over the seconds since 1970, a dot and the body."""
    now = str(int(time.time()))
    signature = hmac.new(secret, f"{now}.{body}".encode(), "sha256").hexdigest()
    return {"X-Tsur-Timestamp": now, "X-Tsur-Signature": f"sha256={signature}"}


def message_json(one: Message, text: bool = True) -> dict[str, Any]:
    """A message of the journal as hosts get it; moments in ISO 8601 with the region's offset."""
    content: dict[str, Any] = {
        name: getattr(one, name)
        for name in ("id", "number", "channel", "account", "territory", "topic", "authority", "action", "urgency")
    }
    for name in ("received", "due", "answered", "closed", "reviewed"):
        moment = getattr(one, name)
        content[name] = moment.isoformat() if moment else None
    return content | ({"text": one.text} if text else {})
