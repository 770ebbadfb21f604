"""Whether two messages are about one thing: the place they name, the topic they have, the words they share."""

from enum import IntEnum
from math import sqrt

from tsur_nlp.incidents.signature import Signature


class Place(IntEnum):
    """How the places of two messages relate, the closest last."""

    CONFLICT = 0
    UNKNOWN = 1
    AREA = 2
    NAME = 3
    EXACT = 4


class Topic(IntEnum):
    """How the topics relate: nothing in common, one group or body, one among the likely ones of the other, the same,
    the same and both sure."""

    OTHER = 0
    NEAR = 1
    LIKELY = 2
    SAME = 3
    SURE = 4


NEEDED = {
    Place.EXACT: {Topic.SURE: 0.0, Topic.SAME: 0.01, Topic.LIKELY: 0.01, Topic.NEAR: 0.08, Topic.OTHER: 0.15},
    Place.NAME: {Topic.SURE: 0.01, Topic.SAME: 0.01, Topic.LIKELY: 0.05, Topic.NEAR: 0.12, Topic.OTHER: 0.2},
    Place.AREA: {Topic.SURE: 0.12, Topic.SAME: 0.12, Topic.LIKELY: 0.15, Topic.NEAR: 0.2, Topic.OTHER: 0.4},
    Place.UNKNOWN: {Topic.SURE: 0.7, Topic.SAME: 0.7, Topic.LIKELY: 0.7, Topic.NEAR: 0.7, Topic.OTHER: 0.8},
}
"""The likeness of words from which two messages are about one thing; chosen on the tuning half of
benchmarks/incidents.csv. Messages whose places contradict each other never are."""


TOPIC_COUNTS, PLACE_COUNTS = 0.1, 0.05
"""Among several incidents, what a nearer topic and place count beside shared words."""


def likeness(one: Signature, other: Signature, place: Place) -> float:
    """How sure two messages are about one thing, their places being so related: 0 if they are not."""
    if place is Place.CONFLICT:
        return 0.0
    topic = topic_relation(one, other)
    shared = words_shared(one.lemmas, other.lemmas)
    return (
        shared + TOPIC_COUNTS * min(topic, Topic.SAME) + PLACE_COUNTS * place if shared >= NEEDED[place][topic] else 0.0
    )


def words_shared(one: frozenset[int], other: frozenset[int]) -> float:
    """The cosine of two sets of words, 0 … 1."""
    common = len(one & other)
    return common / sqrt(len(one) * len(other)) if common else 0.0


def topic_relation(one: Signature, other: Signature) -> Topic:
    """How near the topics of two messages are."""
    if one.topic and one.topic == other.topic:
        return Topic.SURE if one.sure and other.sure else Topic.SAME
    if one.topics & other.topics:
        return Topic.LIKELY
    if (one.group and one.group == other.group) or (one.authority and one.authority == other.authority):
        return Topic.NEAR
    return Topic.OTHER


def place_relation(one: Signature, other: Signature) -> Place:
    """What is most exact decides; two houses of a street, two schools, two streets are two places."""
    if one.houses & other.houses:
        return Place.EXACT
    if one.streets & other.streets:
        return Place.CONFLICT if one.houses and other.houses else Place.EXACT
    if one.numbered & other.numbered:
        return Place.EXACT
    if one.names & other.names or one.names & other.areas or one.areas & other.names:
        return Place.NAME
    if (one.kinds & other.kinds) or (one.names and other.names) or (one.streets and other.streets):
        return Place.CONFLICT
    if one.territory and other.territory:
        return Place.AREA if one.territory == other.territory else Place.CONFLICT
    if (one.names or one.areas) and (other.names or other.areas):
        return Place.AREA if one.areas & other.areas else Place.CONFLICT
    return Place.UNKNOWN
