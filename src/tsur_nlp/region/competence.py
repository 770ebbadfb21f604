"""Who answers for what and where: the competence matrix of a region.

    topic × place × channel × condition → bodies with their shares

Rules come from competence.csv. The most specific one decides: by a condition on the place, then by channel, by place
(a territory before one around it, then a kind of territory), by topic before group. Where no rule speaks, the
catalogue's roles do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.decision.reasons import Reason
from tsur_nlp.model.features import Floats
from tsur_nlp.region.region import Authority, Region
from tsur_nlp.region.rule import CONDITIONS, Rule

KEPT_TABLES = 2_000
USUAL = 0.85
MOST_ANSWERS = 4
"""Bodies kept for one topic at one place, the likeliest ones."""


class Cell(NamedTuple):
    """Who answers for a topic at a place: bodies with shares, best first, and by which step of the resolution.

    `steps`: code of a body → the step, with what the table says of this body; the first one's is `step`.
    """

    answers: tuple[tuple[Authority, float], ...]
    steps: Mapping[str, Reason]

    @property
    def step(self) -> Reason:
        return next(iter(self.steps.values()))


@dataclass(frozen=True)
class Table:
    """The matrix at one place: `bodies` int32 (n_topics, MOST_ANSWERS), positions in `CompetenceMatrix.bodies` or -1;
    `shares` float32 of the same shape; of each topic, `steps`: a reason by the code of its body, the likeliest first,
    at least one; `answers`: codes of its bodies."""

    bodies: NDArray[np.int32]
    shares: Floats
    steps: tuple[Mapping[str, Reason], ...]
    answers: tuple[frozenset[str], ...]


class _Case(NamedTuple):
    """What rules are chosen by. `around`: a place and all around it → how deep each lies."""

    territory: str
    around: Mapping[str, int]
    kind: str
    channel: str
    conditions: frozenset[str]


class CompetenceMatrix:
    """The rules of a region, resolved for a place when first asked.

    `topics`: codes in the order of the rows of its tables; `bodies`: every body that may be named, by
    position: institutions only where a rule names them.
    """

    def __init__(self, region: Region, topics: Iterable[str]):
        self.region = region
        self.topics = tuple(topics)
        named = {name for rule in region.competence for name, _ in rule.answers}
        self.bodies: tuple[Authority, ...] = tuple(
            body for body in region.authorities.values() if not body.kind or body.code in named
        )
        self.position = {body.code: n for n, body in enumerate(self.bodies)}
        self._rules: dict[str, list[Rule]] = {}
        for rule in region.competence:
            self._rules.setdefault(rule.topic, []).append(rule)
        ruled = {rule.territory for rule in region.competence if rule.territory}
        self._kinds = {rule.kind for rule in region.competence if rule.kind}
        self._channels = {rule.channel for rule in region.competence if rule.channel}
        self._conditions = {rule.condition for rule in region.competence if rule.condition}
        self._asking: dict[str, set[str]] = {}
        """Channel or condition → topics and groups with rules that ask for it."""
        for rule in region.competence:
            for need in filter(None, (rule.channel, rule.condition)):
                self._asking.setdefault(need, set()).add(rule.topic)
        known = region.catalog.topics
        self._groups = tuple(known[topic].group if topic in known else "" for topic in self.topics)
        self._own = ruled | {body.territory for body in self.bodies if not body.kind}
        self._tables: dict[tuple[str, str, frozenset[str]], Table] = {}

    def anchor(self, territory: str) -> str:
        """The nearest place around a territory, itself included, that has rules or bodies of its own.

        Thousands of villages share the table of their municipality.
        """
        for place in self.region.around(territory):
            if place in self._own or self.region.territories[place].kind in self._kinds:
                return place
        return self.region.root

    def at(self, territory: str, channel: str = "", conditions: frozenset[str] = frozenset()) -> Table:
        """The matrix at a place, for a channel and with what is known of the place."""
        key = (
            self.anchor(territory),
            channel if channel in self._channels else "",
            conditions & self._conditions if conditions else conditions,
        )
        table = self._tables.get(key)
        if table is None:
            if len(self._tables) >= KEPT_TABLES:
                self._tables.clear()
            table = self._tables[key] = self._resolve_all(*key)
        return table

    def _resolve_all(self, territory: str, channel: str, conditions: frozenset[str]) -> Table:
        case = self._case(territory, channel, conditions)
        count = len(self.topics)
        rows: Sequence[int] = range(count)
        steps: list[Mapping[str, Reason]] = [{}] * count
        named: list[frozenset[str]] = [frozenset()] * count
        bodies, shares = np.full((count, MOST_ANSWERS), -1, np.int32), np.zeros((count, MOST_ANSWERS), np.float32)
        if channel or conditions:
            # Few topics have rules of a channel or a condition: the others are answered for as usual.
            usual = self.at(territory)
            asking = self._asking.get(channel, set()).union(*(self._asking.get(one, ()) for one in conditions))
            rows = [row for row in rows if not asking.isdisjoint((self.topics[row], self._groups[row]))]
            steps, named, bodies, shares = (
                list(usual.steps),
                list(usual.answers),
                usual.bodies.copy(),
                usual.shares.copy(),
            )
            bodies[rows], shares[rows] = -1, 0
        for row in rows:
            answers, steps[row] = self._cell(self.topics[row], case)
            named[row] = frozenset([body.code for body, _ in answers])
            for column, (body, share) in enumerate(answers[:MOST_ANSWERS]):
                bodies[row, column], shares[row, column] = self.position[body.code], share
        return Table(bodies, shares, tuple(steps), tuple(named))

    def _rules_of(self, topic: str) -> Iterator[Rule]:
        """Rules of a topic of the catalogue, then of its group."""
        if known := self.region.catalog.topics.get(topic):
            yield from self._rules.get(topic, ())
            yield from self._rules.get(known.group, ())

    def _case(self, territory: str, channel: str, conditions: frozenset[str]) -> _Case:
        around = {place: depth for depth, place in enumerate(reversed(list(self.region.around(territory))), 1)}
        return _Case(territory, around, self.region.territories[territory].kind, channel, conditions)

    def cell(self, topic: str, territory: str, channel: str = "", conditions: frozenset[str] = frozenset()) -> Cell:
        """Who answers for one topic at a place. No bodies for a topic outside the catalogue."""
        return self._cell(topic, self._case(territory, channel, conditions))

    def _cell(self, topic: str, case: _Case) -> Cell:
        known = self.region.catalog.topics.get(topic)
        if known is None:
            return Cell((), {"": Reason("matrix_none")})
        fitting = [rule for rule in self._rules_of(topic) if _fits(rule, case)]
        for rule in sorted(fitting, key=lambda rule: _rank(rule, case.around, topic), reverse=True):
            if answers := self._bodies(rule.answers, case.territory):
                return Cell(answers, self._steps(rule, answers, case, topic))
        return Cell(self._bodies(_usual(known.roles), case.territory), {"": Reason("matrix_catalog")})

    def _steps(
        self, rule: Rule, answers: Sequence[tuple[Authority, float]], case: _Case, topic: str
    ) -> Mapping[str, Reason]:
        """The reason of each body that a rule names: what the table says of its weightiest row."""
        said: dict[str, str] = {}
        whys = rule.whys or (rule.note or rule.source,) * len(rule.answers)
        for (name, _), why in sorted(zip(rule.answers, whys, strict=True), key=lambda pair: -pair[0][1]):
            body = self._body(name, case.territory)
            if body is not None:
                said.setdefault(body.code, why)
        return {body.code: _step(rule, said[body.code], case.around, topic, self.region) for body, _ in answers}

    def _bodies(self, answers: Iterable[tuple[str, float]], territory: str) -> tuple[tuple[Authority, float], ...]:
        """Roles and codes as bodies at a place; shares of one body add up, and of those known sum to 1."""
        found: dict[str, float] = {}
        for name, share in answers:
            body = self._body(name, territory)
            if body is not None:
                found[body.code] = found.get(body.code, 0.0) + share
        total = sum(found.values())
        ranked = sorted(found.items(), key=lambda item: -item[1])
        return tuple((self.region.authorities[code], share / total) for code, share in ranked if share > 0)

    def _body(self, name: str, territory: str) -> Authority | None:
        if name in self.region.catalog.roles:
            return self.region.resolve(name, territory)
        return self.region.confirmed(self.region.authorities[name])


def _usual(roles: Sequence[str]) -> list[tuple[str, float]]:
    """Roles of the catalogue: the first one answers nearly always, the others share what is left."""
    rest = len(roles) - 1
    if not rest:
        return [(roles[0], 1.0)]
    return [(role, (1 - USUAL) / rest if n else USUAL) for n, role in enumerate(roles)]


def _fits(rule: Rule, case: _Case) -> bool:
    return (
        (not rule.territory or rule.territory in case.around)
        and (not rule.kind or rule.kind == case.kind)
        and (not rule.channel or rule.channel == case.channel)
        and (not rule.condition or rule.condition in case.conditions)
    )


def _rank(rule: Rule, around: Mapping[str, int], topic: str) -> tuple[int, ...]:
    """How specific a rule is, the weightiest first."""
    condition = len(CONDITIONS) - CONDITIONS.index(rule.condition) if rule.condition else 0
    return condition, bool(rule.channel), around.get(rule.territory, 0), bool(rule.kind), rule.topic == topic


def _step(rule: Rule, why: str, around: Mapping[str, int], topic: str, region: Region) -> Reason:
    """Which step of the resolution a rule is, with what the table says of it."""
    why = why or "без пояснения"
    if rule.condition:
        return Reason(f"matrix_{rule.condition}", (why,))
    if rule.topic != topic:
        return Reason("matrix_group", (why,))
    if not rule.territory:
        return Reason("matrix_topic", (why,))
    here = around[rule.territory] == len(around)
    title = region.territories[rule.territory].title
    return Reason("matrix_here" if here else "matrix_around", (title, why))
