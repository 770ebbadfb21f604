"""Answers: what is found wrong with them; what was answered to similar messages."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_cli, write_csv
from tsur_nlp import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.record import Choice, Record
from tsur_nlp.errors import JournalError
from tsur_nlp.journal import Entry, Journal, Verdict
from tsur_nlp.journal.importers import import_export
from tsur_nlp.replies import check_reply, similar

START = datetime(2026, 3, 2, 9)
with (ROOT / "tests" / "replies.csv").open(encoding="utf-8", newline="") as stream:
    ANSWERS = [(row["remarks"].split(), row["about"], row["text"]) for row in csv.DictReader(stream)]


@pytest.mark.parametrize(("codes", "about", "text"), ANSWERS, ids=[text[:40] for _, _, text in ANSWERS])
def test_what_is_wrong_with_an_answer(codes: list[str], about: str, text: str) -> None:
    remarks = check_reply(text, Appeal(about) if about else None)
    assert {one.code for one in remarks} == set(codes)
    assert all(0 <= one.start < one.stop <= len(text) and one.advice for one in remarks)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("Здравствуйте! Трубу заменим в ближайшее время, бригада едет.", "no_term", "в ближайшее время"),
        ("Здравствуйте! В целях порядка двор <b>убрали</b> 3 мая, в рамках компетенции.", "officialese", "В целях"),
        ("Здравствуйте! Петрова Анна Сергеевна вымыла подъезд 3 мая.", "personal_data", "Петрова Анна Сергеевна"),
    ],
)
def test_a_remark_stands_where_the_mistake_is(text: str, code: str, said: str) -> None:
    found = next(one for one in check_reply(text) if one.code == code)
    assert text[found.start : found.stop] == said


@pytest.mark.parametrize(
    ("speaker", "wrong"),
    [("Министерство здравоохранения сообщает", True), ("Министерство транспорта сообщает", False), ("Мы", False)],
)
def test_who_answers(speaker: str, wrong: bool) -> None:
    body = Choice("m", "Министерство транспорта и автомобильных дорог", 0.9)
    decision = Decision.of(Record((Choice("t", "Ямы", 0.9),), (body,), "auto", ()))
    codes = {one.code for one in check_reply(f"Здравствуйте! {speaker}: яму заделали 3 мая.", None, decision)}
    assert ("wrong_body" in codes) == wrong


@pytest.mark.parametrize("text", ["", " ", "обращение " * 20_000, "меры приняты. " * 10_000, "Уважаемый " * 10_000])
def test_any_answer_is_checked_in_linear_time(text: str) -> None:
    started = datetime.now()
    check_reply(text, Appeal("Яма на улице Белинского, 5"))
    assert datetime.now() - started < timedelta(seconds=30)


# ------------------------------------------------------------------------------
#   Similar messages
# ------------------------------------------------------------------------------


def entry(number: int, text: str, answer: str = "", late: bool = False, topic: str = "Дороги") -> Entry:
    came = START + timedelta(days=number)
    due = came + timedelta(days=1)
    answered = due + timedelta(hours=1 if late else -1) if answer else None
    return Entry(Appeal(text, id=str(number), created=came), Verdict(topic, due=due), answered=answered, answer=answer)


def fill(journal: Journal) -> None:
    journal.record(
        [
            entry(1, "Яма на Белинского пробила колесо", "Заделали 3 июня, звонил Петрова Анна Сергеевна"),
            entry(2, "Яма на Ванеева", "Заделали 5 июня", late=True),
            entry(3, "Яма на Белинского, колесо, не отвечают"),
            entry(4, "Талонов к врачу нет", "Врач выйдет 1 мая", topic="Здоровье"),
        ]
    )


def test_answers_to_similar_messages(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db", texts="masked") as journal:
        fill(journal)
        found = similar(journal, "На Белинского яма, пробил колёса")
        assert [one.number for one in found.messages] == ["1", "2"]
        assert (found.messages[0].in_time, found.messages[1].in_time, found.in_time) == (True, False, 0.5)
        assert found.messages[0].answer == "Заделали 3 июня, звонил [ФИО]"
        assert found.messages[0].likeness > found.messages[1].likeness > 0
        assert similar(journal, "Отопление").messages == ()
        assert similar(journal, "").messages == ()


def test_answers_are_kept_as_texts_are(tmp_path: Path) -> None:
    secret = "звоните Петрова Анна Сергеевна"
    with Journal(tmp_path / "hash.db") as journal:
        journal.record([entry(1, "Яма на дороге", secret)])
        with pytest.raises(JournalError, match="хеши"):
            similar(journal, "яма")
    with Journal(tmp_path / "full.db", texts="full", days=1) as journal:
        journal.record([entry(1, "Яма на дороге", secret)])
        assert journal.query("SELECT answer FROM messages").fetchone() == (secret,)
        journal.query("UPDATE messages SET text_until = 0")
    with Journal(tmp_path / "full.db") as journal:
        assert journal.query("SELECT answer FROM messages").fetchone() == ("звоните [ФИО]",)
    assert "Сергеевна".encode() not in (tmp_path / "hash.db").read_bytes()


def test_answers_come_with_an_export(tmp_path: Path) -> None:
    rows = [["Номер", "Текст", "Тема", "Ответ"], ["1", "Яма на Белинского", "Дороги", "Заделали 3 июня"]]
    table = write_csv(tmp_path / "past.csv", rows)
    with Journal(tmp_path / "j.db", texts="masked") as journal:
        import_export(journal, table, START)
        assert [one.answer for one in similar(journal, "ямы Белинского").messages] == ["Заделали 3 июня"]


def test_the_commands(tmp_path: Path) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text("Здравствуйте! Меры приняты.", encoding="utf-8")
    bad = run_cli("reply", "check", str(answer))
    assert bad.returncode == 3, bad.stderr
    assert "Меры приняты" in bad.stdout
    answer.write_text("Здравствуйте! Яму на Белинского заделали 3 июня.", encoding="utf-8")
    good = run_cli("reply", "check", str(answer))
    assert (good.returncode, good.stdout.strip()) == (0, "Замечаний нет")
    with Journal(tmp_path / "j.db", texts="masked") as journal:
        fill(journal)
    answer.write_text("Яма на Белинского", encoding="utf-8")
    shown = run_cli("reply", "similar", str(tmp_path / "j.db"), str(answer))
    assert shown.returncode == 0, shown.stderr
    assert "Заделали 3 июня" in shown.stdout
    assert "50" in shown.stdout
    missing = run_cli("reply", "check", str(tmp_path / "no.txt"))
    assert (missing.returncode, len(missing.stderr.splitlines())) == (1, 1)
