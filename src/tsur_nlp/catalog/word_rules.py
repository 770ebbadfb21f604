"""Rules of words that must meet: a table a non-programmer edits, and the engine that finds them in a text.

A row of such a table says what begins it (`word`) and what must stand no further than `within` words from that word:
`before` it, `after` it, `near` it on either side; `unless` cancels it there. A cell is groups joined by «+», all of
which must be met; a group is words joined by «|», any of which will do. A word is a dictionary form («пахнуть») or a
form as it is written («горим»); «=» before it is that form alone («=жить»); «*» at its end is any ending («задыха*»).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tsur_nlp.catalog.csv_records import Record

COLUMNS = ("word", "before", "near", "after", "within", "unless")
FARTHEST = 30
NEGATIONS = frozenset(("не", "ни", "без"))
"""Straight before the word that begins a rule they cancel it, unless the rule asks for one of them."""
Group = frozenset[str]


@dataclass(frozen=True, slots=True)
class WordRule:
    """One row. Groups are of normalised words; `within` is counted in words."""

    begins: Group
    before: tuple[Group, ...]
    near: tuple[Group, ...]
    after: tuple[Group, ...]
    unless: Group
    within: int

    @property
    def negated(self) -> bool:
        """Whether a negation is what the rule is about."""
        return any(group & NEGATIONS for group in (self.begins, *self.before, *self.near, *self.after))


class Met(NamedTuple):
    """A rule met in a text: its number, and the places of the words that met, in order."""

    rule: int
    begins: int
    places: tuple[int, ...]


def word_rule(record: Record) -> WordRule:
    """The rule of a row with the columns of COLUMNS. Raises the error of the table."""
    if not record["within"].isdecimal() or not 0 < int(record["within"]) <= FARTHEST:
        record.fail("within", f"нужно целое число слов от 1 до {FARTHEST}")
    begins = _groups(record, "word")
    if len(begins) != 1:
        record.fail("word", "нужна одна группа слов через «|»: с неё правило начинается")
    return WordRule(
        begins=begins[0],
        before=_groups(record, "before"),
        near=_groups(record, "near"),
        after=_groups(record, "after"),
        unless=frozenset().union(*_groups(record, "unless")),
        within=int(record["within"]),
    )


def _groups(record: Record, column: str) -> tuple[Group, ...]:
    if not record[column]:
        return ()
    groups = []
    for part in record[column].lower().replace("ё", "е").split("+"):
        words = [word.strip() for word in part.split("|")]
        for word in words:
            if not word.removeprefix("=").removesuffix("*").replace("-", "").isalpha():
                record.fail(column, f"«{word}» — не слово; слова пишутся через «|», группы через «+»")
        groups.append(frozenset(words))
    return tuple(groups)


class WordRules:
    """Finds rules in texts. Words are learned one by one, as they are met: a word costs a text one look.

    A rule whose number is in `covers` raises nothing: it cancels every other one that begins within its reach.
    """

    def __init__(self, rules: Sequence[WordRule], covers: frozenset[int] = frozenset()):
        self._rules = tuple(rules)
        self._covers = covers
        self._numbers: dict[Group, int] = {}
        self._parts = [
            (
                self._number(rule.begins),
                tuple(map(self._number, rule.before)),
                tuple(map(self._number, rule.near)),
                tuple(map(self._number, rule.after)),
                self._number(rule.unless),
                rule.within,
                rule.negated,
            )
            for rule in rules
        ]
        # Forms of the words of each group that were met so far.
        self._forms: list[set[str]] = [set() for _ in self._numbers]
        self._needs = [
            tuple(self._forms[group] for group in (*before, *near, *after))
            for _, before, near, after, *_ in self._parts
        ]
        self._exact: dict[str, list[int]] = {}
        self._prefixes: list[tuple[str, int]] = []
        for group, number in self._numbers.items():
            for word in group:
                if word.endswith("*"):
                    self._prefixes.append((word[:-1], number))
                else:
                    self._exact.setdefault(word, []).append(number)
        self._known: dict[str, int] = {}
        self._begins: dict[str, tuple[int, ...]] = {}

    def _number(self, group: Group) -> int:
        return self._numbers.setdefault(group, len(self._numbers))

    def learn(self, word: str, lemma: str) -> bool:
        """Note a normalised word with its lemma; whether a rule that raises something begins with it."""
        met = {*self._exact.get(word, ()), *self._exact.get(f"={word}", ()), *self._exact.get(lemma, ())}
        met.update(number for prefix, number in self._prefixes if word.startswith(prefix))
        if met:
            self._known[word] = sum(1 << number for number in met)
        for number in met:
            self._forms[number].add(word)
        begun = tuple(n for n, part in enumerate(self._parts) if part[0] in met)
        if begun:
            self._begins[word] = begun
        return not self._covers.issuperset(begun)

    def found(self, words: Sequence[str]) -> list[Met]:
        """Rules met in normalised words that were all learned, by the order of the table, each once."""
        begins = self._begins
        begun = {n for word in words if word in begins for n in begins[word]}
        said = set(words)
        # Most texts lack something for every rule: they cost no more than this.
        possible = [n for n in begun if not any(map(said.isdisjoint, self._needs[n]))]
        if not possible or self._covers.issuperset(possible):
            return []
        possible.sort()
        known = self._known
        at_places = {at: known[word] for at, word in enumerate(words) if word in known}
        met: list[Met] = []
        covered: set[int] = set()
        for n in possible:
            begin, reach = self._parts[n][0], self._parts[n][5]
            for at, groups in at_places.items():
                if not groups >> begin & 1 or (places := self._fit(n, at, words, at_places)) is None:
                    continue
                if n in self._covers:
                    covered.update(range(at - reach, at + reach + 1))
                else:
                    met.append(Met(n, at, places))
        if covered:
            met = [one for one in met if one.begins not in covered]
        return list({one.rule: one for one in reversed(met)}.values())[::-1]

    def _fit(self, n: int, at: int, words: Sequence[str], at_places: Mapping[int, int]) -> tuple[int, ...] | None:
        """Places of the words of a rule that begins at a place; None if something is missing or cancels it."""
        _, before, near, after, unless, within, negated = self._parts[n]
        if at and not negated and words[at - 1] in NEGATIONS:
            return None
        nearby = (*range(max(0, at - within), at), *range(at + 1, at + within + 1))
        around = [(place, at_places[place]) for place in nearby if place in at_places]
        if any(groups >> unless & 1 for _, groups in around):
            return None
        places = [at]
        for wanted, first, last in ((before, 0, at - 1), (near, 0, len(words)), (after, at + 1, len(words))):
            for group in wanted:
                fitting = [
                    place
                    for place, groups in around
                    if groups >> group & 1 and first <= place <= last and place not in places
                ]
                if not fitting:
                    return None
                places.append(min(fitting, key=lambda place: abs(place - at)))
        return tuple(sorted(places))
