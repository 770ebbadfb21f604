"""Who works at the desk and what they may do: a table of names, roles and hashes of tokens.

A token is random (secrets.token_urlsafe), so one round of SHA-256 keeps it: there is nothing to guess.
"""

import csv
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from getpass import getuser
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import TableError
from tsur_nlp.tables.atomic import whole_or_nothing

COLUMNS = ("Имя", "Роль", "Токен")
READER, OPERATOR, ADMINISTRATOR = "читатель", "оператор", "администратор"
ROLES = (READER, OPERATOR, ADMINISTRATOR)
"""Each may what those before it may: see; answer; also take a message from another's hands."""
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Who works at the desk. `mark`: changes with the token, so that sessions opened with the old one end."""

    name: str
    role: str
    mark: str = ""

    @property
    def answers(self) -> bool:
        return self.role != READER

    @property
    def manages(self) -> bool:
        return self.role == ADMINISTRATOR


class Staff:
    """Those who work at the desk; the table is read again whenever it was changed.

    `token`: the service's own, its owner is an administrator. Without it whoever sits at this machine is one.
    Raises TableError if the table is wrong.
    """

    def __init__(self, file: Path | None, token: str | None):
        self._file, self._token = file, token
        self._read_at: tuple[int, int] | None = None
        self._people: Mapping[str, Person] = {}
        self.owner = Person("администратор" if token else _user(), ADMINISTRATOR, _hash(token or ""))
        self._renew()

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked who they are: no token, and only this machine is heard."""
        return self._token is None

    def with_token(self, token: str) -> Person | None:
        """Whose token this is."""
        self._renew()
        if self._token is not None and hmac.compare_digest(token.encode(), self._token.encode()):
            return self.owner
        mark = _hash(token)
        return next((one for one in self._people.values() if one.mark and hmac.compare_digest(one.mark, mark)), None)

    def named(self, name: str) -> Person | None:
        self._renew()
        return self.owner if name == self.owner.name else self._people.get(name)

    def _renew(self) -> None:
        if self._file is None:
            return
        try:
            found = self._file.stat()
        except OSError:
            raise TableError(f"{self._file}: списка сотрудников нет; проверьте путь") from None
        changed = (found.st_mtime_ns, found.st_size)
        if changed != self._read_at:
            self._people = {one.name: one for one in read_staff(self._file)}
            self._read_at = changed


def read_staff(file: Path) -> Iterator[Person]:
    """People of a table. Raises TableError that names the line and the column."""
    seen: set[str] = set()
    for record in read_reference(file, COLUMNS, TableError):
        name, role, mark = record.required("Имя"), record["Роль"].lower(), record["Токен"].lower()
        if name in seen or name == ADMINISTRATOR or len(name) > LONGEST_NAME:
            record.fail("Имя", f"«{name[:LONGEST_NAME]}» занято или слишком длинно; назовите иначе")
        if role not in ROLES:
            record.fail("Роль", f"«{role}» — нет такой; бывают: {', '.join(ROLES)}")
        if mark and (len(mark) != 64 or set(mark) - set("0123456789abcdef")):
            record.fail("Токен", "здесь стоит не токен, а его хеш; строку пишет tsur-nlp desk-user")
        seen.add(name)
        yield Person(name, role, mark)


def add_person(file: Path, name: str, role: str) -> str:
    """Write a person into the table, or give them a new token and role; the token, which is kept nowhere.

    Raises TableError.
    """
    people = {one.name: one for one in read_staff(file)} if file.exists() else {}
    token = token_urlsafe(24)
    people[name] = Person(name, role, _hash(token))
    with whole_or_nothing(file) as unfinished:
        with unfinished.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, delimiter=";").writerows(
                [COLUMNS, *((one.name, one.role, one.mark) for one in people.values())]
            )
        # What the table is to say must be readable before it takes the place of the old one.
        list(read_staff(unfinished))
    return token


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):
        return "оператор"
