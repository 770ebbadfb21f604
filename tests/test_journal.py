"""The journal: what is kept of a message, who is right, and what survives a kill."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import deque
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import run_cli, write_csv
from tsur_nlp import Appeal, Choice, Decision, JournalError
from tsur_nlp.batch.job import Job
from tsur_nlp.batch.journalled import entry
from tsur_nlp.batch.rows import result_cells
from tsur_nlp.decision import Record
from tsur_nlp.journal.records import PEOPLE, Account, Correction, Entry, Labelled, Verdict
from tsur_nlp.journal.statistics import summarize
from tsur_nlp.journal.store import Journal
from tsur_nlp.privacy import mask
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.readers import Row
from tsur_nlp.text.tokens import words

NOON = datetime(2024, 5, 13, 12)
LAMP = Appeal("Не горит фонарь, Иванов Пётр, 8 910 123-45-67", id="7", created=NOON)
BY_MODEL = Verdict("Освещение", "Дороги", "Горсвет", "модель 1", 0.9, 0.8, "auto")
BY_PEOPLE = Verdict("Дороги", "Дороги", "Дорожная служба")


@pytest.fixture
def journal(tmp_path: Path):
    with Journal(tmp_path / "j.db", "masked") as opened:
        yield opened


def counts(journal: Journal) -> list[int]:
    return [journal.query(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("messages", "decisions")]


def test_recording_again_changes_nothing(journal: Journal) -> None:
    assert [journal.record([Entry(LAMP, BY_MODEL)]) for _ in range(2)] == [1, 0]
    assert counts(journal) == [1, 1]


def test_copies_without_a_number_are_messages_of_their_own_once(journal: Journal) -> None:
    thanks = Entry(Appeal("Спасибо", created=NOON))
    assert [journal.record([thanks, thanks, thanks]) for _ in range(2)] == [3, 0]


def test_a_message_is_completed_by_what_comes_later(journal: Journal) -> None:
    journal.record([Entry(LAMP, BY_MODEL)])
    journal.record([Entry(LAMP, answered=datetime(2024, 5, 13, 15))])
    found = journal.query("SELECT answered - received, topic IS NOT NULL FROM messages").fetchone()
    assert found == (3 * 3600, 1)


@pytest.mark.parametrize("verdicts", [(BY_MODEL, BY_PEOPLE), (BY_PEOPLE, BY_MODEL)])
def test_people_are_right_about_a_model_whoever_came_first(journal: Journal, verdicts: tuple) -> None:
    for verdict in verdicts:
        journal.record([Entry(LAMP, verdict)])
    (found,) = journal.labelled()
    assert (found.topic, found.authority, found.corrected) == ("Дороги", "Дорожная служба", True)


def test_a_correction_outlives_a_new_decision(journal: Journal) -> None:
    journal.record([Entry(LAMP, BY_MODEL)])
    assert journal.correct([Correction(LAMP, authority="Дорожная служба")]) == (1, 0)
    assert journal.correct([Correction(LAMP, authority="Дорожная служба")]) == (0, 0)
    journal.record([Entry(LAMP, Verdict("Освещение", "", "Горсвет", "модель 2", 0.9, 0.8, "auto"))])
    assert list(journal.labelled()) == [
        Labelled("Не горит фонарь, [ФИО], [телефон]", "", "Дорожная служба", True),
    ]


def test_a_correction_of_an_unknown_message_is_counted(journal: Journal) -> None:
    assert journal.correct([Correction(LAMP, topic="Дороги"), Correction(Appeal("другое"))]) == (0, 1)


def test_without_texts_only_a_hash_is_kept(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db") as journal:
        journal.record([Entry(LAMP, BY_PEOPLE)])
        assert not list(journal.labelled())
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert "фонарь".encode() not in files
    assert "910" not in files.decode("utf-8", "replace")


def test_a_message_on_a_known_account_is_direct(journal: Journal) -> None:
    journal.add_accounts([Account("https://vk.com/school45", "Школа 45", "школа")])
    appeals = [
        Appeal("Холодно", id=str(i), account=account) for i, account in enumerate(["@school45", "vk.com/x", None])
    ]
    journal.record(map(Entry, appeals))
    assert [row for (row,) in journal.query("SELECT direct FROM messages ORDER BY id")] == [1, 0, None]


def test_files_that_are_no_journals_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("не журнал " * 100, encoding="utf-8")
    with pytest.raises(JournalError, match="не журнал"):
        Journal(tmp_path / "text.db")
    with sqlite3.connect(tmp_path / "new.db") as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="более новой"):
        Journal(tmp_path / "new.db")
    with pytest.raises(JournalError, match="не открыть"):
        Journal(tmp_path / "no" / "j.db")


def test_a_database_of_another_program_is_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "clinic.db"
    with sqlite3.connect(file) as foreign:
        foreign.execute("CREATE TABLE patients (name TEXT)")
    foreign.close()
    before = file.read_bytes()
    with pytest.raises(JournalError, match="другой программы"):
        Journal(file)
    assert file.read_bytes() == before


def test_a_journal_made_before_they_were_signed_opens(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db", "masked") as journal:
        journal.record([Entry(LAMP, BY_MODEL)])
        journal.query("PRAGMA application_id = 0")
    with Journal(tmp_path / "j.db") as journal:
        assert counts(journal) == [1, 1]


def test_a_locked_journal_answers_soon_and_writes_nothing_later(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db", wait=0.2) as journal:
        other = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(JournalError, match="занят"):
            journal.record([Entry(LAMP, BY_MODEL)])
        assert time.monotonic() - began < 2
        other.execute("ROLLBACK")
        other.close()
        assert counts(journal) == [0, 0]


def said(number: int, kind: str) -> Entry:
    """A message with a topic and an authority of its own."""
    verdict = Verdict(f"Тема {kind} {number}", "", f"Орган {kind} {number}", "модель", 0.5, 0.5, "review")
    return Entry(Appeal("Яма " * 50, id=f"{kind}-{number}", created=NOON), verdict)


def test_after_a_full_disk_topics_are_not_mixed_up(small_disk: Path) -> None:
    with Journal(small_disk / "j.db", "masked") as journal:
        first = (said(number, "до") for number in range(500))
        with pytest.raises(JournalError, match="нет места"):
            deque(map(journal.record, zip(first)), 0)
        subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
        for number in range(20):
            journal.record([said(number, "после")])
        titles = journal.titles()
        for number, topic, authority in journal.query("SELECT number, topic, authority FROM messages"):
            kind, _, i = number.partition("-")
            assert (titles[topic], titles[authority]) == (f"Тема {kind} {i}", f"Орган {kind} {i}")
        assert journal.query("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_failed_block_may_come_once_more(tmp_path: Path) -> None:
    """Messages without a number are told apart by counting copies; a failure must not count."""
    thanks = Entry(Appeal("Спасибо", created=NOON))
    with Journal(tmp_path / "j.db", wait=0.1) as journal, sqlite3.connect(tmp_path / "j.db") as other:
        with journal.recorder() as recorder:
            recorder.add(thanks)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalError, match="занят"):
                recorder.flush()
            other.rollback()
        assert journal.record([thanks]) == 0
        assert counts(journal)[0] == 1
    other.close()


WRITER = """
import sys
from datetime import datetime
from tsur_nlp import Appeal
from tsur_nlp.journal.records import Entry, Verdict
from tsur_nlp.journal.statistics import summarize
from tsur_nlp.journal.store import Journal
with Journal(sys.argv[1]) as journal:
    for i in range(int(sys.argv[3])):
        appeal = Appeal("Яма", id=f"{sys.argv[2]}-{i}", created=datetime(2024, 5, 13))
        journal.record([Entry(appeal, Verdict("Дороги", "", "Служба", "модель", 0.5, 0.5, "review"))])
        print(i, flush=True)
