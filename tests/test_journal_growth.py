"""Journals of before open and grow; whole texts stay as long as was chosen; pages of messages; reviews by people."""

import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tsur_nlp import Appeal, JournalError
from tsur_nlp.journal import Correction, Entry, Journal, Verdict, Wanted, listed
from tsur_nlp.journal import database as opening
from tsur_nlp.journal.listing import message
from tsur_nlp.journal.schema import MIGRATIONS, Migration

NOON = datetime(2024, 5, 13, 12)


def first_version(file: Path) -> None:
    """A journal as 0.1.0 made it before corrections had authors: two messages, one of them corrected and answered."""
    sql = sqlite3.connect(file)
    sql.executescript(MIGRATIONS[0].script)
    sql.executescript(
        """
        INSERT INTO settings VALUES ('texts', 'masked'), ('zone', 'Europe/Samara'), ('salt', x'00112233');
        INSERT INTO terms VALUES (1, 'topic', 'Ямы', 'Дороги'), (2, 'model', 'м', ''), (3, 'topic', 'Снег', '');
        INSERT INTO messages (id, key, number, text, received, answered, topic, right_topic)
            VALUES (1, x'01', 'а', 'Яма на дорогах', 100, 400, 1, 3),
                   (2, x'02', 'б', 'Снега во дворе', 200, NULL, 1, NULL);
        INSERT INTO decisions VALUES (1, 2, 100, 1, 0.5, NULL, NULL, 'review', 0.1);
        INSERT INTO decisions VALUES (2, 2, 200, 1, 0.5, NULL, NULL, 'auto', 0.1);
        INSERT INTO corrections VALUES (1, 300, 3, NULL);
        PRAGMA user_version = 1;
        """
    )
    sql.close()


def test_a_journal_of_the_first_version_grows(tmp_path: Path) -> None:
    first_version(tmp_path / "j.db")
    with Journal(tmp_path / "j.db") as journal:
        assert (journal.texts, journal.zone.key) == ("masked", "Europe/Samara")
        one, other = listed(journal, Wanted()).messages
        assert (one.action, one.topic, bool(one.reviewed), one.answered is None, bool(one.closed)) == (
            "review", "Снег", True, True, True,
        )  # fmt: skip
        assert (other.action, other.reviewed) == ("auto", None)
        assert [review.topic for review in journal.reviews(1)] == ["Снег"]
        assert [found.number for found in listed(journal, Wanted(words="снег")).messages] == ["б"]
        names = [name for (name,) in journal.query("SELECT name FROM migrations ORDER BY rowid")]
    assert names == [migration.name for migration in MIGRATIONS]


def test_a_journal_of_hashes_is_still_one_of_hashes(tmp_path: Path) -> None:
    first_version(tmp_path / "j.db")
    with sqlite3.connect(tmp_path / "j.db") as sql:
        sql.execute("UPDATE settings SET value = 'hashed' WHERE name = 'texts'")
        sql.execute("UPDATE messages SET text = NULL")
    sql.close()
    with Journal(tmp_path / "j.db", "full") as journal:
        assert journal.texts == "hash"
        with pytest.raises(JournalError, match="только хеши"):
            listed(journal, Wanted(words="снег"))


def test_growth_that_fails_half_way_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first_version(tmp_path / "j.db")
    broken = Migration("broken", "CREATE TABLE fresh (x); INSERT INTO nowhere VALUES (1)")
    monkeypatch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(JournalError):
        Journal(tmp_path / "j.db")
    monkeypatch.undo()
    with sqlite3.connect(tmp_path / "j.db") as sql:
        assert sql.execute("PRAGMA user_version").fetchone() == (1,)
        tables = {name for (name,) in sql.execute("SELECT name FROM sqlite_master")}
    sql.close()
    assert not tables & {"fresh", "migrations", "search"}
    with Journal(tmp_path / "j.db") as journal:
        assert listed(journal, Wanted()).total == 2


GROWING = """
import sys
from tsur_nlp.journal.store import Journal
for file in sys.argv[1:]:
    Journal(file).close()
"""


def test_two_processes_may_open_an_old_journal_at_once(tmp_path: Path) -> None:
    files = [tmp_path / f"{i}.db" for i in range(10)]
    for file in files:
        first_version(file)
    command = [sys.executable, "-c", GROWING, *map(str, files)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate(timeout=60)[1] for one in both] == ["", ""]


# ------------------------------------------------------------------------------
#   Whole texts for some days
# ------------------------------------------------------------------------------

NAMED = "Не горит фонарь, Иванов Пётр, 8 910 123-45-67"


def content(folder: Path) -> str:
    """All that the files of a journal hold, as text."""
    return b"".join(file.read_bytes() for file in folder.iterdir()).decode("utf-8", "replace")


