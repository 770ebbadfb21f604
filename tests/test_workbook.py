"""The workbook that operators work in: what it shows, what it keeps of the input, and how it comes back."""

import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import run_cli, write_csv
from tsur_nlp.batch import Job, route_table
from tsur_nlp.batch.workbook import CORRECTIONS, ORDER, TITLES
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.decision.titles import ACTIONS
from tsur_nlp.tables.readers import open_table
from tsur_nlp.tables.workbook import Column, Sheet
from tsur_nlp.tables.writers import write_table

MESSAGES = [
    ["Номер", "Текст", "Муниципалитет", "Тема", "Срок работ", "Дата создания"],
    [1, "На улице разбит асфальт, яма во всю дорогу", "г.о.г. Бор", "Ямы", timedelta(days=11, hours=3), "x"],
    [2, "Не вывозят мусор, контейнеры полные", "Лысковский", "Мусор", timedelta(hours=1), datetime(2024, 5, 13, 9)],
    [3, "Спасибо за новый сквер!", "г.о.г. Бор", "Спасибо", None, datetime(2024, 5, 14, 9, 30)],
    [4, "Прорвало трубу, вода из-под земли, нет воды", "Кстовский", "Вода", None, datetime(2024, 5, 14, 9, 30)],
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = openpyxl.Workbook()
    for row in MESSAGES:
        book.active.append(row)
    file = tmp_path_factory.mktemp("book") / "in.xlsx"
    book.save(file)
    return file


@pytest.fixture(scope="module")
def routed(source: Path) -> Path:
    """The source as a workbook of decisions, with its journal beside it."""
    route_table(Job(source, source.with_name("out.xlsx"), journal=source.with_name("j.db")))
    return source.with_name("out.xlsx")


def heads(sheet: Any) -> dict[str, int]:
    return {cell.value: cell.column for cell in sheet[1]}


def test_heads_and_words_are_russian_and_nothing_of_the_input_is_lost(routed: Path) -> None:
    sheet = openpyxl.load_workbook(routed)["Разбор"]
    at = heads(sheet)
    assert set(at) >= {*(TITLES[name] for name in ORDER), *CORRECTIONS, "Тема (на входе)", "Текст"}
    given = [[sheet.cell(row, at.get(f"{n} (на входе)", at[n])).value for n in MESSAGES[0]] for row in range(2, 6)]
    assert given == MESSAGES[1:]
    assert sheet.cell(2, at["Срок работ"]).number_format == "[hh]:mm:ss"
    assert {sheet.cell(row, at["Действие"]).value for row in range(2, 6)} <= set(ACTIONS.values())
    assert sheet.cell(2, at["Уверенность в органе"]).number_format == "0%"
    assert isinstance(sheet.cell(3, at["Срок ответа"]).value, datetime)


def test_number_formats_of_the_input_are_kept(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Отчёт"])
    book.active.append(["Номер", "Текст", "Доля", "День", "Шло", "Просто"])
    formats = ["00000", "General", "0.0%", "yyyy-mm-dd", "[h]:mm", "General"]
    for n in range(3):
        book.active.append([n, f"Яма {n} на дороге", 0.5, datetime(2024, 5, 13), timedelta(hours=30), n])
        for cell, code in zip(book.active[n + 3], formats, strict=True):
            cell.number_format = code
    book.save(tmp_path / "in.xlsx")
    route_table(Job(tmp_path / "in.xlsx", tmp_path / "out.xlsx"))
    found = openpyxl.load_workbook(tmp_path / "out.xlsx")["Разбор"][2]
    assert [cell.number_format for cell in found[:6]] == formats
    assert [cell.value for cell in found[2:5]] == [0.5, datetime(2024, 5, 13), timedelta(hours=30)]


def test_a_head_that_stays_filters_colours_and_drop_downs(routed: Path) -> None:
    book = openpyxl.load_workbook(routed)
    sheet = book["Разбор"]
    assert book.sheetnames == ["Разбор", "Сводка", "Что прочитано", "Списки"]
    assert book["Списки"].sheet_state == "hidden"
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref.endswith("5")
    assert sheet.column_dimensions["B"].width > 50
    assert sheet["B2"].alignment.wrap_text
    rules = {str(one.sqref): [rule.type for rule in one.rules] for one in sheet.conditional_formatting}
    letter = {name: sheet.cell(1, n).column_letter for name, n in heads(sheet).items()}
    for name in ("Уверенность в теме", "Уверенность в органе"):
        assert rules[f"{letter[name]}2:{letter[name]}5"] == ["colorScale"]
    assert len(rules[f"{letter['Действие']}2:{letter['Действие']}5"]) == len(ACTIONS)
    choices = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    topics = choices[f"{letter['Верная тема']}2:{letter['Верная тема']}5"]
    offered = {cell.value for (cell,) in book["Списки"][topics.split("!")[1].replace("$", "")]}
    assert offered == {topic.title for topic in load_catalog().topics.values()}
    assert f"{letter['Верный орган']}2:{letter['Верный орган']}5" in choices


def test_the_summary_counts_and_shows_a_chart(routed: Path) -> None:
    book = openpyxl.load_workbook(routed)
    summary = book["Сводка"]
    rows = list(summary.iter_rows(values_only=True))
    head = next(n for n, row in enumerate(rows) if row[0] == "Действие")
    for title in ("Действие", "Срочность", "Тема", "Орган", "Место"):
        left = rows[head].index(title)
        assert sum(row[left + 1] or 0 for row in rows[head + 1 :]) == 4
        assert sum(row[left + 2] or 0 for row in rows[head + 1 :]) == pytest.approx(1)
    with zipfile.ZipFile(routed) as parts:
        assert "xl/charts/chart1.xml" in parts.namelist()


def test_what_was_read_is_said(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [["Текст", "Дата создания"], ["Яма на дороге", "13.05.2024"]])
    with source.open("a", encoding="utf-8") as stream:
        stream.write("лишнее,поле,ещё одно\n")
    totals = route_table(Job(source, tmp_path / "out.xlsx"))
    assert totals.rejected == 1
    said = [row[:2] for row in openpyxl.load_workbook(tmp_path / "out.xlsx")["Что прочитано"].values]
    assert ("Столбец с датой", "«Дата создания»") in said
    assert ("Счёт", "с датой 1") in said
    assert ("Регион", "Нижегородская область") in said
    assert [what for what, _ in said][-1].startswith("строка 2")


def test_alternatives_below_a_twentieth_are_blank_in_the_workbook_alone(source: Path, routed: Path) -> None:
    route_table(Job(source, source.with_name("out.csv")))
    with open_table(source.with_name("out.csv")) as table:
        whole = [row.text(table.columns.index("topic_3")) for row in table.rows]
    sheet = openpyxl.load_workbook(routed)["Разбор"]
    shown = [sheet.cell(row, heads(sheet)["Тема 3"]).value for row in range(2, 6)]
    assert sum(map(bool, whole)) > sum(map(bool, shown))
    assert all(title in (None, other) for title, other in zip(shown, whole, strict=True))


def test_a_machine_asks_for_the_stable_names(source: Path) -> None:
    target = source.with_name("plain.xlsx")
    assert run_cli("route", str(source), "-o", str(target), "--columns", "en").returncode == 0
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["Разбор"]
    assert {"input_Тема", "Тема"} & set(heads(book.active)) == {"Тема"}
    assert {row[heads(book.active)["action"] - 1] for row in book.active.values} <= {"action", *ACTIONS}


def test_the_same_run_gives_the_same_bytes(source: Path) -> None:
    moment = datetime.fromisoformat("2024-05-13T10:00+00:00")
    files = [source.with_name(f"same{n}.xlsx") for n in "12"]
    for file in files:
        route_table(Job(source, file, received=moment))
    assert files[0].read_bytes() == files[1].read_bytes()


# ------------------------------------------------------------------------------
#   Cells
# ------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["_x0041_", "=1+1", " с краю ", "a\r\nb", "<b>&amp;", "\x01", "я" * 300, "-5", "1e5"]
)
MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)).map(lambda one: one.replace(microsecond=0))


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(TEXTS, MOMENTS, st.integers(-(10**14), 10**14), st.floats(-1e9, 1e9)), min_size=1))
def test_cells_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    file = tmp_path_factory.mktemp("cells") / "out.xlsx"
    with write_table(file, ["Текст", "Когда", "Целое", "Дробное"]) as writer:
        for row in rows:
            writer.write(row)
    back = list(openpyxl.load_workbook(file).active.values)[1:]
    for (text, moment, whole, real), (text_back, moment_back, whole_back, real_back) in zip(rows, back, strict=True):
        assert openpyxl.utils.escape.unescape(text_back or "") == text
        assert abs(moment_back - moment) < timedelta(milliseconds=1)
        assert (whole_back, real_back) == (whole, pytest.approx(real))


