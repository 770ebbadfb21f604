"""How the matrix is written for people: titles of columns, and who answers, in one cell."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from tsur_nlp.errors import RegionError
from tsur_nlp.region.region import Region
from tsur_nlp.region.rule import Rule
from tsur_nlp.text.labels import label_key, nearest

Place = tuple[str, str, str, str]
"""Territory, kind of territory, channel, condition; "" for what a rule does not limit."""
EVERYWHERE = "Везде"
KINDS = {
    "region": "вся область, место неизвестно",
    "urban_district": "городские округа",
    "municipal_district": "муниципальные округа и районы",
    "city_district": "районы города",
    "settlement": "поселения",
}
CONDITIONS = {
    "federal_road": "федеральная дорога",
    "regional_road": "региональная дорога",
    "yard": "двор",
    "private_house": "частный дом",
    "institution": "названо учреждение",
}
CHANNEL = "канал "
JOINED = " · "
SHARE = re.compile(r"\A(?P<name>.*?)[\s—–-]*?(?:\s(?P<share>\d{1,3}(?:[.,]\d{1,2})?)\s?%)?\Z", re.DOTALL)


class MatrixCells:
    """Titles of a region to and from its codes."""

    def __init__(self, region: Region):
        self._region = region

    def column(self, place: Place) -> str:
        """The title of a column."""
        territory, kind, channel, condition = place
        titles = [
            self._region.territories[territory].title if territory else "",
            KINDS[kind] if kind else "",
            CHANNEL + channel if channel else "",
            CONDITIONS[condition] if condition else "",
        ]
        return JOINED.join(filter(None, titles)) or EVERYWHERE

    def place(self, title: str) -> Place:
        """What a title of a column means. Raises RegionError."""
        territory = kind = channel = condition = ""
        for part in title.split(JOINED.strip()):
            key = label_key(part)
            if key in _turned(KINDS):
                kind = _turned(KINDS)[key]
            elif key in _turned(CONDITIONS):
                condition = _turned(CONDITIONS)[key]
            elif key.startswith(CHANNEL):
                channel = key.removeprefix(CHANNEL)
            elif key != label_key(EVERYWHERE):
                found = self._region.territory_named(part)
                if found is None:
                    known = [
                        *(one.title for one in self._region.territories.values()),
                        *KINDS.values(),
                        *CONDITIONS.values(),
                    ]
                    raise RegionError(f"нет такого места: «{part.strip()[:80]}»{_near(part, known)}")
                territory = found.code
        return territory, kind, channel, condition

    def answers(self, rule: Rule) -> str:
        """Who answers: «Орган» or «Орган 75 %; Другой 25 %»."""
        if len(rule.answers) == 1:
            return self._title(rule.answers[0][0])
        return "; ".join(f"{self._title(name)} {round(share * 100)} %" for name, share in rule.answers)

    def parse(self, text: str) -> tuple[tuple[str, float], ...]:
        """Codes of roles and bodies with shares that sum to 1; nothing for an empty cell. Raises RegionError."""
        named: list[tuple[str, float | None]] = []
        for part in filter(None, map(str.strip, re.split(r"[;\n]", text))):
            match = SHARE.match(part)
            name, share = (match["name"], match["share"]) if match else (part, None)
            code = self._codes.get(label_key(name))
            if code is None:
                near = _near(name, [*self._titles.values(), *self._short])
                raise RegionError(f"нет такой роли или органа: «{name[:80]}»{near}")
            if code in dict(named):
                raise RegionError(f"«{name[:80]}» названо дважды")
            named.append((code, float(share.replace(",", ".")) / 100 if share else None))
        return _shares(named)

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        """Code → title, roles before bodies; a body called as a role is stands with its code."""
        roles = {code: role.title for code, role in self._region.catalog.roles.items()}
        taken = {label_key(title) for title in roles.values()}
        titles = dict(roles)
        for code, body in self._region.authorities.items():
            key = label_key(body.title)
            titles[code] = code if key in taken or ";" in body.title or "%" in body.title else body.title
            taken.add(key)
        return titles

    @cached_property
    def _short(self) -> Mapping[str, str]:
        return {body.short_title: code for code, body in self._region.authorities.items()}

    @cached_property
    def _codes(self) -> Mapping[str, str]:
        short = {label_key(title): code for title, code in self._short.items()}
        return (
            short
            | {label_key(code): code for code in self._titles}
            | {label_key(title): code for code, title in self._titles.items()}
        )

    def _title(self, name: str) -> str:
        return self._titles[name]


def _turned(titles: Mapping[str, str]) -> dict[str, str]:
    return {label_key(title): code for code, title in titles.items()}


def _near(name: str, titles: Iterable[str]) -> str:
    found = nearest(name, titles)
    return f"; ближайшее — «{found}»" if found else ""


def _shares(named: list[tuple[str, float | None]]) -> tuple[tuple[str, float], ...]:
    if not named:
        return ()
    shares = [share for _, share in named if share is not None]
    if len(named) == 1 and not shares:
        return ((named[0][0], 1.0),)
    if len(shares) < len(named):
        raise RegionError("доли нужны у всех, кто назван, или только один орган без доли: «Орган 75 %; Другой 25 %»")
    if min(shares) <= 0 or abs(sum(shares) - 1) > 0.015:
        raise RegionError(f"доли в сумме дают {sum(shares) * 100:.0f} %, а нужно 100 %, каждая больше нуля")
    # Whole percents of thirds make 99: the first takes what rounding left.
    first = round(1 - sum(shares[1:]), 4)
    return tuple((name, share) for (name, _), share in zip(named, [first, *shares[1:]], strict=True))
