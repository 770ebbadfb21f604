"""Who answers: the probability of a body is the sum of what the matrix gives it of the likely topics.

P(body) = Σ over topics of P(topic) · share of the body in the matrix at the place
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.catalog.channels import channel_code
from tsur_nlp.catalog.topics import Catalog
from tsur_nlp.model.calibration import within
from tsur_nlp.model.classifier import AppealModel, likeliest
from tsur_nlp.pipeline.block import SHOWN, Block, Candidates
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.promise import Promise
from tsur_nlp.region.competence import CompetenceMatrix, Table
from tsur_nlp.region.locator import Place
from tsur_nlp.region.region import Authority, Region

Numbers = NDArray[np.int64]
Shares = NDArray[np.float64]


def with_first(first: Authority, share: float, others: Candidates) -> Candidates:
    """Candidates with one moved or put to the front."""
    return [(first, share), *((body, part) for body, part in others if body.code != first.code)][:SHOWN]


def same_field(body: Authority, other: Authority) -> bool:
    """Whether two bodies have a role in common."""
    return bool(set(body.roles) & set(other.roles))


class AuthorityComponent(Component):
    """Bodies by the matrix of the region.

    Labels of a user's own table that are not topics of the catalogue leave their share to the authorities that the
    model learned from that table.
    """

    name = "authority"
    requires = ("topics", "topic_shares", "places", "settings", "institutions", "label_shares")
    assigns = ("bodies", "tables")
    always = True

    def __init__(self, region: Region, matrix: CompetenceMatrix, labels: Sequence[str], promise: Promise | None):
        """`labels`: the authorities of a model of one's own, () where the matrix knows all topics."""
        self._region = region
        self._matrix = matrix
        self._labels = labels
        self._promise = promise
        local = region.local_roles
        self._wide = np.array(
            [body.level not in ("municipal", "institution") and local.isdisjoint(body.roles) for body in matrix.bodies]
        )
        self._in_catalog = np.array([topic in region.catalog.topics for topic in matrix.topics])

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        members = [row for row in rows if block.places[row] is not None]
        if not members:
            return
        bodies, parts = self._parts(block, members, self._tables(block, members))
        count = len(self._matrix.bodies)
        flat = np.arange(len(members))[:, None] * (count + 1) + np.where(bodies < 0, count, bodies)
        sums = np.bincount(flat.ravel(), parts.ravel(), len(members) * (count + 1)).reshape(len(members), -1)[:, :count]
        places = [cast(Place, block.places[row]) for row in members]
        known = np.array([place.known for place in places])
        trusted = np.where(known[:, None] | self._wide, 1.0, self._region.capital_share)
        ranked, weighed = likeliest(sums * trusted, SHOWN)
        trusted = trusted[np.arange(len(members))[:, None], ranked]
        shown = self._believed(places, weighed / trusted) * trusted
        every, answering = self._matrix.bodies, np.add.reduce(weighed > 0, axis=1).tolist()
        for row, count, positions, shares in zip(members, answering, ranked.tolist(), shown.tolist(), strict=True):
            block.bodies[row] = [*zip([every[at] for at in positions[:count]], shares, strict=False)]
            institution = block.institutions[row]
            if institution is not None and count:
                block.bodies[row] = self._at_institution(institution, block.bodies[row])

    def _tables(self, block: Block, members: list[int]) -> tuple[list[Table], Numbers]:
        """The different tables of the matrix that rows need, and which of them each row does."""
        tables: dict[int, tuple[int, Table]] = {}
        which = []
        for row in members:
            place, channel = block.places[row], block.appeals[row].channel
            assert place is not None
            table = self._matrix.at(place.territory, channel_code(channel) if channel else "", block.settings[row])
            block.tables[row] = table
            which.append(tables.setdefault(id(table), (len(tables), table))[0])
        return [table for _, table in tables.values()], np.array(which, np.int64)

    def _parts(self, block: Block, members: list[int], tables: tuple[list[Table], Numbers]) -> tuple[Numbers, Shares]:
        """Positions of bodies, -1 for none, and what each topic or label adds to them, each (n_members, k)."""
        at, which = np.array(members), tables[1][:, None]
        topics, shares = block.topics[at], block.topic_shares[at].astype(np.float64)
        if len(tables[0]) == 1:
            bodies, given = tables[0][0].bodies[topics], tables[0][0].shares[topics]
        else:
            bodies = np.stack([table.bodies for table in tables[0]])[which, topics]
            given = np.stack([table.shares for table in tables[0]])[which, topics]
        bodies = bodies.reshape(len(at), -1)
        parts = (given * shares[:, :, None]).reshape(len(at), -1)
        if not self._labels:
            return bodies, parts
        labels, chances = block.label_shares[0][at], block.label_shares[1][at]
        left = 1 - np.where(self._in_catalog[topics], shares, 0).sum(axis=1)
        position = self._matrix.position
        named = np.full(labels.shape, -1, np.int64)
        for n, row in enumerate(members):
            place = block.places[row]
            for m, label in enumerate(labels[n].tolist()):
                body = self._region.resolve(self._labels[label], place.territory) if place else None
                named[n, m] = position.get(body.code, -1) if body else -1
        return np.hstack([bodies, named]), np.hstack([parts, chances * left[:, None]])

    def _believed(self, places: Sequence[Place], sums: Shares) -> Shares:
        """Sums as confidence: the likeliest body's calibrated, the others sharing what it leaves."""
        if self._promise is None:
            return sums
        territories = self._region.territories
        kinds = [territories[place.territory].kind if place.known else "" for place in places]
        top = within(sums[:, 0])
        believed = np.empty(len(top))
        for kind in dict.fromkeys(kinds):
            of_kind = [n for n, own in enumerate(kinds) if own == kind]
            believed[of_kind] = self._promise.of(kind).believed(top[of_kind])
        shown = sums * ((1 - believed) / (1 - top))[:, None]
        shown[:, 0] = believed
        return np.asarray(np.minimum(shown, believed[:, None]))

    def _at_institution(self, institution: Authority, bodies: Candidates) -> Candidates:
        """The institution first, if the matter is of its field; its parent, if it is not confirmed."""
        likeliest, share = bodies[0]
        if likeliest.code != institution.parent and not same_field(institution, likeliest):
            return bodies
        return with_first(self._region.confirmed(institution), share, bodies)


class LabelComponent(Component):
    """Without a region: the authorities of the model's own table, or roles as the model names them."""

    name = "authority"
    requires = ("label_shares",)
    assigns = ("labels",)
    always = True

    def __init__(self, model: AppealModel, catalog: Catalog):
        titles = {code: role.title for code, role in catalog.roles.items()} if model.roles else {}
        labels = model.heads["authority"].labels if "authority" in model.heads else ()
        self._named = [(label, titles.get(label, label)) for label in labels]

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        if not self._named:
            return
        positions, shares = (ranked[:, :SHOWN].tolist() for ranked in block.label_shares)
        for row in rows:
            ranked = zip(positions[row], shares[row], strict=True)
            block.labels[row] = [(*self._named[label], share) for label, share in ranked]
