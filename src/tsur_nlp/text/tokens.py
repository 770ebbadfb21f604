"""Words, numbers and marks of a text, with spans in the original; sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tsur_nlp.text.cleaning import clean, clean_with_spans, normalize

# ------------------------------------------------------------------------------
#   Tokens
# ------------------------------------------------------------------------------

Kind = Literal["word", "number", "mark"]

LETTER = r"[^\W\d_]"
WORD = re.compile(rf"{LETTER}+(?:-{LETTER}+)*")
TOKEN = re.compile(
    rf"(?P<word>{LETTER}+(?:[-’']{LETTER}+)*)"
    rf"|(?P<number>\d+(?:[.,:/]\d+)*(?:-?{LETTER}(?!{LETTER})|-{LETTER}{{2}}(?!{LETTER}))?)"
    r"|(?P<mark>[^\w\s]|_)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number (with a house letter or an ending: 13а, 45-й) or a punctuation mark.

    `start`, `stop`: the span in the original text; `text`: as cleaned; `norm`: lower case, ё as е.
    """

    text: str
    start: int
    stop: int
    kind: Kind

    @property
    def norm(self) -> str:
        """The word as the model compares it."""
        return normalize(self.text)


def tokenize(text: str) -> Iterator[Token]:
    """Tokens of an original text, in order, with spans into it."""
    cleaned = clean_with_spans(text)
    for match in TOKEN.finditer(cleaned.text):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        yield Token(match[0], *cleaned.span(*match.span()), kind)


def words(text: str) -> list[str]:
    """Normalised words of an original text: what the features are made of. The fast road."""
    return words_of_cleaned(clean(text))


def words_of_cleaned(cleaned: str) -> list[str]:
    """Normalised words of a text that is cleaned already."""
    return WORD.findall(normalize(cleaned))


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """The same normalised words as `words`, each with its span in the original text."""
    cleaned = clean_with_spans(text)
    return [(match[0], *cleaned.span(*match.span())) for match in WORD.finditer(normalize(cleaned.text))]


# ------------------------------------------------------------------------------
#   Sentences
# ------------------------------------------------------------------------------


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences in the original text, as razdel cuts the cleaned one.

    A line break ends a sentence too: people who skip full stops still press Enter.
    """
    from razdel import sentenize

    cleaned = clean_with_spans(text)
    for line in re.finditer(r"[^\n]+", cleaned.text):
        for sentence in sentenize(line[0]):
            if sentence.text.strip():
                yield cleaned.span(line.start() + sentence.start, line.start() + sentence.stop)
