"""Rules of words that must meet: a table a non-programmer edits, and the engine that finds them in a text.

A row of such a table says what begins it (`word`) and what must stand no further than `within` words from that word:
`before` it, `after` it, `near` it on either side; `unless` cancels it there. A cell is groups joined by «+», all of
which must be met; a group is words joined by «|», any of which will do. A word is a dictionary form («пахнуть») or a
form as it is written («горим»); «=» before it is that form alone («=жить»); «*» at its end is any ending («задыха*»).
"""

from collections.abc import Sequence
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
        # Forms of the words of each group that were met so far.
        self._forms: dict[Group, set[str]] = {}
        self._parts = [
            (
                rule.within,
                tuple(map(self._forms_of, (*rule.near, *rule.before, *rule.after))),
                tuple(map(self._forms_of, rule.before)),
                tuple(map(self._forms_of, rule.near)),
                tuple(map(self._forms_of, rule.after)),
                self._forms_of(rule.unless),
                rule.negated,
            )
            for rule in rules
        ]
        self._exact: dict[str, list[Group]] = {}
        self._prefixes: list[tuple[str, Group]] = []
        for group in {**dict.fromkeys(rule.begins for rule in rules), **self._forms}:
            for word in group:
                if word.endswith("*"):
                    self._prefixes.append((word[:-1], group))
                else:
                    self._exact.setdefault(word, []).append(group)
        self._raising: dict[Group, list[int]] = {}
        self._covering: dict[Group, list[int]] = {}
        for n, rule in enumerate(rules):
            (self._covering if n in covers else self._raising).setdefault(rule.begins, []).append(n)
        # What was learned: word → rules that begin with it.
        self._raised: dict[str, tuple[int, ...]] = {}
        self._covered: dict[str, tuple[int, ...]] = {}

    def _forms_of(self, group: Group) -> set[str]:
        return self._forms.setdefault(group, set())

    def learn(self, word: str, lemma: str) -> bool:
        """Note a normalised word with its lemma; whether a rule that raises something begins with it."""
        met = {*self._exact.get(word, ()), *self._exact.get(f"={word}", ()), *self._exact.get(lemma, ())}
        met.update(group for prefix, group in self._prefixes if word.startswith(prefix))
        for group in met:
            if group in self._forms:
                self._forms[group].add(word)
        for begun, begins in ((self._raised, self._raising), (self._covered, self._covering)):
            if rules := sorted(n for group in met for n in begins.get(group, ())):
                begun[word] = tuple(rules)
        return word in self._raised

    def found(self, words: Sequence[str], places: Sequence[int]) -> list[Met]:
        """Rules met in normalised words that were all learned, by the order of the table, each once.

        `places`: of those words that `learn` answered yes for.
        """
        met = [
            Met(n, at, fitting)
            for at in places
            for n in self._raised[words[at]]
            if (fitting := self._fit(n, at, words)) is not None
        ]
        first: dict[int, Met] = {}
        for one in met:
            if one.rule not in first and not self._is_covered(one.begins, words):
                first[one.rule] = one
        return sorted(first.values())

    def _is_covered(self, at: int, words: Sequence[str]) -> bool:
        """Whether a rule that raises nothing begins within its reach of a place."""
        start = max(0, at - FARTHEST)
        for place, word in enumerate(words[start : at + FARTHEST + 1], start):
            for n in self._covered.get(word, ()):
                if abs(place - at) <= self._parts[n][0] and self._fit(n, place, words) is not None:
                    return True
        return False

    def _fit(self, n: int, at: int, words: Sequence[str]) -> tuple[int, ...] | None:
        """Places of the words of a rule that begins at a place; None if something is missing or cancels it."""
        within, needed, before, near, after, unless, negated = self._parts[n]
        start = at - within if at > within else 0
        window = words[start : at + within + 1]
        # Most rules lack a word: they cost no more than this.
        for forms in needed:
            if forms.isdisjoint(window):
                return None
        left, right = words[start:at], words[at + 1 : at + within + 1]
        if not (unless.isdisjoint(left) and unless.isdisjoint(right)):
            return None
        if left and not negated and left[-1] in NEGATIONS:
            return None
        places = [at]
        sides = (range(start, at), range(at + 1, at + 1 + len(right)))
        for wanted, allowed in ((before, sides[:1]), (near, sides), (after, sides[1:])):
            for forms in wanted:
                fitting = [place for side in allowed for place in side if words[place] in forms and place not in places]
                if not fitting:
                    return None
                places.append(min(fitting, key=lambda place: abs(place - at)))
        return tuple(sorted(places))
