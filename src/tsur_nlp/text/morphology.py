"""Word form → lemma. The only module that knows pymorphy3.

Nothing is loaded before the first word is asked for: the shipped models carry the lemmas of the words
they know, so most texts never come here.
"""

import csv
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymorphy3 import MorphAnalyzer

MAX_WORD = 60
"""Longer ones are not words: they stay as they are and cost the analyser nothing."""


@cache
def analyzer() -> "MorphAnalyzer":
    """The analyser of pymorphy, loaded once."""
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer(lang="ru")


@lru_cache(maxsize=200_000)
def lemma(word: str) -> str:
    """The dictionary form of a normalised word; of «дороги», «дорога».

    Parts of a hyphenated word stay together. Words that are not Cyrillic come back unchanged.
    """
    if len(word) > MAX_WORD or not ("а" <= word[:1] <= "я"):
        return word
    return str(analyzer().parse(word)[0].normal_form).replace("ё", "е")


NAME_GRAMMEMES = ("Name", "Surn", "Patr")


@cache
def words_not_names() -> frozenset[str]:
    """First forms that the dictionary takes for rare names, though people write of floors, barracks and frost."""
    table = (files("tsur_nlp") / "data" / "words_not_names.csv").read_text(encoding="utf-8-sig")
    return frozenset(row["word"] for row in csv.DictReader(table.splitlines()))


@lru_cache(maxsize=200_000)
def is_name(word: str) -> bool:
    """Whether a normalised word is most likely a person's name, surname or patronymic."""
    if len(word) > MAX_WORD or not ("а" <= word[:1] <= "я"):
        return False
    parse = analyzer().parse(word)[0]
    return any(grammeme in parse.tag for grammeme in NAME_GRAMMEMES) and parse.normal_form not in words_not_names()


@lru_cache(maxsize=200_000)
def is_common(word: str) -> bool:
    """Whether the dictionary knows a normalised word as something else than the name of a place or a person."""
    if len(word) > MAX_WORD or not ("а" <= word[:1] <= "я"):
        return False
    parse = analyzer().parse(word)[0]
    return bool(parse.is_known) and not any(grammeme in parse.tag for grammeme in ("Geox", *NAME_GRAMMEMES))


CONTENT = frozenset(("NOUN", "VERB", "INFN", "ADJF", "ADJS", "PRTF", "PRTS", "GRND", "ADVB"))


@lru_cache(maxsize=200_000)
def is_content(word: str) -> bool:
    """Whether a normalised word names a thing, a deed or a quality: no pronoun, preposition, conjunction, particle."""
    if len(word) > MAX_WORD or not ("а" <= word[:1] <= "я"):
        return False
    tag = analyzer().parse(word)[0].tag
    return tag.POS in CONTENT and "Apro" not in tag
