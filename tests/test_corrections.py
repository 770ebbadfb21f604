"""Corrections of operators: checked against catalogue, region and journal, a row taken whole or put aside."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import run_cli, write_csv
from tsur_nlp import Appeal
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.journal import Entry, Journal, Verdict
from tsur_nlp.journal.corrections import Answers, take_corrections
from tsur_nlp.text.labels import nearest

PITS = "Некачественное покрытие асфальтовых дорог"
TOPICS = [("roads.pits", PITS), ("roads.snow", "Уборка снега с дорог")]
BODIES = [("city.roads", "Дорожная служба города")]
HEADER = ["Номер", "Текст", "Верная тема", "Верный орган", "Комментарий"]


@pytest.fixture
def journal(tmp_path: Path):
    with Journal(tmp_path / "j.db", "masked") as opened:
        verdict = Verdict("Своя тема", "", "Свой орган", "м", 0.5, 0.5, "review")
        opened.record(Entry(Appeal(f"Яма {i}", str(i), created=datetime(2024, 5, 13)), verdict) for i in range(5))
        yield opened


def take(journal: Journal, *rows: list[str], header: list[str] = HEADER):
    file = write_csv(journal.file.with_name("fixed.csv"), [header, *rows])
    return take_corrections(journal, file, Answers.of(journal, TOPICS, BODIES), author="Оператор")


def right(journal: Journal) -> dict[str, tuple[str, str]]:
    titles = journal.titles()
    return {
        number: (titles.get(topic, ""), titles.get(body, ""))
        for number, topic, body in journal.query("SELECT number, right_topic, right_authority FROM messages")
    }


VALUES = [
    ("roads.pits", "", (PITS, "")),
    ("  УБОРКА  снега с дорог ", "city.roads", ("Уборка снега с дорог", "Дорожная служба города")),
    ("", "своЙ орган", ("", "Свой орган")),
]


@pytest.mark.parametrize(("topic", "body", "taken"), VALUES)
def test_codes_titles_and_what_the_journal_has_are_known(journal: Journal, topic: str, body: str, taken) -> None:
    assert take(journal, ["0", "Яма 0", topic, body, "ладно"]).written == 1
    assert right(journal)["0"] == taken
    (review,) = journal.reviews(1)
    assert (review.author, review.comment) == ("Оператор", "ладно")


def test_a_row_is_taken_whole_or_put_aside(journal: Journal) -> None:
    taken = take(
        journal,
        ["0", "Яма 0", "roads.pits", "", ""],
        ["1", "Яма 1", "Уборка снегу с дорог", "city.roads", ""],
        ["2", "Яма 2", "roads.snow", "Бюро погоды", ""],
        ["9", "Яма 9", "roads.snow", "", ""],
        ["3", "Яма 3", "", "city.roads", ""],
        ["4", "Яма 4", "", "", ""],
    )
    assert (taken.rows, taken.written, taken.rejected, taken.missing) == (6, 2, 3, 1)
    assert right(journal) == {
        "0": (PITS, ""),
        "1": ("", ""),
        "2": ("", ""),
        "3": ("", "Дорожная служба города"),
        "4": ("", ""),
    }
    reasons = dict(taken.reasons)
    assert reasons[2] == "темы «Уборка снегу с дорог» нет; ближе всего: «Уборка снега с дорог»"
    assert reasons[3].startswith("органа «Бюро погоды» нет")
    assert "в журнале нет" in reasons[4]
    aside = journal.file.with_name("j.db.rejected.csv").read_text(encoding="utf-8-sig")
    assert [line.split(",")[0] for line in aside.splitlines()[1:]] == ["2", "3", "4"]


def test_taking_a_table_again_changes_nothing(journal: Journal) -> None:
    rows = [["0", "Яма 0", "roads.pits", "", ""], ["1", "Яма 1", "нет такой", "", ""]]
    assert [take(journal, *rows).written for _ in range(2)] == [1, 0]
    assert len(journal.reviews(1)) == 1


def test_a_bad_row_does_not_move_the_copies_after_it(tmp_path: Path) -> None:
    """Messages without a number that are alike are told apart by their order."""
    with Journal(tmp_path / "j.db", "masked") as journal:
        moment = datetime(2024, 5, 13, 10)
        journal.record([Entry(Appeal("Яма", created=moment)) for _ in range(3)])
        header = ["Текст", "Дата создания", "Верная тема"]
        rows = [["Яма", "13.05.2024 10:00", topic] for topic in ("нет такой", "", "roads.pits")]
        assert take(journal, *rows, header=header).written == 1
        assert [number for (number,) in journal.query("SELECT id FROM messages WHERE reviewed IS NOT NULL")] == [3]


def test_the_nearest_of_the_whole_catalogue() -> None:
    titles = [topic.title for topic in load_catalog().topics.values()]
    for title in titles[::40]:
        assert nearest(title[:-1] + "ъ", titles) == title
    assert nearest("@@@@", titles) is None


def test_what_a_journal_keeps_is_said_in_one_line(tmp_path: Path) -> None:
    table = str(write_csv(tmp_path / "t.csv", [["Текст", "Тема"], ["Яма", "Ямы"]]))

    def imported(name: str, *options: str):
        return run_cli("journal", "import", table, "--journal", str(tmp_path / name), *options)

    assert "только хеши" in imported("a.db").stdout
    assert "только хеши" not in imported("a.db").stdout
    assert "уже заведён" in imported("a.db", "--keep-texts", "full").stdout
    for name, options, kept in (("b.db", ["--keep-texts"], "masked"), ("c.db", ["--keep-texts", "full"], "full")):
        assert "хеши" not in imported(name, *options).stdout
        with Journal(tmp_path / name) as journal:
            assert journal.texts == kept
    done = imported("d.db", "--keep-days", "5")
    assert (done.returncode, "--keep-texts full" in done.stderr) == (2, True)
    zoned = imported("e.db", "--keep-texts", "full", "--keep-days", "5", "--region", "nizhny")
    with Journal(tmp_path / "e.db") as journal:
        assert (journal.days, journal.zone.key, zoned.returncode) == (5, "Europe/Moscow", 0)