def test_a_whole_text_is_masked_when_its_days_are_over(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db", "full", days=3) as journal:
        journal.record([Entry(Appeal(NAMED, id="1", created=NOON))])
        assert listed(journal, Wanted(words="фонари")).messages[0].text == NAMED
        now = journal.seconds(datetime.now(journal.zone))
        (until,) = journal.query("SELECT text_until FROM messages").fetchone()
        assert until - now == pytest.approx(3 * 86400, abs=60)
        journal.query("UPDATE messages SET text_until = ?", now - 1)
    with Journal(tmp_path / "j.db") as journal:
        assert (journal.texts, journal.days) == ("full", 3)
        assert listed(journal, Wanted()).messages[0].text == "Не горит фонарь, [ФИО], [телефон]"
        assert listed(journal, Wanted(words="фонарь")).total == 1
        assert "910 123" not in content(tmp_path), "neither the file nor its log keeps what was taken out"


def test_the_search_finds_nobody_by_name(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db", "full") as journal:
        journal.record([Entry(Appeal(NAMED, id="1", created=NOON))])
        assert listed(journal, Wanted(words="Иванов")).total == 0


@pytest.mark.parametrize(
    "words", ['"', "фонарь OR", "NEAR(", "*", "фонарь*", "-", "кое-как \x00", "фонарь : горит", "("]
)
def test_what_is_searched_for_is_never_a_language(tmp_path: Path, words: str) -> None:
    with Journal(tmp_path / "j.db", "masked") as journal:
        journal.record([Entry(Appeal(NAMED, id="1", created=NOON))])
        assert listed(journal, Wanted(words=words)).total in (0, 1)


# ------------------------------------------------------------------------------
#   Pages and reviews
# ------------------------------------------------------------------------------

TOPICS, PLACES = ["Ямы", "Снег"], ["Бор", "Кстово", "Арзамас"]


@pytest.fixture
def queue(tmp_path: Path):
    """60 messages: 10 for each topic and place, of changing actions and urgency, the first hour by hour overdue."""
    with Journal(tmp_path / "j.db", "masked") as journal:
        entries = []
        for i, (_, topic, place) in enumerate(product(range(10), TOPICS, PLACES)):
            action = "review" if i % 3 else "auto"
            verdict = Verdict(topic, "Дороги", "Служба", "м", 0.5, 0.5, action, NOON + timedelta(hours=i), 0.0, i % 2)
            came = NOON - timedelta(hours=i)
            answered = came if i % 5 == 0 else None
            entries.append(
                Entry(Appeal(f"{topic} {place}", str(i), "social", created=came), verdict, place, answered=answered)
            )
        journal.record(entries)
        yield journal


FILTERS = [
    (Wanted(), lambda i: True),
    (Wanted(action="review"), lambda i: i % 3 > 0),
    (Wanted(action="auto", topic="Снег"), lambda i: i % 3 == 0 and i % 6 >= 3),
    (Wanted(territory="Кстово", channel="social"), lambda i: i % 3 == 1),
    (Wanted(group="Дороги", authority="Служба", reviewed=False), lambda i: True),
    (Wanted(reviewed=True), lambda i: False),
    (Wanted(topic="Дожди"), lambda i: False),
    (Wanted(overdue=NOON + timedelta(hours=10)), lambda i: i < 10 and i % 5 > 0),
    (Wanted(words="арзамас снега"), lambda i: i % 6 == 5),
]


@pytest.mark.parametrize(("wanted", "fits"), FILTERS)
def test_pages_hold_what_is_wanted_the_most_urgent_and_oldest_first(queue: Journal, wanted: Wanted, fits) -> None:
    expected = sorted((i for i in range(60) if fits(i)), key=lambda i: (-(i % 2), -i))
    pages = [listed(queue, wanted, 7, offset) for offset in range(0, 70, 7)]
    assert {page.total for page in pages} == {len(expected)}
    assert [int(one.number) for page in pages for one in page.messages] == expected


def test_a_review_says_who_and_when_and_may_be_changed(queue: Journal) -> None:
    first = listed(queue, Wanted(action="review", reviewed=False)).messages[0]
    assert queue.review(first.id, Correction(Appeal(""), author="Оператор 1"), NOON)
    assert queue.review(first.id, Correction(Appeal(""), "Снег", author="Оператор 2", comment="видно по словам"), NOON)
    assert [(one.author, one.topic, one.made) for one in queue.reviews(first.id)] == [
        ("Оператор 1", "", NOON.replace(tzinfo=queue.zone)),
        ("Оператор 2", "Снег", NOON.replace(tzinfo=queue.zone)),
    ]
    now = message(queue, first.id)
    assert now is not None
    assert (now.topic, bool(now.reviewed)) == ("Снег", True)
    assert not queue.review(10_000, Correction(Appeal("")))
    assert message(queue, 10_000) is None


def test_moments_that_no_zone_has_are_not_known(tmp_path: Path) -> None:
    edges = [
        datetime.max.replace(tzinfo=ZoneInfo("America/New_York")),
        datetime.min.replace(tzinfo=ZoneInfo("Asia/Omsk")),
    ]
    with Journal(tmp_path / "j.db") as journal:
        journal.record(Entry(Appeal("Яма", str(i), created=moment)) for i, moment in enumerate(edges))
        assert [one.received for one in listed(journal, Wanted()).messages] == [None, None]


def test_a_journal_of_other_clocks_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path / "j.db", zone=ZoneInfo("Asia/Omsk")).close()
    with pytest.raises(JournalError, match="Asia/Omsk"):
        Journal(tmp_path / "j.db", zone=ZoneInfo("Europe/Moscow"))
    for zone in (None, ZoneInfo("Asia/Omsk"), ZoneInfo("Asia/Almaty"), ZoneInfo("Asia/Bishkek")):
        if zone is None or datetime.now(zone).utcoffset() == datetime.now(ZoneInfo("Asia/Omsk")).utcoffset():
            Journal(tmp_path / "j.db", zone=zone).close()


def test_whole_texts_teach_only_masked(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db", "full") as journal:
        journal.record([Entry(Appeal(NAMED, id="1", created=NOON), Verdict("Освещение"))])
        assert [one.text for one in journal.labelled()] == ["Не горит фонарь, [ФИО], [телефон]"]
