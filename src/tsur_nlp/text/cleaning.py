"""What really arrives is cleaned here and cut into tokens and sentences.

Cleaning is a visible list of rules, each a pattern and what stays of it. Every rule keeps track of
where its characters came from, so a token always knows its span in the *original* text.
No pattern may take more than linear time: repeats are bounded or exclude their own delimiter.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from tsur_nlp.text.masks import MASK

MAX_CHARS = 100_000
"""Longer texts are cut before cleaning; the router says so in its reasons."""


# ------------------------------------------------------------------------------
#   Rules of cleaning
# ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One step of cleaning.

    `needles` are characters or short strings without which the pattern can't match, or `hint` is a
    quicker pattern that must be found: their absence is cheap to see.
    Of each match stays the group `keep` if the pattern has one, else what `becomes` says.
    """

    name: str
    needles: str | tuple[str, ...]
    pattern: re.Pattern[str]
    becomes: str | Callable[[re.Match[str]], str] = " "
    hint: re.Pattern[str] | None = None

    def applies(self, text: str) -> bool:
        """Whether a text may hold what the rule changes."""
        if self.hint is not None:
            return self.hint.search(text) is not None
        for needle in self.needles:
            if needle in text:
                return True
        return not self.needles

    def sees(self, alphabet: str) -> Iterator[int]:
        """Where in a string of distinct characters stand those that alone may make the rule apply."""
        if self.needles and self.hint is None:
            yield from (alphabet.index(needle) for needle in self.needles if needle in alphabet and len(needle) == 1)
        else:
            for match in (self.hint or self.pattern).finditer(alphabet):
                yield from range(*match.span())

    def apply(self, text: str) -> str:
        """The text with each match replaced by what stays of it."""
        return self.pattern.sub(r"\g<keep>" if "keep" in self.pattern.groupindex else self.becomes, text)

    def what_stays(self, match: re.Match[str]) -> tuple[str, int | None]:
        """The text that stays and, where its characters stand one for one, where they start."""
        if "keep" in self.pattern.groupindex:
            return match["keep"], match.start("keep")
        stays = self.becomes if isinstance(self.becomes, str) else self.becomes(match)
        same_length = len(stays) == match.end() - match.start()
        return stays, match.start() if same_length else None


INLINE_TAGS = frozenset(
    ("a", "abbr", "b", "big", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "tt", "u", "wbr")
)

# Latin letters drawn like Cyrillic ones, typed by mistake or to deceive a filter.
LOOK_ALIKES = str.maketrans("ABCEHKMOPTXYaceopxykëËiI", "АВСЕНКМОРТХУасеорхукёЁіІ")
NOT_CYRILLIC = re.compile(r"[^а-яёіА-ЯЁІ]")


def tag_becomes(match: re.Match[str]) -> str:
    """Nothing for a tag inside a line, a line break for any other and for a comment."""
    return "" if match[1] and match[1].lower() in INLINE_TAGS else "\n"


def entity_becomes(match: re.Match[str]) -> str:
    return _character(match[0])


_character = lru_cache(maxsize=256)(unescape)


def letter_with_mark(match: re.Match[str]) -> str:
    return {"и\u0306": "й", "И\u0306": "Й", "е\u0308": "ё", "Е\u0308": "Ё"}[match[0]]


def all_cyrillic(match: re.Match[str]) -> str:
    translated = match[0].translate(LOOK_ALIKES)
    return match[0] if NOT_CYRILLIC.search(translated) else translated


INVISIBLE = (
    "[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\ufffc\ufffd"
    "\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+"
)
VK_NAME = r"(?::[^\[\]|]{0,100})?\|"

HYPHENATED = frozenset(("то", "либо", "нибудь", "таки", "ка"))
BLANKS = ("  ", *(chr(code) for code in range(0x3001) if chr(code).isspace() and chr(code) not in " \n"))

