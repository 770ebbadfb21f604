"""What operators corrected, from the table they worked in: checked row by row, taken whole or put aside."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from tsur_nlp.errors import TableError
from tsur_nlp.journal.importers import Taken, quarantine_of
from tsur_nlp.journal.records import Correction
from tsur_nlp.journal.store import Journal
from tsur_nlp.tables.appeals import appeal_from
from tsur_nlp.tables.column_mapping import find_column, find_columns
from tsur_nlp.tables.readers import Row, open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading
from tsur_nlp.tables.writers import quarantine
from tsur_nlp.text.labels import label_key, nearest

LONGEST_SHOWN = 100
"""Characters of a wrong value that a reason quotes."""
MISSING = "такого сообщения в журнале нет: номер или текст изменены, или его не вносили"


@dataclass(frozen=True)
class Answers:
    """What a correction may name: titles by their key, with codes as other names of the same."""

    topics: Mapping[str, str]
    authorities: Mapping[str, str]

    @classmethod
    def of(
        cls, journal: Journal, topics: Iterable[tuple[str, str]], authorities: Iterable[tuple[str, str]]
    ) -> "Answers":
        """Codes and titles of a catalogue and a region, and what messages of the journal were decided to be."""
        return cls(_by_key(journal, "topic", topics), _by_key(journal, "authority", authorities))

    def topic(self, value: str) -> str | None:
        """The topic's title, None for an empty value. Raises ValueError that names the nearest."""
        return _checked(value, self.topics, "темы")

    def authority(self, value: str) -> str | None:
        """The same for an authority."""
        return _checked(value, self.authorities, "органа")


def take_corrections(
    journal: Journal,
    file: Path,
    answers: Answers,
    topic: str | None = None,
    authority: str | None = None,
    text: str | None = None,
    author: str = "",
    how: Reading = BY_ITSELF,
) -> Taken:
    """What operators corrected, from a routed table in which they filled in the right topic or the right authority.

    Rows without either were right. A row that names what `answers` does not have, or a message that the journal does
    not have, is put aside with the reason; nothing of it is taken. Raises TableError if neither column is there,
    JournalError.
    """
    taken = Taken()
    with open_table(file, with_corrections(how)) as table, ExitStack() as stack:
        columns = find_columns(table.columns, table.sample, text=text)
        at = (
            find_column(table.columns, "right_topic", topic),
            find_column(table.columns, "right_authority", authority),
            find_column(table.columns, "remark"),
        )
        if at[0] is None and at[1] is None:
            raise TableError(
                f"{file.name}: нет ни «Верной темы», ни «Верного органа»; добавьте столбец или назовите его: "
                "--topic, --authority"
            )
        put_aside = stack.enter_context(quarantine(quarantine_of(journal)))
        waiting: deque[Row] = deque()

        def reject(row: Row, reason: str) -> None:
            put_aside(row, reason)
            taken.reject(row, reason)

        def corrections() -> Iterator[Correction]:
            for row in table.rows:
                taken.rows += 1
                if row.problem:
                    reject(row, row.problem)
                    continue
                appeal, _ = appeal_from(row.cells, columns)
                right_topic = right_authority = None
                try:
                    right_topic, right_authority = answers.topic(row.text(at[0])), answers.authority(row.text(at[1]))
                except ValueError as reason:
                    reject(row, str(reason))
                # Rows that were right or wrong go in too: copies of a message are told apart by their order.
                waiting.append(row)
                yield Correction(appeal, right_topic, right_authority, author, row.text(at[2]))

        for _, taking in journal.correcting(corrections()):
            row = waiting.popleft()
            taken.written += taking == "written"
            if taking == "missing":
                taken.missing += 1
                reject(row, MISSING)
    return taken


def with_corrections(how: Reading) -> Reading:
    """Of a workbook, the sheet that has corrections, wherever it stands."""
    return replace(how, roles=("right_topic", "right_authority"))


def _by_key(journal: Journal, kind: str, named: Iterable[tuple[str, str]]) -> dict[str, str]:
    found = {label_key(title): title for (title,) in journal.query("SELECT title FROM terms WHERE kind = ?", kind)}
    for code, title in named:
        found |= {label_key(code): title, label_key(title): title}
    return found


def _checked(value: str, known: Mapping[str, str], what: str) -> str | None:
    value = value.strip()
    if not value:
        return None
    if label_key(value) in known:
        return known[label_key(value)]
    close = nearest(value, known.values())
    hint = f"; ближе всего: «{close}»" if close else ""
    raise ValueError(f"{what} «{value[:LONGEST_SHOWN]}» нет{hint}")
