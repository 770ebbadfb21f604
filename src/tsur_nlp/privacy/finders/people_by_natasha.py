"""Names of people as natasha's neural tagger finds them: slower than tables, on demand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tsur_nlp.privacy.spans import Span


@cache
def _tools() -> tuple[Any, Any]:
    from natasha import NewsEmbedding, NewsNERTagger, Segmenter

    return Segmenter(), NewsNERTagger(NewsEmbedding())


@dataclass(frozen=True)
class PeopleByNatasha:
    """Names of people, by natasha's tagger: slow, and better at rare ones."""

    kind: str = "name"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        from natasha import Doc

        segmenter, tagger = _tools()
        document = Doc(text)
        document.segment(segmenter)
        document.tag_ner(tagger)
        yield from (Span(span.start, span.stop, self.kind) for span in document.spans if span.type == "PER")


NATASHA = PeopleByNatasha()
