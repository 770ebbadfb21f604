"""The year in figures, read back from the report as a reader would."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest

from tsur_nlp import Appeal, JournalError, TableError
from tsur_nlp.journal.records import Account, Correction, Entry, Verdict
from tsur_nlp.journal.statistics import drift, summarize
from tsur_nlp.journal.store import Journal
from tsur_nlp.journal.year_report import page, percent, span, write_report

TOPICS = [("Освещение", "Дороги"), ("Ямы", "Дороги"), ("Вывоз мусора", "Мусор"), ("Отопление", "ЖКХ")]
BODIES = ["Горсвет", "Дорожная служба", "Оператор по мусору", "Администрация"]
KINDS = {"школа": 1900, "больница": 700, "администрация": 500, "министерство": 210}


def year_of(year: int, count: int, direct: float, mean_answer: int) -> Iterator[Entry]:
    """Messages spread over a year, answered after so many seconds give or take an hour."""
    start, step = datetime(year, 1, 1), 365 * 86400 // count
    for i in range(count):
        came = start + timedelta(seconds=i * step)
        (topic, group), body = TOPICS[i % 4], BODIES[i % 4]
        verdict = Verdict(topic, group, body, "модель", 0.8, 0.7, "auto", came + timedelta(hours=6), 0.1)
        answered = came + timedelta(seconds=mean_answer + (3600 if i % 2 else -3600))
        is_direct = i % 1000 < 1000 * direct
        yield Entry(Appeal("Яма", f"{year}-{i}", territory="Бор", created=came), verdict, "", is_direct, came, answered)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """Two years with the outline that Нижегородская область published for 2022."""
    with Journal(tmp_path_factory.mktemp("year") / "j.db") as opened:
        opened.record(year_of(2021, 68_000, 0.30, 5 * 3600 + 28 * 60))
        opened.record(year_of(2022, 90_000, 0.61, 4 * 3600 + 48 * 60))
        owners = ((f"club{kind}{i}", kind) for kind, count in KINDS.items() for i in range(count))
        opened.add_accounts(Account(address, "", kind) for address, kind in owners)
        yield opened


class Figures(HTMLParser):
    """Texts of the elements with an id, and all text there is."""

    def __init__(self, content: str):
        super().__init__()
        self.by_id: dict[str, str] = {}
        self.text = ""
        self._open = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = dict(attrs).get("id") or ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.by_id[self._open] = data.replace("\u00a0", " ")
        self._open = ""
        self.text += data.replace("\u00a0", " ") + "\n"


def test_the_report_tells_the_published_outline_of_2022(journal: Journal, tmp_path: Path) -> None:
    write_report(summarize(journal, 2022), tmp_path / "year.html")
    found = Figures((tmp_path / "year.html").read_text(encoding="utf-8"))
    assert found.by_id["messages"] == "90 000"
    growth = re.search(r"2021: 68 000, больше на (\d+),\d %", found.text)
    assert growth
    assert 30 <= int(growth[1]) <= 33, "almost a third more"
    assert found.by_id["direct"] == "61,0 %"
    assert "2021: 30,0 %" in found.text
    assert found.by_id["mean-answer"] == "4 ч 48 мин"
    assert "быстрее на 40 мин, чем в 2021" in found.text
    assert found.by_id["accounts"] == "3 310"


def test_the_page_loads_nothing_and_runs_nothing(journal: Journal) -> None:
    content = page(summarize(journal, 2022))
    assert not re.search(r"<script|<link|<img|https?:|url\(|@import", content)


def test_figures_by_topic_group_body_and_month(journal: Journal) -> None:
    found = summarize(journal, 2022)
    assert [(line.title, line.count, line.before) for line in found.groups] == [
        ("Дороги", 45_000, 34_000),
        ("ЖКХ", 22_500, 17_000),
        ("Мусор", 22_500, 17_000),
    ]
    assert {line.title for line in found.authorities} == set(BODIES)
    assert found.territories[0].count == 90_000
    assert [sum(column) for column in zip(*found.months, strict=True)] == [90_000, 68_000]
    # Half of the answers came after 5 h 48 min, all within six hours.
    assert found.in_time == 1
    assert found.mean_answer == pytest.approx(4.8 * 3600)
    assert (found.misrouted, found.new_topics, found.surges) == (0, (), ())


def test_workbook_and_json_hold_the_same(journal: Journal, tmp_path: Path) -> None:
    found = summarize(journal, 2022)
    for name in ("year.xlsx", "year.json"):
        write_report(found, tmp_path / name)
    book = openpyxl.load_workbook(tmp_path / "year.xlsx")
    assert book["Итоги"]["B2"].value.replace("\u00a0", "") == "90000"
    assert [cell.value for cell in book["Темы"][2]][1:3] == [22_500, 17_000]
    assert json.loads((tmp_path / "year.json").read_text(encoding="utf-8"))["messages"] == 90_000


def test_new_topics_surges_and_confused_bodies(tmp_path: Path) -> None:
    def message(number: int, moment: datetime, topic: str) -> Entry:
        return Entry(Appeal("т", str(number), created=moment), Verdict(topic, "", "Горсвет", "м", 0.9, 0.9, "auto"))

    with Journal(tmp_path / "j.db") as journal:
        days = [datetime(year, month, 5) for year in (2023, 2024) for month in range(1, 13)]
        journal.record(message(i, day, "Ямы") for i, day in enumerate(days * 3))
        journal.record(message(1000 + i, datetime(2024, 7, 1), "Ямы") for i in range(40))
        journal.record(message(2000 + i, datetime(2024, 8, 1), "Самокаты") for i in range(6))
        journal.correct(Correction(Appeal("т", str(2000 + i)), authority="Администрация") for i in range(3))
        found = summarize(journal, 2024)
    assert [(line.title, line.count) for line in found.new_topics] == [("Самокаты", 6)]
    assert [(one.topic, one.month, one.count, one.usual) for one in found.surges] == [("Ямы", 7, 43, 3)]
    assert [(one.decided, one.right, one.count) for one in found.confused] == [("Горсвет", "Администрация", 3)]
    assert found.misrouted == pytest.approx(3 / found.messages)


def test_drift_tells_the_month_that_differs(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db") as journal:
        for month, topic, unknown in ((1, "Ямы", 0.1), (2, "Ямы", 0.1), (3, "Снег", 0.4)):
            verdict = Verdict(topic, "", "Служба", "м", 0.9, 0.9, "auto", None, unknown)
            journal.record(
                Entry(Appeal("т", f"{month}-{i}", created=datetime(2024, month, 2)), verdict) for i in range(9)
            )
        assert [(one.month, one.shift, round(one.unknown_words, 2)) for one in drift(journal)] == [
            ("2024-01", None, 0.1),
            ("2024-02", 0, 0.1),
            ("2024-03", 1, 0.4),
        ]


def test_a_year_without_messages_is_told_with_the_years_there_are(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="2021, 2022"):
        summarize(journal, 1999)
    with pytest.raises(TableError, match="не знаю такого отчёта"):
        write_report(summarize(journal, 2022), tmp_path / "year.pdf")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(17280, "4 ч 48 мин"), (2400, "40 мин"), (3 * 86400 + 7200, "3 д 2 ч"), (None, "нет данных")]
)
def test_spans_are_written_as_people_say_them(seconds: float | None, shown: str) -> None:
    assert span(seconds).replace("\u00a0", " ") == shown


def test_shares_have_a_comma() -> None:
    assert percent(0.3051) == "30,5\u00a0%"


def test_thanks_are_counted_where_kinds_are_known(tmp_path: Path) -> None:
    came = datetime(2024, 5, 13, 10)
    kinds = ["thanks", "complaint", "thanks", "question"]
    with Journal(tmp_path / "j.db") as journal:
        journal.record(
            Entry(Appeal("Текст", str(n), created=came), Verdict("Ямы", kind=kind)) for n, kind in enumerate(kinds)
        )
        assert summarize(journal, 2024).thanks == 2
        assert Figures(page(summarize(journal, 2024))).by_id["thanks"] == "2"


def test_thanks_of_a_year_without_kinds_are_not_known(journal: Journal) -> None:
    assert summarize(journal, 2022).thanks is None
