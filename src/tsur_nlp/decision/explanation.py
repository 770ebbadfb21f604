"""Why a topic: the words of the original text with what each contributed, and what else spoke for it."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class WordShare:
    """A word of the original text, text[start:stop], and what it added to the topic's score."""

    start: int
    stop: int
    score: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Exact: `intercept` and the scores of `words` sum to `score`, the topic's score before softmax.

    `words`: in the order of the text; a repeated word's share is divided among its places.
    `examples`: phrases of the catalogue nearest to the text; `reasons`: the rules that fired, in Russian.
    """

    text: str
    topic: str
    score: float
    intercept: float
    words: tuple[WordShare, ...]
    examples: tuple[str, ...]
    reasons: tuple[str, ...]

    def _repr_html_(self) -> str:
        """The text with words for the topic on green and against it on red, for a notebook."""
        largest = max((abs(word.score) for word in self.words), default=0.0) or 1.0
        parts, position = [], 0
        for word in self.words:
            shade = round(100 * abs(word.score) / largest)
            colour = "#2e9e5b" if word.score > 0 else "#d0453a"
            style = f"background:color-mix(in srgb,{colour} {shade}%,transparent);border-radius:3px"
            parts.append(escape(self.text[position : word.start]))
            shown = escape(self.text[word.start : word.stop])
            parts.append(f'<span style="{style}" title="{word.score:+.3f}">{shown}</span>')
            position = word.stop
        parts.append(escape(self.text[position:]))
        examples = "".join(f"<li>{escape(example)}</li>" for example in self.examples)
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in self.reasons)
        return (
            f'<div lang="ru"><b>{escape(self.topic)}</b><p style="white-space:pre-wrap">{"".join(parts)}</p>'
            f"<p>Похожие фразы каталога:</p><ul>{examples}</ul><p>Причины:</p><ul>{reasons}</ul></div>"
        )