def test_every_kind_of_cell_has_its_format(tmp_path: Path) -> None:
    cells = [date(2024, 5, 13), datetime(2024, 5, 13, 10), time(9, 30), timedelta(hours=30), True, 0.5, None, ""]
    columns = [Column(f"{n}") for n in range(len(cells))]
    columns[5] = Column("5", format="0%")
    columns[0] = Column("0", format="yyyy-mm-dd")
    with write_table(tmp_path / "out.xlsx", [], sheet=Sheet(columns)) as writer:
        writer.write(cells)
    found = next(openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(min_row=2))
    formats = [cell.number_format for cell in found][:6]
    assert formats == ["yyyy-mm-dd", "dd.mm.yyyy hh:mm", "hh:mm:ss", "[h]:mm:ss", "General", "0%"]
    assert [cell.value for cell in found[1:6]] == [*cells[1:3], timedelta(hours=30), True, 0.5]


def test_questions_of_one_message_are_rows_that_say_so(tmp_path: Path) -> None:
    text = "На улице Ленина в Бору яма во всю дорогу. Ещё вопрос: почему не вывозят мусор с нашего двора?"
    source = write_csv(tmp_path / "in.csv", [["Текст"], [text], ["Яма на дороге"]])
    route_table(Job(source, tmp_path / "out.xlsx", split=True))
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Разбор"]
    at = heads(sheet)
    assert not set(CORRECTIONS) & set(at)
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[at["Строка входа"] - 1] for row in rows][-1] == 2
    assert {row[at["Вопрос"] - 1] for row in rows} <= {1, 2, 3}


