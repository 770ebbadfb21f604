"""Personal data found in a text and put out of it.

Recognisers miss some data and take some words for names: what must never leak is better kept as a hash, see `Journal`.
"""

from collections.abc import Iterable
from typing import Literal

from tsur_nlp.privacy.finders import FINDERS
from tsur_nlp.privacy.spans import Span
from tsur_nlp.privacy.vault import Vault
from tsur_nlp.text.masks import MASK

How = Literal["label", "token", "hash", "remove"]
Names = Literal["table", "natasha"]


def find(text: str, names: Names = "table") -> tuple[Span, ...]:
    """Where personal data stands in a text, in order, without overlaps; masks that stand there already are none.

    `names="natasha"` also asks natasha's tagger for people: a hundred times slower, finds rarer names.
    Time is linear in the length.
    """
    taken = bytearray(len(text))
    for match in MASK.finditer(text):
        _take(taken, match.start(), match.end())
    found: list[Span] = []
    finders = FINDERS
    if names == "natasha":
        from tsur_nlp.privacy.finders.people_by_natasha import NATASHA

        finders = (*FINDERS, NATASHA)
    for finder in finders:
        for span in sorted(finder.find(text, found), key=lambda span: (span.start, -span.stop)):
            if _take(taken, span.start, span.stop):
                found.append(span)
    return tuple(sorted(found))


def mask(text: str, how: How = "label", vault: Vault | None = None, names: Names = "table") -> str:
    """A text without its personal data; street and house stay, flats never do.

    Parameters
    ----------
    how : «label» puts the kind («[ФИО]»), «token» a number («[ФИО 1]», the same for the same value), «hash» a hash by
        the vault's key («[ФИО 5f1c0a…]», the same in every file of one owner), «remove» nothing.
    vault : keeps what stood there, for `unmask`; needed for «token» and «hash».
    names : «natasha» also asks natasha's tagger.

    Raises ValueError for an unknown `how` and for a missing vault.
    """
    if how not in ("label", "token", "hash", "remove"):
        raise ValueError(f"how: {how!r}; годятся label, token, hash, remove")
    if how in ("token", "hash") and vault is None:
        raise ValueError(f"how={how!r}: нужен vault=Vault(...), где хранится, что чем заменено")
    parts: list[str] = []
    position = 0
    for start, stop, kind in _replaced(text, how, names):
        parts.append(text[position:start])
        value = text[start:stop]
        if how == "label":
            parts.append(Span(start, stop, kind).mask)
        elif vault is not None and how != "remove":
            parts.append(vault.token(kind, value) if how == "token" else vault.hash(kind, value))
        position = stop
    return "".join([*parts, text[position:]])


def unmask(text: str, vault: Vault) -> str:
    """A text as it was before `mask` with this vault; masks that the vault does not know stay."""
    return MASK.sub(lambda match: vault.values.get(match[0], match[0]), text)


def _replaced(text: str, how: How, names: Names) -> Iterable[tuple[int, int, str]]:
    spans = [(span.start, span.stop, span.kind) for span in find(text, names)]
    if how in ("token", "hash"):
        # A writer may type «[ФИО 1]» himself: it must not be turned into another person's name on the way back.
        spans += [(match.start(), match.end(), "name") for match in MASK.finditer(text) if match["tail"]]
    return sorted(spans)


def _take(taken: bytearray, start: int, stop: int) -> bool:
    """Take a range of a text, a byte a character, if nothing of it is taken."""
    if any(taken[start:stop]):
        return False
    taken[start:stop] = b"\x01" * (stop - start)
    return True
