"""Personal data found and masked."""

from tsur_nlp.privacy.masking import mask

__all__ = ["mask"]