# ------------------------------------------------------------------------------
#   Back with corrections
# ------------------------------------------------------------------------------

PITS = "Некачественное покрытие асфальтовых дорог (ямы, выбоины и пр.)"


def moved(book: Any) -> None:
    """The columns in another order, the decisions deleted."""
    sheet = book["Разбор"]
    rows = [[row[heads(sheet)[name] - 1] for name in ("Верная тема", "Текст", "Номер")] for row in sheet.values]
    book.remove(sheet)
    fresh = book.create_sheet("Разбор")
    for row in rows:
        fresh.append(row)


def another_sheet(book: Any) -> None:
    """A sheet with texts before the one with corrections."""
    notes = book.create_sheet("Заметки", 0)
    notes.append(["Текст", "Кому"])
    notes.append(["Позвонить в округ", "Иванову"])


def filtered(book: Any) -> None:
    sheet = book["Разбор"]
    sheet.auto_filter.add_filter_column(heads(sheet)["Действие"] - 1, ["посмотреть"])
    for row in range(2, 6):
        sheet.row_dimensions[row].hidden = True


def sorted_back(book: Any) -> None:
    sheet = book["Разбор"]
    rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    for n, row in enumerate(reversed(rows), 2):
        for column, value in enumerate(row, 1):
            sheet.cell(n, column).value = value


@pytest.mark.parametrize("change", [lambda book: None, moved, another_sheet, filtered, sorted_back])
def test_the_workbook_comes_back_whatever_people_do_to_it(routed: Path, tmp_path: Path, change: Any) -> None:
    """Saved anew by another program, which keeps shared strings and its own styles."""
    journal, file = tmp_path / "j.db", tmp_path / "fixed.xlsx"
    journal.write_bytes(routed.with_name("j.db").read_bytes())
    book = openpyxl.load_workbook(routed)
    sheet = book["Разбор"]
    at = heads(sheet)
    sheet.cell(2, at["Верная тема"]).value = PITS
    sheet.cell(4, at["Верная тема"]).value = PITS[:-4] + "…"
    sheet.cell(5, at["Верная тема"]).value = "utilities.нет такой"
    change(book)
    book.save(file)
    command = ["correct", str(file), "--journal", str(journal), "--author", "Оператор"]
    done = run_cli(*command)
    assert done.returncode == 0, done.stderr
    assert "Строк 4: исправлений 1, нет в журнале 0, отложено 2" in done.stdout
    assert f"ближе всего: «{PITS}»" in done.stdout
    assert "исправлений 0" in run_cli(*command).stdout


