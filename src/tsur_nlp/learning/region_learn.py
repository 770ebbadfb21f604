"""Rows of competence.csv proposed from past messages, for a person to accept.

A body that answered is told as the role it plays, so that one row serves every municipality: a role explains a
message if it resolves to the body that answered, at the place of the message. Roles that explain most come first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tsur_nlp.learning.region_past import Answered, Past
from tsur_nlp.region.competence import CompetenceMatrix
from tsur_nlp.region.region import Region

LEAST = 3.0
"""Messages of a topic below which nothing is proposed."""
LEAST_AT_PLACE = 8.0
"""Messages at one place below which it gets no rows of its own."""
LEAST_OF_ROLE = 2.0
LEAST_SHARE = 0.1
"""A role below this share of a topic's messages is left out as noise."""
SHOWN = 3
"""Bodies named among the conflicts of a row."""
COLUMNS = (
    "topics", "roles", "authority", "share", "territory", "kind", "channel", "condition", "note", "source",
    "confirmed", "messages", "agreement", "conflicts",
)  # fmt: skip
"""Those of competence.csv, then what speaks for the row: accepted rows may be pasted as they are."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A row of competence.csv for one topic, with what speaks for it.

    `role` or else `authority` is named; `share`: of the messages that the topic's rows explain; `messages`: explained
    by this row; `agreement`: share of all messages of the topic at this place that its rows explain; `conflicts`:
    bodies that answered otherwise, with counts.
    """

    topic: str
    role: str
    authority: str
    share: float
    territory: str
    messages: float
    agreement: float
    conflicts: str

    def cells(self, source: str) -> tuple[object, ...]:
        """Cells in the order of COLUMNS."""
        return (
            self.topic, self.role, self.authority, f"{self.share:.2f}".replace(".", ","), self.territory, "", "", "",
            f"Из прошлых сообщений: {self.messages:.0f}", source, "no", round(self.messages, 1),
            round(self.agreement, 2), self.conflicts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The past named another body than the matrix does. `territory` is "" where the past does not tell the place."""

    topic: str
    territory: str
    seen: str
    messages: int
    of: int
    expected: str


def proposals(past: Past, region: Region, least: float = LEAST) -> Iterator[Proposal]:
    """Rows for every topic with enough messages, in the order of the catalogue; then those of places that differ."""
    for topic in region.catalog.topics:
        counts = past.counts.get(topic, {})
        if sum(counts.values()) < least:
            continue
        everywhere = _Explanation(region, topic, counts)
        yield from everywhere.rows("")
        for place in _with_departments(region, counts):
            there = {key: count for key, count in counts.items() if key[0] and region.inside(key[0], place)}
            here = _Explanation(region, topic, there)
            if here.total >= LEAST_AT_PLACE and here.first != everywhere.first:
                yield from here.rows(place)


def disagreements(past: Past, region: Region, least: float = LEAST) -> Iterator[Disagreement]:
    """Topics at places where the body that answered most is not the one that the matrix names first."""
    matrix = CompetenceMatrix(region, region.catalog.topics)
    for topic, counts in past.counts.items():
        by_place: dict[str, Counter[str]] = {}
        for (place, body), count in counts.items():
            by_place.setdefault(place, Counter())[body] += count  # type: ignore[assignment]
        for place, bodies in by_place.items():
            [(seen, count)] = bodies.most_common(1)
            answers = matrix.cell(topic, place or region.capital).answers
            expected = answers[0][0] if answers else None
            if count >= least and (expected is None or expected.code != seen):
                yield Disagreement(
                    topic, place, region.authorities[seen].title, round(count), round(sum(bodies.values())),
                    expected.title if expected else "никто",
                )  # fmt: skip


def _with_departments(region: Region, counts: Mapping[Answered, float]) -> list[str]:
    """Municipalities with messages that have departments: elsewhere one administration answers for all."""
    bodies = Counter(
        body.territory for body in region.authorities.values() if body.level == "municipal" and not body.kind
    )
    seen = {place for territory, _ in counts if territory for place in region.around(territory)}
    return [code for code in region.territories if code in seen and bodies[code] > 1]


class _Explanation:
    """Roles (or bodies that have none) that explain the answers for a topic, the one that explains most first.

    A role explains an answer if it resolves to the body that answered at that place. One that adds less than
    LEAST_SHARE of all, or a single message, is noise.
    """

    def __init__(self, region: Region, topic: str, counts: Mapping[Answered, float]):
        self._region, self._topic = region, topic
        self.total = sum(counts.values())
        usual = region.catalog.topics[topic].roles
        roles = dict.fromkeys((*usual, *(role for _, body in counts for role in region.authorities[body].roles)))
        named = {key: self._names(tuple(roles), *key) for key in counts}
        order = {name: n for n, name in enumerate(roles)}
        chosen: list[str] = []
        left = dict(counts)
        while left:
            sums: Counter[str] = Counter()
            for key, count in left.items():
                for name in named[key]:
                    sums[name] += count  # type: ignore[assignment]
            name, count = min(sums.items(), key=lambda item: (-item[1], order.get(item[0], len(order)), item[0]))
            if chosen and count < max(LEAST_SHARE * self.total, LEAST_OF_ROLE):
                break
            chosen.append(name)
            left = {key: n for key, n in left.items() if name not in named[key]}
        self._unexplained = left
        self.found = self._shared({key: [one for one in chosen if one in named[key]] for key in counts}, counts, chosen)

    @staticmethod
    def _shared(
        named: Mapping[Answered, list[str]], counts: Mapping[Answered, float], chosen: list[str]
    ) -> list[tuple[str, float]]:
        """Chosen names and their messages, the most first.

        Where one administration plays all the roles, an answer says nothing of which: it is shared as the other
        answers are.
        """
        told = dict.fromkeys(chosen, 0.0)
        for key, names in named.items():
            if len(names) == 1:
                told[names[0]] += counts[key]
        found = dict(told)
        for key, names in named.items():
            if len(names) > 1:
                weights = [told[name] for name in names]
                if not sum(weights):
                    weights = [1.0, *[0.0] * (len(names) - 1)]
                for name, weight in zip(names, weights, strict=True):
                    found[name] += counts[key] * weight / sum(weights)
        return sorted(((name, count) for name, count in found.items() if count > 0), key=lambda item: -item[1])

    @property
    def first(self) -> str:
        return self.found[0][0] if self.found else ""

    def rows(self, territory: str) -> Iterator[Proposal]:
        explained = sum(count for _, count in self.found)
        others: Counter[str] = Counter()
        for (_, body), count in self._unexplained.items():
            others[self._region.authorities[body].title] += count  # type: ignore[assignment]
        conflicts = "; ".join(f"{title} {count:.0f}" for title, count in others.most_common(SHOWN) if count >= 1)
        shares = _two_digits([count / explained for _, count in self.found])
        for (name, count), share in zip(self.found, shares, strict=True):
            role = name if name in self._region.catalog.roles else ""
            body = "" if role else name
            yield Proposal(self._topic, role, body, share, territory, count, explained / self.total, conflicts)

    def _names(self, roles: tuple[str, ...], place: str, body: str) -> tuple[str, ...]:
        at = place or self._region.authorities[body].territory
        fitting = []
        for role in roles:
            resolved = self._region.resolve(role, at)
            if resolved is not None and resolved.code == body:
                fitting.append(role)
        return tuple(fitting) or (body,)


def _two_digits(shares: list[float]) -> list[float]:
    """Shares as people type them, whose sum is still 1: the first takes what rounding leaves."""
    rounded = [round(share, 2) for share in shares]
    return [round(1 - sum(rounded[1:]), 2), *rounded[1:]]
