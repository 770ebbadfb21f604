"""Phrases of a table found in a text in whatever form: «меры приняты», «принятых мер»."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.morphology import lemma
from tsur_nlp.text.tokens import word_spans, words


@dataclass(frozen=True, slots=True)
class Word:
    """A normalised word of a text, its first form and its span in the original."""

    norm: str
    lemma: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in a text: words [first, last), the span in the original, what the table says of it."""

    first: int
    last: int
    start: int
    stop: int
    says: str


def words_in(text: str) -> list[Word]:
    return [Word(norm, lemma(norm), start, stop) for norm, start, stop in word_spans(text)]


class Phrases:
    """Phrases by their first words; finding takes time linear in the text."""

    def __init__(self, phrases: Iterable[tuple[str, str]]):
        self._by_first: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for phrase, says in phrases:
            forms = tuple(map(lemma, words(phrase)))
            self._by_first[forms[0]].append((forms, says))
        for known in self._by_first.values():
            known.sort(key=lambda one: -len(one[0]))

    def find(self, found: Sequence[Word]) -> Iterator[Found]:
        """Phrases in order, the longest at each place, none over another."""
        at = 0
        while at < len(found):
            for forms, says in self._by_first.get(found[at].lemma, ()):
                last = at + len(forms)
                if tuple(word.lemma for word in found[at:last]) == forms:
                    yield Found(at, last, found[at].start, found[last - 1].stop, says)
                    at = last - 1
                    break
            at += 1


@cache
def phrases_of(role: str) -> Phrases:
    """Phrases of a role of data/reply_phrases.csv. Raises CatalogError."""
    table = read_reference(files("tsur_nlp") / "data" / "reply_phrases.csv", ("role", "phrases"), CatalogError)
    return Phrases((phrase, "") for record in table if record["role"] == role for phrase in record.phrases("phrases"))


@cache
def officialese() -> Phrases:
    """data/officialese.csv: each phrase with what to say in its place. Raises CatalogError."""
    table = read_reference(files("tsur_nlp") / "data" / "officialese.csv", ("phrase", "plain"), CatalogError)
    return Phrases((record.required("phrase"), record.required("plain")) for record in table)


@cache
def advices() -> dict[str, str]:
    """data/reply_remarks.csv: what is said of each kind of mistake. Raises CatalogError."""
    table = read_reference(files("tsur_nlp") / "data" / "reply_remarks.csv", ("code", "advice"), CatalogError)
    return {record.required("code"): record.required("advice") for record in table}
