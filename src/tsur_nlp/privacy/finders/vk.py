"""Pages of people in social networks: `[id1|Имя]`, `@id1 (Имя)`, `@nick`, `vk.com/name`, `t.me/nick`.

Communities, posts on their walls and the networks' own sections stay: they name no person.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tsur_nlp.privacy.spans import Span

PATTERNS = (
    re.compile(r"\[id\d{1,20}(?::[^\[\]|]{0,100})?\|[^\[\]|]{0,200}\]"),
    re.compile(r"[@*]id\d{1,20}(?: ?\([^()\n]{0,200}\))?"),
    re.compile(
        r"(?<![\w.])(?:https?://)?(?:www\.|m\.)?(?:vk\.(?:com|ru)|vkontakte\.ru)/"
        r"(?!(?:club|public|event|wall-|topic-|photo-|video-|album-|clip-|doc-|market-|app|away|feed|im(?![\w.])|search"
        r"|video(?![\w.])|music|groups|images|emoji|sticker|@-))[\w.-]{2,64}(?:[?#][^\s<>\[\]]{0,300})?",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\w.])(?:https?://)?(?:www\.|m\.)?(?:ok\.ru/profile/\d{1,20}|(?:t\.me|instagram\.com)/(?!joinchat|\+|s/)[\w.]{3,64})",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\w@.])@(?!(?:club|public|event|all|online)(?:\d|(?!\w)))[A-Za-z][\w.]{1,63}(?<!\.)"),
    re.compile(r"(?<![\w/.@*\[])id\d{5,12}(?!\w)"),
)


@dataclass(frozen=True)
class SocialPage:
    """Pages of people in social networks; communities stay."""

    kind: str = "vk"

    def find(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        for pattern in PATTERNS:
            yield from (Span(*match.span(), self.kind) for match in pattern.finditer(text))


VK = SocialPage()
