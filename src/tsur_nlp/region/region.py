"""A region: who answers for what and where. Roles at a place become bodies, names and accounts are looked up."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from tsur_nlp.catalog.topics import Catalog, Level
from tsur_nlp.catalog.vulnerable import VulnerableGroup
from tsur_nlp.region.deadlines import Deadline, WorkingTime
from tsur_nlp.region.host_places import HostPlaces
from tsur_nlp.region.institutions import Institutions
from tsur_nlp.region.place_tables import Road, Settlement
from tsur_nlp.region.rule import Rule
from tsur_nlp.region.territory import Territory
from tsur_nlp.text.labels import label_key


@dataclass(frozen=True, slots=True)
class Authority:
    """A body that answers. `territory`: where; `parent`: whom it belongs to.

    `confirmed`: its name was found in a public source; if not, its parent answers for it.
    `kind`: of an institution, a code of institution_kinds.csv; `number`, `names`: how texts call it. The `names` of
    other bodies are their former titles.
    """

    code: str
    title: str
    short_title: str
    level: Level
    roles: tuple[str, ...]
    territory: str
    parent: str
    confirmed: bool
    kind: str = ""
    number: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Street:
    """A street and the territories it runs through; several leave the place open."""

    name: str
    territories: tuple[str, ...]


@dataclass(frozen=True)
class Region:
    """A loaded pack. Mappings are by code, accounts by bare address (see `account_key`).

    `authorities` hold institutions too. `competence`: the rules of its matrix (competence.py).
    `deadlines`: norms of a channel, each step of it in the order of the table. `unofficial`: accounts whose owner is
    not confirmed: it is shown, and nothing is redirected automatically. `vulnerable`: groups of people that count here,
    by code; None for all of the catalogue.
    """

    title: str
    root: str
    capital: str
    capital_share: float
    territories: Mapping[str, Territory]
    authorities: Mapping[str, Authority]
    streets: tuple[Street, ...]
    competence: tuple[Rule, ...]
    accounts: Mapping[str, str]
    deadlines: Mapping[str, tuple[Deadline, ...]]
    working_time: WorkingTime
    catalog: Catalog
    unofficial: frozenset[str] = frozenset()
    settlements: tuple[Settlement, ...] = ()
    roads: tuple[Road, ...] = ()
    outlines: bytes | None = None
    vulnerable: Mapping[str, VulnerableGroup] | None = None

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], Authority]:
        """(role, territory) → the first body of the table that has them."""
        table: dict[tuple[str, str], Authority] = {}
        for authority in self.authorities.values():
            for role in () if authority.kind else authority.roles:
                table.setdefault((role, authority.territory), authority)
        return table

    @cached_property
    def host_places(self) -> HostPlaces:
        """How host systems may call the places of the region."""
        return HostPlaces(self.title, self.root, self.territories.values(), self.settlements)

    @cached_property
    def _authority_names(self) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for authority in self.authorities.values():
            for name in (authority.code, authority.title, authority.short_title):
                names.setdefault(label_key(name), authority.code)
        for authority in self.authorities.values():
            for name in () if authority.kind else authority.names:
                names.setdefault(label_key(name), authority.code)
        return names

    def territory_named(self, name: str) -> Territory | None:
        """A territory by code, title, alias or OKTMO, as a host system may write it; None if it may be several."""
        codes = self.host_places.find(name).codes
        return self.territories[codes[0]] if len(codes) == 1 else None

    def authority_named(self, name: str) -> Authority | None:
        """A body by code, title, short title or a former one."""
        code = self._authority_names.get(label_key(name))
        return self.authorities[code] if code else None

    def owner_of(self, account: str) -> Authority | None:
        """The body on whose account a message was left; None if the account is not in the table."""
        code = self.accounts.get(account_key(account))
        return self.authorities[code] if code else None

    def is_official(self, account: str) -> bool:
        """Whether an account of the table is confirmed as its owner's."""
        return account_key(account) not in self.unofficial

    @cached_property
    def institutions(self) -> Institutions:
        """The institutions of the region, ready to be found in texts."""
        return Institutions(
            self.catalog.institution_kinds,
            ((one.code, one.kind, one.number, one.names) for one in self.authorities.values() if one.kind),
        )

    def steps_due(self, channel: str, topic: str, written: datetime, urgent: bool = False) -> dict[str, datetime]:
        """When each step of a known channel is due for a topic; `urgent`: by the norms of high importance."""
        return self.working_time.steps(self.deadlines[channel], topic, written, urgent)

    def around(self, territory: str) -> Iterator[str]:
        """Codes of a territory and of all around it, the smallest first."""
        while territory:
            yield territory
            territory = self.territories[territory].parent

    def inside(self, territory: str, around: str) -> bool:
        """Whether a territory is another one or lies within it."""
        return around in self.around(territory)

    def near(self, territory: str, other: str) -> bool:
        """Whether one of two territories lies within the other."""
        return self.inside(territory, other) or self.inside(other, territory)

    def resolve(self, role: str, territory: str) -> Authority | None:
        """The body that plays a role at a place: there, in the places around it, else by the role's fallback.

        Any body may be named by its code or title instead of a role. An unconfirmed body hands over to its parent.
        """
        key = (role, territory)
        if key not in self._resolved:
            known = role in self.catalog.roles
            self._resolved[key] = self._resolve(role, territory) if known else self.authority_named(role)
        return self._resolved[key]

    @cached_property
    def _resolved(self) -> dict[tuple[str, str], Authority | None]:
        return {}

    def _resolve(self, role: str, territory: str) -> Authority | None:
        seen: set[str] = set()
        while role and role not in seen:
            seen.add(role)
            for place in self.around(territory):
                if authority := self._by_place.get((role, place)):
                    return self.confirmed(authority)
            role = self.catalog.roles[role].fallback
        return None

    def confirmed(self, authority: Authority) -> Authority:
        """The body itself, or the nearest above it whose name is confirmed."""
        while not authority.confirmed and authority.parent:
            authority = self.authorities[authority.parent]
        return authority

    @cached_property
    def local_roles(self) -> frozenset[str]:
        """Roles whose body depends on the place within the region."""
        return frozenset(code for code, role in self.catalog.roles.items() if role.level == "municipal")


def account_key(address: str) -> str:
    """`https://vk.com/club1`, `vk.com/club1`, `@club1`, `club1` → `club1`: what the accounts are compared by."""
    bare = re.sub(r"\A(?:https?://)?(?:www\.|m\.)?(?:vk\.com|vk\.ru|t\.me|ok\.ru|ok\.ru/group)/", "", address.strip())
    return bare.strip("@/ ").lower()