MARKUP = (
    Rule("stray apostrophe", "'", re.compile(r"\A\s*'+"), ""),
    Rule("ampersand", "&", re.compile(r"&amp;"), "&"),
    Rule("entity", "&", re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});"), entity_becomes),
    Rule("tag", "<", re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>|<!--[^<>]*-->"), tag_becomes),
    # A community's name says whom the message is for; a person's name is personal data.
    Rule("community", "[", re.compile(rf"\[(?:club|public|event)\d{{1,20}}{VK_NAME}(?P<keep>[^\[\]|]{{0,200}})\]")),
    Rule("person", "[", re.compile(rf"\[id\d{{1,20}}{VK_NAME}[^\[\]|]{{0,200}}\]")),
    Rule("community", "@*", re.compile(r"[@*](?:club|public|event)\d{1,20} ?\((?P<keep>[^()\n]{0,200})\)")),
    Rule("person", "@*", re.compile(r"[@*]id\d{1,20}(?: ?\([^()\n]{0,200}\))?")),
    Rule("mask", "[", MASK),
    Rule("e-mail", "@", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    Rule("link", "/", re.compile(r"(?:https?://|www\.|\b(?:vk|ok|t|youtu|rutube)\.(?:com|ru|me|be)/)[^\s<>\[\]]+")),
    Rule("nickname", "@", re.compile(r"@\w{1,100}")),
    Rule("hashtag", "#", re.compile(r"#(?=\w)")),
    Rule("underscore", "_", re.compile(r"_+")),
)  # fmt: skip
CHARACTERS = (
    Rule("composed letter", "\u0306\u0308", re.compile("[иИ]\u0306|[еЕ]\u0308"), letter_with_mark),
    Rule("invisible", "", re.compile(INVISIBLE), ""),
    Rule("emoji", "", re.compile("[\u2190-\u2bff\u3030\u303d\U0001f000-\U0001faff\U000e0000-\U000e007f]+")),
    Rule(
        "look-alikes",
        "",
        re.compile(r"\b(?=[^\W\d_]*[а-яёА-ЯЁ])(?=[^\W\d_]*[A-Za-zëË])[^\W\d_]+"),
        all_cyrillic,
        hint=re.compile("[A-Za-zëË]"),
    ),
)  # fmt: skip
REPEATS = (
    Rule("stretched letter", "", re.compile(r"(?P<keep>[а-яёА-ЯЁA-Za-z])(?P=keep){2,}")),
    Rule("stretched mark", "", re.compile(r"(?P<keep>([^\w\s])\2\2)\2+")),
)  # fmt: skip
GAPS = (
    Rule("blank", BLANKS, re.compile(r"[^\S\n]{2,}|[^\S\n ]")),
)  # fmt: skip
BROKEN_WORD = Rule(
    "broken word",
    ("-\n", "- \n"),
    re.compile(r"(?<=[а-яё][а-яё])- ?\n ?(?=(?P<goes_on>[а-яё]{2,40}))"),
    # «Прави-тельство» is one word; «какой-нибудь» keeps its hyphen.
    lambda match: "-" if match["goes_on"] in HYPHENATED else "",
)
RULES = (*MARKUP, *CHARACTERS, *REPEATS, *GAPS, BROKEN_WORD)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned text that remembers where each of its characters stood.

    `starts[i]`, `stops[i]`: the span of character i in the original; None where nothing was changed.
    """

    text: str
    starts: list[int] | None = None
    stops: list[int] | None = None

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """The span in the original text of the non-empty span [start, stop) of the cleaned one."""
        if self.starts is None or self.stops is None:
            return start, stop
        return self.starts[start], self.stops[stop - 1]


def clean(text: str) -> str:
    """The text without mark-up, links, mentions of people, emoji and tricks with characters.

    Cut at MAX_CHARS characters. A person's name in a VK mention is dropped, a community's stays.
    """
    return apply(RULES, text[:MAX_CHARS])


def apply(rules: Iterable[Rule], text: str) -> str:
    """What rules, one after another, make of a text."""
    for rule in rules:
        if rule.applies(text):
            text = rule.apply(text)
    return text


def clean_with_spans(text: str) -> Cleaned:
    """Like `clean`, with the way back to the original text. Slower: for explanations and displays."""
    text = text[:MAX_CHARS]
    cleaned = Cleaned(text, list(range(len(text))), list(range(1, len(text) + 1)))
    for rule in RULES:
        if rule.applies(cleaned.text):
            cleaned = _apply_with_spans(rule, cleaned)
    return cleaned


def _apply_with_spans(rule: Rule, before: Cleaned) -> Cleaned:
    assert before.starts is not None
    assert before.stops is not None
    parts: list[str] = []
    starts: list[int] = []
    stops: list[int] = []

    def copy(start: int, stop: int) -> None:
        starts.extend(before.starts[start:stop])  # type: ignore[index]
        stops.extend(before.stops[start:stop])  # type: ignore[index]

    position = 0
    for match in rule.pattern.finditer(before.text):
        copy(position, match.start())
        stays, came_from = rule.what_stays(match)
        parts += before.text[position : match.start()], stays
        if came_from is None:
            starts.extend([before.starts[match.start()]] * len(stays))
            stops.extend([before.stops[match.end() - 1]] * len(stays))
        else:
            copy(came_from, came_from + len(stays))
        position = match.end()
    if position == 0:
        return before
    copy(position, len(before.text))
    return Cleaned("".join([*parts, before.text[position:]]), starts, stops)


def normalize(text: str) -> str:
    """Lower case with ё as е: people rarely type ё, and never consistently."""
    # «İ» is the one character whose lower case is longer: spans would slip.
    return text.replace("İ", "I").lower().replace("ё", "е")
