"""What stands behind tokens and hashes, and the owner's key: a file that stays with the owner of the data."""

import base64
import hmac
import json
import os
import secrets
from pathlib import Path

from tsur_nlp.errors import PrivacyError
from tsur_nlp.tables.atomic import whole_or_nothing
from tsur_nlp.text.masks import MASKS

KEY_BYTES = 32
HASH_DIGITS = 24
"""Hexadecimal digits of a hash: 96 bits, so that two values of a country never share one."""


class Vault:
    """A key, and what each mask stands for.

    The file holds the personal data itself, in plain JSON with rights for its owner alone: keep it as the source table.
    Attributes: `key` (bytes), `values` (mask → what stood there).
    """

    def __init__(self, key: bytes | None = None, values: dict[str, str] | None = None):
        self.key = key or secrets.token_bytes(KEY_BYTES)
        self.values = values or {}
        self._tokens: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        for mask, value in self.values.items():
            word, _, tail = mask[1:-1].rpartition(" ")
            if len(tail) < HASH_DIGITS:
                self._tokens[word, value] = mask
                self._counts[word] = max(self._counts.get(word, 0), int(tail))

    @classmethod
    def load(cls, file: Path) -> "Vault":
        """A vault from its file; a new one if there is none. Raises PrivacyError if it is not a vault."""
        if not file.exists():
            return cls()
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            return cls(base64.b64decode(content["key"], validate=True), dict(content["values"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise PrivacyError(f"{file}: это не файл замен; укажите тот, что записал tsur-nlp mask --vault") from None

    def save(self, file: Path) -> None:
        """Write the vault whole, readable by its owner alone. Raises TableError if the place can't be written."""
        content = {"key": base64.b64encode(self.key).decode(), "values": self.values}
        with whole_or_nothing(file) as unfinished:
            unfinished.write_text(json.dumps(content, ensure_ascii=False, indent=0), encoding="utf-8")
        os.chmod(file, 0o600)

    def token(self, kind: str, value: str) -> str:
        """A numbered mask, the same for the same value."""
        word = MASKS[kind]
        known = self._tokens.get((word, value))
        if known is None:
            self._counts[word] = self._counts.get(word, 0) + 1
            known = f"[{word} {self._counts[word]}]"
            self._tokens[word, value] = known
            self.values[known] = value
        return known

    def hash(self, kind: str, value: str) -> str:
        """A mask with the HMAC-SHA256 of the value by the key, the same in all texts masked with this key."""
        digest = hmac.digest(self.key, f"{kind}:{value}".encode("utf-8", "surrogatepass"), "sha256")
        mask = f"[{MASKS[kind]} {digest.hex()[:HASH_DIGITS]}]"
        self.values[mask] = value
        return mask
