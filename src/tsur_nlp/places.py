"""Territories named in a text, in whatever form: «в Сормове», «Автозаводского района», «г. Бор».

A lemmatiser is called only for words that begin like a word of some alias, so most texts cost a set
look-up a word. A name of one word must look like a name: with a capital letter, or after «город» and
its like; otherwise every «бор» would be a town.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tsur_nlp.morph import lemma
from tsur_nlp.text import WORD, normalize

PREFIX = 3
SHORTEST_STEM, LONGEST_ENDING = 5, 2
DISTRICT_WORDS = {"р-н": "район", "рн": "район", "р-на": "район", "р-не": "район", "рна": "район", "рне": "район"}
SETTLEMENT_WORDS = frozenset(
    ("г", "гор", "город", "пос", "поселок", "п", "пгт", "рп", "с", "село", "д", "дер", "деревня", "мкр", "микрорайон")
)
SENTENCE_END = re.compile(r"[.!?\n]\s*\Z|\A\s*\Z")


@dataclass(frozen=True, slots=True)
class Mention:
    """A territory's code and the word of the text that names it."""

    territory: str
    word: str


class Gazetteer:
    """Finds the aliases of territories in texts. Built from pairs (territory code, alias)."""

    def __init__(self, aliases: Iterable[tuple[str, str]]):
        self._aliases: dict[str, list[tuple[str, list[str]]]] = {}
        for code, alias in aliases:
            names = WORD.findall(normalize(alias))
            if names:
                self._aliases.setdefault(names[0][:PREFIX], []).append((code, names))

    def find(self, cleaned: str, names: Sequence[str]) -> Iterator[Mention]:
        """Mentions in a cleaned text given with its normalised words, in its order.

        Where several aliases begin at one word, the longest.
        """
        spans: list[re.Match[str]] = []
        for i, name in enumerate(names):
            candidates = self._aliases.get(name[:PREFIX], ())
            fitting = [(code, alias) for code, alias in candidates if _fits(names[i : i + len(alias)], alias)]
            if not fitting:
                continue
            spans = spans or list(WORD.finditer(cleaned))
            code, alias = max(fitting, key=lambda candidate: len(candidate[1]))
            if len(alias) > 1 or _is_named(cleaned, spans[i], names[i - 1] if i else ""):
                yield Mention(code, " ".join(match[0] for match in spans[i : i + len(alias)]))


def _fits(names: Sequence[str], alias: Sequence[str]) -> bool:
    return len(names) == len(alias) and all(map(_same_word, names, alias))


def _same_word(name: str, alias: str) -> bool:
    name = DISTRICT_WORDS.get(name, name)
    if name == alias:
        return True
    return name[:PREFIX] == alias[:PREFIX] and (_same_stem(name, alias) or lemma(name) == lemma(alias))


def _same_stem(name: str, alias: str) -> bool:
    """Whether a word is an alias with another ending: dictionaries know few villages and guess wrong."""
    stem = alias.rstrip("аеоыья")
    ending = name[len(stem) :]
    return len(stem) >= SHORTEST_STEM and name.startswith(stem) and 0 < len(ending) <= LONGEST_ENDING


def _is_named(cleaned: str, word: re.Match[str], before: str) -> bool:
    """Whether a single word stands as a name does: after «город», or capitalised inside a sentence."""
    if before in SETTLEMENT_WORDS:
        return True
    start = word.start()
    return word[0][0].isupper() and not SENTENCE_END.search(cleaned[max(0, start - 5) : start])
