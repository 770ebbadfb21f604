"""Past messages of a centre, counted: which body answered for which topic, and where.

A table counts every row with a topic and a body. A journal counts only what people decided, confirmed or corrected:
what a model decided by itself would only confirm the matrix it came from.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tsur_nlp.catalog.crosswalks import SOURCES, read_topic_crosswalk, topic_crosswalk
from tsur_nlp.errors import TableError
from tsur_nlp.region.region import Authority, Region
from tsur_nlp.tables.column_mapping import find_column
from tsur_nlp.tables.readers import FORMATS, open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading
from tsur_nlp.text.labels import label_key

WIDEST = 3
"""A label that may mean more topics than these says too little of any of them."""
SHOWN = 3

Answered = tuple[str, str]
"""Territory and body, by code; the territory is "" where neither the message nor the body tells it."""


@dataclass
class Past:
    """`counts`: topic → (territory, body) → messages. A label of several topics counts a part for each, or only for
    those that are the body's field.

    `strange_topics`, `strange_bodies`: labels that are not the catalogue's and the region's, with their messages;
    `wide`: messages of labels too wide to count.
    """

    counts: dict[str, dict[Answered, float]] = field(default_factory=dict)
    messages: int = 0
    wide: int = 0
    strange_topics: Counter[str] = field(default_factory=Counter)
    strange_bodies: Counter[str] = field(default_factory=Counter)

    def told(self) -> Iterator[str]:
        """What did not count, a line each."""
        said = {"Тем не из каталога": self.strange_topics, "Органов не из региона": self.strange_bodies}
        for what, strange in said.items():
            if strange:
                shown = ", ".join(f"«{label}» — {count}" for label, count in strange.most_common(SHOWN))
                more = " …" if len(strange) > SHOWN else ""
                yield f"{what}: {len(strange)}, сообщений {strange.total()} ({shown}{more})"
        if self.wide:
            yield f"Сообщений с темой шире {WIDEST} тем каталога: {self.wide}"


def count_past(
    source: Path, region: Region, crosswalk: str | None = None, how: Reading = BY_ITSELF, **columns: str | None
) -> Past:
    """Count a table or a journal against a region.

    `crosswalk`: whose labels the topics are («kursk» or a table «label, topics»); without it they are titles or codes
    of the catalogue. `how`: how a table is read; `columns`: what its columns topic, authority and territory are called
    if not as usual.
    Raises TableError if not one message can be counted, saying what is missing.
    """
    past = Past()
    known_topics = _topics(region, crosswalk)
    messages = _of_table(source, how, columns) if source.suffix.lower() in FORMATS else _of_journal(source)
    for topic, body, territory in messages:
        _count(past, region, known_topics, topic, body, territory)
    if not past.messages:
        raise TableError(
            f"{source.name}: ни одного сообщения с известными темой и органом. {_missing(past, crosswalk)}"
        )
    return past


def _count(
    past: Past, region: Region, known: Callable[[str], tuple[str, ...]], topic: str, body: str, territory: str
) -> None:
    topics, authority = known(topic), region.authority_named(body)
    if not topics:
        past.strange_topics[topic] += 1
    if authority is None:
        past.strange_bodies[body] += 1
    if not topics or authority is None:
        return
    if len(topics) > WIDEST:
        past.wide += 1
        return
    past.messages += 1
    named = region.territory_named(territory) if territory else None
    # A body of the region says nothing of the place, that of a municipality does.
    place = named.code if named else authority.territory
    meant = [code for code in topics if _is_field_of(region, authority, code, place)] or topics
    for code in meant:
        counts = past.counts.setdefault(code, {})
        key = place if place != region.root else "", authority.code
        counts[key] = counts.get(key, 0.0) + 1 / len(meant)


def _is_field_of(region: Region, body: Authority, topic: str, place: str) -> bool:
    """Whether the catalogue gives a topic to a body: of a wide label, those topics are meant."""
    return any(region.resolve(role, place) is body for role in region.catalog.topics[topic].roles)


def _topics(region: Region, crosswalk: str | None) -> Callable[[str], tuple[str, ...]]:
    topics = region.catalog.topics
    titles: dict[str, tuple[str, ...]] = {
        label_key(name): (code,) for code, topic in topics.items() for name in (code, topic.title)
    }
    labels: Mapping[str, tuple[str, ...]] = {}
    if crosswalk in SOURCES:
        labels = topic_crosswalk(str(crosswalk))
    elif crosswalk is not None:
        labels = read_topic_crosswalk(Path(crosswalk))
    return lambda label: labels.get(label_key(label)) or titles.get(label_key(label), ())


def _missing(past: Past, crosswalk: str | None) -> str:
    told = "; ".join(past.told())
    if past.strange_topics and crosswalk is None:
        known = ", ".join(SOURCES)
        return f"{told}. Назовите соответствие тем: --crosswalk {known} или своя таблица «label, topics»"
    return told or "Нужны столбцы с темой и с органом, и в них значения"


def _of_table(file: Path, how: Reading, columns: Mapping[str, str | None]) -> Iterable[tuple[str, str, str]]:
    """Topic, body and territory of each row; what people put right goes before what had been decided."""
    with open_table(file, how) as table:
        at = {role: find_column(table.columns, role, columns.get(role)) for role in ("topic", "authority", "territory")}
        right = {role: find_column(table.columns, f"right_{role}") for role in ("topic", "authority")}
        for role, title in (("topic", "с темой"), ("authority", "с органом")):
            if at[role] is None and right[role] is None:
                raise TableError(f"{file.name}: не нашёл столбец {title}; назовите его: --{role} СТОЛБЕЦ")
        for row in table.rows:
            if row.problem:
                continue
            topic, body = (_one_line(row.text(right[role]) or row.text(at[role])) for role in ("topic", "authority"))
            if topic and body:
                yield topic, body, _one_line(row.text(at["territory"]))


def _of_journal(file: Path) -> Iterable[tuple[str, str, str]]:
    from tsur_nlp.journal.store import Journal

    if not file.is_file():
        raise TableError(f"{file}: файла нет; нужна таблица ({', '.join(FORMATS)}) или журнал")
    query = """
        SELECT coalesce(right_topic, topic), coalesce(right_authority, authority), territory FROM messages
        WHERE by_people OR reviewed IS NOT NULL OR right_topic IS NOT NULL OR right_authority IS NOT NULL
    """
    with Journal(file) as journal:
        titles = journal.titles()
        for topic, body, territory in journal.query(query):
            if topic is not None and body is not None:
                yield titles[topic], titles[body], titles.get(territory, "")


def _one_line(text: str) -> str:
    return " ".join(text.split())