"""


def writer(file: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(file), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_writers_take_turns(tmp_path: Path) -> None:
    both = [writer(tmp_path / "j.db", name, 60) for name in ("a", "b")]
    assert [one.communicate(timeout=60)[1] or one.returncode for one in both] == [0, 0]
    with Journal(tmp_path / "j.db") as journal:
        assert counts(journal) == [120, 120]


def test_a_killed_writer_loses_nothing_committed(tmp_path: Path) -> None:
    committed = 0
    for attempt in range(4):
        process = writer(tmp_path / "j.db", str(attempt), 100_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 * attempt)
        os.kill(process.pid, signal.SIGKILL)
        committed += 1 + len(process.stdout.read().splitlines())
        process.wait()
        with Journal(tmp_path / "j.db") as journal:
            messages, decisions = counts(journal)
            assert journal.query("PRAGMA integrity_check").fetchone() == ("ok",)
        # One may have been committed and not told of.
        assert committed <= messages <= committed + attempt + 1
        assert decisions == messages


# ------------------------------------------------------------------------------
#   The command line
# ------------------------------------------------------------------------------

HEADER = ["Номер", "Текст", "Дата создания", "Муниципалитет"]
ROWS = [
    ["1", "Не горят фонари на Бекетова, 13", "13.05.2024 10:00", "Советский район"],
    ["2", "Яма на дороге у школы", "14.05.2024 10:00", "г.о.г. Бор"],
    ["3", "Не вывозят мусор вторую неделю", "02.06.2024 10:00", "г.о.г. Бор"],
]


def test_routing_correcting_and_the_year(tmp_path: Path) -> None:
    journal = tmp_path / "j.db"
    source = write_csv(tmp_path / "in.csv", [HEADER, *ROWS])
    for _ in range(2):
        done = run_cli("route", str(source), "-o", str(tmp_path / "out.csv"), "--journal", str(journal))
        assert done.returncode == 0, done.stderr
    fixed = [
        [*HEADER, "Верный орган"],
        [*ROWS[0], ""],
        [*ROWS[1], "Администрация города Сарова"],
        [*ROWS[2], ""],
    ]
    done = run_cli("correct", str(write_csv(tmp_path / "fixed.csv", fixed)), "--journal", str(journal))
    assert "исправлений 1, нет в журнале 0" in done.stdout, done.stderr
    done = run_cli("summary", str(journal), "--year", "2024", "-o", str(tmp_path / "y.html"))
    assert "Сообщений: 3" in done.stdout
    assert "Не тому органу: 33,3 % (исправлено людьми: 1)" in done.stdout
    assert "Администрация" in (tmp_path / "y.html").read_text(encoding="utf-8")
    done = run_cli("journal", "drift", str(journal))
    assert "2024-05" in done.stdout
    assert "2024-06" in done.stdout


def test_past_exports_are_imported_once_and_bad_rows_are_set_aside(tmp_path: Path) -> None:
    lasted = "Время с начала создания инцидента до окончания"
    answered = "Время с начала создания инцидента до времени первого ответа"
    header = ["Исполнитель", "Отдел", answered, lasted, "Группа тем", "Тема", "Дата создания", "Текст инцидента"]
    rows = [
        ["Служба", "Отдел дорог", "4:00:00", "11 days 12:10:25.217000", "Дороги", "Ямы", "13.05.2024", "Яма"],
        ["", "Отдел дорог", "", "0:30:00", "Дороги", "Ямы", "14.05.2024", "Ещё яма"],
        ["", "", "", "скоро", "Дороги", "Ямы", "15.05.2024", "Третья яма"],
        ["", "", "", "", "Дороги", "Ямы", "вчера", "Четвёртая яма"],
    ]
    table = write_csv(tmp_path / "export.csv", [header, *rows])
    first, second = (run_cli("journal", "import", str(table), "--journal", str(tmp_path / "j.db")) for _ in range(2))
    assert "новых сообщений 2, отложено 2" in first.stdout, first.stderr
    assert "новых сообщений 0, отложено 2" in second.stdout
    aside = (tmp_path / "j.db.rejected.csv").read_text(encoding="utf-8-sig")
    assert "длительность не разобрана" in aside
    assert "дата не разобрана" in aside
    with Journal(tmp_path / "j.db") as journal:
        waited = list(journal.query("SELECT answered - received, closed - received FROM messages ORDER BY id"))
        found = summarize(journal, 2024)
    assert waited == [(4 * 3600, 11 * 86400 + 12 * 3600 + 10 * 60 + 25), (None, 1800)]
    assert (found.mean_answer, found.mean_closing) == (4 * 3600, sum(closed for _, closed in waited) / 2)
    assert [line.title for line in found.authorities] == ["Служба"], "a department is no executor"


@pytest.mark.parametrize("command", [["summary", "no.db", "--year", "2024"], ["journal", "drift", "no.db"]])
def test_a_missing_journal_is_told_and_not_made(tmp_path: Path, command: list[str]) -> None:
    done = run_cli(*[str(tmp_path / part) if part == "no.db" else part for part in command])
    assert (done.returncode, "журнала нет" in done.stderr) == (1, True)
    assert not list(tmp_path.iterdir())


def test_a_verdict_of_people_is_told_from_a_models() -> None:
    assert Verdict("Ямы").model == PEOPLE


def test_a_message_has_one_verdict_whichever_way_it_came(tmp_path: Path) -> None:
    """A body named with no confidence, seconds of a deadline and long fractions were journaled differently."""
    record = Record(
        (Choice("a.b", "Тема", 0.123456, "Группа"),), (Choice("body", "Орган", 0.0),), "review", ("Причина",),
        "Район", NOON.replace(second=17), outcome="decided", unknown_words=1 / 3,
    )  # fmt: skip
    decision = Decision.of(record)
    row, job = Row(1, ("Яма",)), Job(tmp_path / "in.csv", tmp_path / "out.csv")
    by_batch = entry(job, Columns(0), "модель 1", row, result_cells(decision))
    assert by_batch.verdict == Verdict.of(decision, "модель 1")
    assert by_batch.territory == decision.territory


def test_masks_teach_no_words() -> None:
    text = "Звоните 8 910 123-45-67, кв. 5, Иванов Пётр, a@b.ru, https://vk.com/wall1, счёт 40817810099910004312"
    assert set(words(mask(text))) <= {"звоните", "счет"}