def spoiled(book: Any, **cells: Any) -> None:
    sheet = book["Разбор"]
    for name, value in cells.items():
        sheet.cell(2, heads(sheet)[name]).value = value


def without(name: str) -> Any:
    def change(book: Any) -> None:
        book["Разбор"].delete_cols(heads(book["Разбор"])[name])

    return change


def merged(book: Any) -> None:
    sheet = book["Разбор"]
    at = heads(sheet)["Верная тема"]
    sheet.merge_cells(start_row=2, end_row=4, start_column=at, end_column=at)


BAD = [
    (without("Текст"), "не нашёл столбец с текстом", "Ошибка"),
    (without("Номер"), "такого сообщения в журнале нет", ""),
    (lambda book: spoiled(book, Номер=77), "такого сообщения в журнале нет: номер или текст изменены", ""),
    (merged, "объединённых по строкам ячеек: 1, первая в строке 2", ""),
    (lambda book: [without(name)(book) for name in CORRECTIONS], "нет ни «Верной темы», ни «Верного органа»", "Ошибка"),
]


@pytest.mark.parametrize(("change", "said", "error"), BAD)
def test_a_spoiled_workbook_is_answered_in_a_sentence(
    routed: Path, tmp_path: Path, change: Any, said: str, error: str
) -> None:
    journal, file = tmp_path / "j.db", tmp_path / "fixed.xlsx"
    journal.write_bytes(routed.with_name("j.db").read_bytes())
    book = openpyxl.load_workbook(routed)
    spoiled(book, **{"Верная тема": PITS})
    change(book)
    book.save(file)
    done = run_cli("correct", str(file), "--journal", str(journal))
    assert said in done.stdout + done.stderr
    assert done.stderr.startswith(error)
    assert done.stderr.count("\n") <= 1


# ------------------------------------------------------------------------------
#   Doubtful labels
# ------------------------------------------------------------------------------


def test_doubts_go_back_into_the_table(tmp_path: Path) -> None:
    from tsur_nlp.learning.labels import Doubt, write_doubts

    texts = [[f"Яма {n} на дороге", "Дороги" if n else "Свет", str(n)] for n in range(4)]
    table = write_csv(tmp_path / "t.csv", [["Текст", "Тема", "Ещё"], *texts])
    doubts = tmp_path / "doubts.xlsx"
    rows = [Doubt(n + 1, texts[n][0], texts[n][1], "Дороги", 0.9, 0.1) for n in range(4)]
    write_doubts([*rows, Doubt(9, "Нет такой", "Свет", "Дороги", 0.9, 0.1)], ["Дороги", "Свет"], doubts)
    book = openpyxl.load_workbook(doubts)
    sheet = book.active
    at = heads(sheet)
    assert sheet.data_validations.dataValidation[0].formula1 == "'Списки'!$A$2:$A$3"
    for row, right in ((2, "дороги"), (3, "Светт"), (4, ""), (5, "Свет"), (6, "Свет")):
        sheet.cell(row, at["Верная метка"]).value = right
    sheet.cell(5, at["Текст"]).value = "Другой текст"
    book.save(doubts)
    target = tmp_path / "t2.csv"
    done = run_cli("relabel", str(table), str(doubts), "-o", str(target))
    assert done.returncode == 0, done.stderr
    assert "Строк 4: меток исправлено 1, отложено 3" in done.stdout
    assert "метки «Светт» в таблице нет; ближе всего: «Свет»" in done.stdout
    with open_table(target) as back:
        assert [list(row.cells) for row in back.rows] == [["Яма 0 на дороге", "Дороги", "0"], *texts[1:]]
    with open_table(target.with_name("t2.csv.rejected.csv")) as aside:
        assert len(list(aside.rows)) == 3
