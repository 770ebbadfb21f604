"""Personal data found, masked, and put back by its owner."""

from tsur_nlp.privacy.masking import find, mask, unmask
from tsur_nlp.privacy.spans import Span
from tsur_nlp.privacy.vault import Vault

__all__ = ["Span", "Vault", "find", "mask", "unmask"]
