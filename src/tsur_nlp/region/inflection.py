"""Case forms of proper names by rule: a dictionary knows few villages and guesses wrong.

A form is a stem and the endings it may have; a word is looked up by its possible stems, so that the cost of a
new word does not depend on how many names there are.
"""

from collections.abc import Iterator
from typing import NamedTuple

LONGEST_ENDING = 3
EXACT = frozenset(("",))
MASCULINE = frozenset(("ий", "ый", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем"))
FEMININE = frozenset(("ая", "яя", "ой", "ей", "ую", "юю", "ою", "ею"))
NEUTER = frozenset(("ое", "ее", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем"))
PLURAL = frozenset(("ые", "ие", "ых", "их", "ым", "им", "ыми", "ими"))
ADJECTIVES = {
    "ий": MASCULINE, "ый": MASCULINE, "ой": MASCULINE | {"ой"}, "ая": FEMININE, "яя": FEMININE,
    "ое": NEUTER, "ее": NEUTER, "ые": PLURAL, "ие": PLURAL,
}  # fmt: skip
NOUNS = {
    "а": frozenset(("а", "ы", "и", "е", "у", "ой", "ою", "ей")),
    "я": frozenset(("я", "и", "е", "ю", "ей", "ею")),
    "о": frozenset(("о", "а", "у", "ом", "е")),
    "е": frozenset(("е", "я", "ю", "ем", "и", "а", "у", "ом")),
    "ы": frozenset(("ы", "", "ов", "ам", "ах", "ами")),
    "и": frozenset(("и", "", "ов", "ев", "ей", "ам", "ям", "ах", "ях", "ами", "ями")),
    "ь": frozenset(("ь", "и", "ью", "я", "ю", "ем", "е")),
    "й": frozenset(("й", "я", "ю", "ем", "е", "и")),
}
CONSONANT = frozenset(("", "а", "у", "ом", "ем", "е", "ым"))
FLEETING = frozenset(("а", "у", "ом", "ем", "е"))
GENITIVES = ("ова", "ева", "ина", "ына", "ого", "его", "ых", "их")
"""How names of streets in honour of somebody end: they keep the form in any sentence."""
SHORTEST_DECLINED = 3


class Form(NamedTuple):
    """A stem and the endings that may follow it."""

    stem: str
    endings: frozenset[str]

    def fits(self, word: str) -> bool:
        """Whether a word is this stem with one of its endings."""
        return word.startswith(self.stem) and word[len(self.stem) :] in self.endings


def is_adjective(word: str) -> bool:
    """Whether a name in the nominative declines as an adjective does: «Сосновское», «Ветлужский»."""
    return len(word) > LONGEST_ENDING + 1 and word[-2:] in ADJECTIVES


def forms(word: str, fixed: bool = False) -> tuple[Form, ...]:
    """Forms of a normalised word given in the nominative; `fixed`: it is not declined."""
    if fixed or len(word) < SHORTEST_DECLINED or not "а" <= word[-1] <= "я":
        return (Form(word, EXACT),)
    if is_adjective(word) and "-" not in word:
        return (Form(word[:-2], ADJECTIVES[word[-2:]]),)
    if (endings := NOUNS.get(word[-1])) is not None and "-" not in word:
        stem = word[:-1]
        extra = (Form(stem[:-1] + "ок", EXACT),) if word[-1] == "и" and stem[-1] == "к" and len(stem) > 4 else ()
        return (Form(stem, endings), *extra)
    if word[-2:] in ("ец", "ок", "ек") and len(word) > 4:
        return (Form(word, EXACT), Form(word[:-2] + word[-1], FLEETING))
    if "-" in word[1:-1]:
        return _hyphenated(word)
    if word == "орел":
        return (Form(word, EXACT), Form("орл", FLEETING))
    return (Form(word, CONSONANT),)


def _hyphenated(word: str) -> tuple[Form, ...]:
    """«Ростове-на-Дону», «Каменске-Уральском», «Йошкар-Оле», each case in full: few names are such."""
    first, _, rest = word.partition("-")
    last = rest.rpartition("-")[2]
    if "-на-" in word or not is_adjective(last):
        ends_fixed = "-на-" in word
        parts = forms(first) if ends_fixed else forms(last)
        whole = ((f"{form.stem}{ending}-{rest}" if ends_fixed else f"{word[: -len(last)]}{form.stem}{ending}")
                 for form in parts for ending in sorted(form.endings))  # fmt: skip
        return tuple(Form(name, EXACT) for name in whole)
    return tuple(
        Form(f"{head.stem}{ending}-{tail.stem}{close}", EXACT)
        for head in forms(first)
        for ending in sorted(head.endings)
        for tail in forms(last)
        for close in sorted(tail.endings)
    )


def splits(word: str) -> Iterator[tuple[str, str]]:
    """Every stem and ending that a word may be cut into."""
    for length in range(min(LONGEST_ENDING, len(word) - 2) + 1 if len(word) > 1 else 1):
        cut = len(word) - length
        yield word[:cut], word[cut:]
