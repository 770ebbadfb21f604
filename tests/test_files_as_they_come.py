"""Files as clerks and programs really leave them: nothing is read wrongly without a word."""

import json
import random
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from tsur_nlp.errors import TableError
from tsur_nlp.tables.column_mapping import find_columns
from tsur_nlp.tables.inspection import inspect
from tsur_nlp.tables.readers import Reading, Row, open_table
from tsur_nlp.tables.table import BY_ITSELF

PROSE = "Номер;Текст\n1;Во дворе третий день не горят фонари\n2;ЯМА НА ДОРОГЕ У ШКОЛЫ\n"


def opened(file: Path, how: Reading = BY_ITSELF) -> tuple[list[str], list[Row], str]:
    with open_table(file, how) as table:
        return list(table.columns), list(table.rows), "; ".join(table.about)


def csv_of(tmp_path: Path, content: str | bytes) -> Path:
    file = tmp_path / "in.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def good(rows: list[Row]) -> list[tuple]:
    return [row.cells for row in rows if not row.problem]


def bad(rows: list[Row]) -> list[int]:
    return [row.line for row in rows if row.problem]


# ------------------------------------------------------------------------------
#   Encodings
# ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [PROSE, "Текст\nяма\n", "id,Тема,Текст\n1,Ёлки,Спилите сухое дерево\n"])
@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r", "mac-cyrillic", "iso8859-5"])
def test_an_encoding_of_one_byte_is_told_by_its_letters_and_said(tmp_path: Path, encoding: str, text: str) -> None:
    columns, rows, about = opened(csv_of(tmp_path, text.encode(encoding)))
    again, rows_again, _ = opened(csv_of(tmp_path, text))
    assert (columns, good(rows)) == (again, good(rows_again))
    assert f"кодировка {encoding} (по буквам)" in about


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-8-sig", "utf-32"])
def test_wide_encodings_with_a_mark_and_without(tmp_path: Path, encoding: str) -> None:
    columns, rows, _ = opened(csv_of(tmp_path, PROSE.encode(encoding)))
    assert (columns[1], good(rows)[1]) == ("Текст", ("2", "ЯМА НА ДОРОГЕ У ШКОЛЫ"))


@pytest.mark.parametrize("byte", [b"\xff", b"\xd0", b"\x98", b"\xc0\x80"])
def test_a_bad_byte_costs_its_row_alone_and_never_the_encoding(tmp_path: Path, byte: bytes) -> None:
    content = "Номер,Текст\n1,яма\n2,све".encode() + byte + "т\n3,лифт\n".encode()
    _, rows, about = opened(csv_of(tmp_path, content))
    assert good(rows) == [("1", "яма"), ("3", "лифт")]
    assert bad(rows) == [3]
    assert f"\\x{byte[0]:02x}" in rows[1].raw
    assert "испорченные байты" in about


def test_a_bad_byte_of_jsonl_costs_its_line_alone(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes('{"text": "яма"}\n{"text": "'.encode() + b'\xff"}\n' + '{"text": "лифт"}\n'.encode())
    _, rows, _ = opened(file)
    assert (good(rows), bad(rows)) == ([("яма",), ("лифт",)], [2])


def test_the_user_names_the_encoding(tmp_path: Path) -> None:
    file = csv_of(tmp_path, "text\nе\n".encode("cp866"))
    assert good(opened(file, Reading(encoding="cp866"))[1]) == [("е",)]
    with pytest.raises(TableError, match="«klingon» неизвестна"):
        opened(file, Reading(encoding="klingon"))


# ------------------------------------------------------------------------------
#   Rows that do not fit
# ------------------------------------------------------------------------------

TORN = [
    ("a line break in a cell in the middle", "№,Текст,Район\n1,яма на\nдороге,Бор\n2,лифт,Бор\n", [2, 3]),
    ("in three pieces", "№,Текст,Район\n1,Здравствуйте!\nПрошу помочь\nСпасибо,Бор\n2,лифт,Бор\n", [2, 3, 4]),
    ("in the last cell", "№,Район,Текст\n1,Бор,яма на\nдороге у школы\n2,Бор,лифт\n", [2, 3]),
    ("in the first cell", "Текст,Район,№\nЯма на\nдороге,Бор,1\nлифт,Бор,2\n", [2, 3]),
    ("a bare return", "№,Текст,Район\n1,яма на\rдороге,Бор\n2,лифт,Бор\n", [2, 3]),
    ("a second piece with a capital", "№,Текст,Район\n1,Яма.\nОчень глубокая,Бор\n2,лифт,Бор\n", [2, 3]),
    ("inner quotes and a separator", '№,Текст,Район\n1,"ООО "Дом", не убирает",Бор\n2,лифт,Бор\n', [2]),
    ("a quoted phrase with a separator, a blank left out", '№,Текст,Район\n1,Сосед "яма, яма"\n2,лифт,Бор\n', [2]),
    ("an unclosed quote", '№,Текст,Район\n1,"яма,Бор\n2,лифт,Бор\n', [2]),
    ("a quote that swallows whole rows", '№,Текст,Р\n1,"яма,Б\n2,а,Б\n3,б,Б\n4,в,Б\n5,"лифт,Б\n2,лифт,Бор\n', [2, 6]),
    ("too many cells", "№,Текст,Район\n1,яма, яма,Бор\n2,лифт,Бор\n", [2]),
    ("no text at all", "№,Дата,Текст\n1,13.05.2024\n2,лифт,Бор\n", [2]),
]


@pytest.mark.parametrize(("content", "lines"), [case[1:] for case in TORN], ids=[case[0] for case in TORN])
def test_a_row_that_does_not_fit_is_put_aside_with_what_stood_there(
    tmp_path: Path, content: str, lines: list[int]
) -> None:
    _, rows, _ = opened(csv_of(tmp_path, content))
    assert bad(rows) == lines
    assert sum("лифт" in row.cells for row in rows) == 1
    physical = content.replace("\r", "\n").split("\n")
    assert [row.raw for row in rows if row.problem] == [physical[line - 1] for line in lines]
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


FITTING = [
    ("commas in one column", 'Текст\nяма, лужа\n"лифт, свет"\nдом,,\n', [("яма, лужа",), ("лифт, свет",), ("дом",)]),
    ("trailing blanks left out by Excel", "№,Текст,Район\n1,яма\n2,лифт\n", [("1", "яма", ""), ("2", "лифт", "")]),
    ("one blank left out", "Текст,Район\nЯма на дороге\nЛифт,Бор\n", [("Яма на дороге", ""), ("Лифт", "Бор")]),
    ("inches", 'Текст,№\nтруба 5",1\nтруба 7",2\n', [('труба 5"', "1"), ('труба 7"', "2")]),
    ("inner quotes alone", 'Текст,№\n"ООО "Дом" не убирает",1\n', [('ООО "Дом" не убирает', "1")]),
    ("a letter of three lines", 'Текст,№\n"Привет,\nяма, да,\nспасибо",1\n', [("Привет,\nяма, да,\nспасибо", "1")]),
    ("a return in quotes", 'Текст,№\n"яма\rлифт",1\n', [("яма\rлифт", "1")]),
    ("blank lines and blank cells at the end", "Текст,№\n\nяма,1,,\n\n", [("яма", "1")]),
    ("the separator of Excel's directive", "sep=;\nТекст;№\nяма, лифт;1\n", [("яма, лифт", "1")]),
    ("commas in texts, semicolons between", "Тема, вид;Текст\nа, б, в;яма, лифт\n", [("а, б, в", "яма, лифт")]),
]  # fmt: skip


def test_words_under_a_table_do_not_harm_its_last_row(tmp_path: Path) -> None:
    _, rows, _ = opened(csv_of(tmp_path, "№,Текст,Район\n1,яма,Бор\nВыгрузил оператор\n"))
    assert (good(rows), bad(rows)) == ([("1", "яма", "Бор")], [3])


@pytest.mark.parametrize(("content", "cells"), [case[1:] for case in FITTING], ids=[case[0] for case in FITTING])
def test_a_row_that_can_be_read_is_read(tmp_path: Path, content: str, cells: list) -> None:
    _, rows, _ = opened(csv_of(tmp_path, content))
    assert (good(rows), bad(rows)) == (cells, [])


# ------------------------------------------------------------------------------
#   Heads
# ------------------------------------------------------------------------------

HEADS = [
    ("titles above", "За май;;\nЦентр;13.05.2024;\n№;Текст;Район\n1;яма;Бор\n", ["№", "Текст", "Район"], "строке 3"),
    ("two rows", "№;Жалоба;;Место\n;Дата;Текст;\n1;13.05.2024;яма;Б\n", ["№", "Дата", "Текст", "Место"], "две строки"),
    ("groups with the same names", "Автор;;Текст\nИмя;Район;\nОн;Бор;яма\n", ["Имя", "Район", "Текст"], "две строки"),
    ("numbers of columns", "№;Текст;Район\n1;2;3\n7;яма;Бор\n", ["№", "Текст", "Район"], "номерами столбцов"),
    ("a title above one column", "Жалобы\n\nТекст\nяма\n", ["Текст"], "строке 3"),
    ("known words among data", "Жалоба;Тип\nяма;Сообщение\nлифт;Обращение\n", ["Жалоба", "Тип"], ""),
    ("repeated and nameless", "Текст;;Текст\nяма;1;\n", ["Текст", "Столбец 2", "Текст (3)"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("content", "names", "said"), [case[1:] for case in HEADS], ids=[case[0] for case in HEADS])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_head_is_found_and_doubts_are_said(
    tmp_path: Path, content: str, names: list[str], said: str, suffix: str
) -> None:
    file = csv_of(tmp_path, content)
    if suffix == ".xlsx":
        book = openpyxl.Workbook()
        for number, line in enumerate(content.rstrip("\n").split("\n"), 1):
            for column, cell in enumerate(line.split(";"), 1):
                if cell:
                    book.active.cell(number, column, int(cell) if cell.isdecimal() else cell)
        file = tmp_path / "in.xlsx"
        book.save(file)
    columns, rows, about = opened(file)
    assert columns == names
    assert said in about
    assert any("яма" in row.cells for row in rows)


def test_the_user_says_where_the_head_stands(tmp_path: Path) -> None:
    file = csv_of(tmp_path, "а;б\nТекст;№\nяма;1\n")
    assert opened(file, Reading(header=2))[0] == ["Текст", "№"]
    columns, rows, about = opened(file, Reading(header=0))
    assert (columns, len(rows)) == (["Столбец 1", "Столбец 2"], 3)
    assert "без заголовка" in about
    with pytest.raises(TableError, match="строки 9 среди первых нет"):
        opened(file, Reading(header=9))


SECRET = ["Сидоров Пётр", "8 910 555-12-34", "Сидоров Пётр Ильич жалуется на соседей. Дом 5", "sidorov@example.org"]


def test_a_list_of_messages_without_a_head_does_not_print_the_first(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("Яма у школы\nНет воды\n", encoding="utf-8")
    with pytest.raises(TableError, match="--header 0") as told:
        inspect(tmp_path / "in.csv")
    assert "Яма" not in str(told.value)


def test_a_list_of_messages_without_a_head_keeps_its_commas(tmp_path: Path) -> None:
    file = csv_of(tmp_path, "Яма, лужа\nНет воды\nЛифт, подъезд, свет\n")
    columns, rows, _ = opened(file, Reading(header=0))
    assert (columns, good(rows)) == (["Столбец 1"], [("Яма, лужа",), ("Нет воды",), ("Лифт, подъезд, свет",)])


@pytest.mark.parametrize("secret", SECRET)
def test_a_table_without_a_head_does_not_print_what_it_holds(tmp_path: Path, secret: str) -> None:
    (tmp_path / "in.csv").write_text(f"1,{secret},13\n2,Иная жалоба,14\n", encoding="utf-8")
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": 1, secret: "яма"}) + "\n", encoding="utf-8")
    for name in ("in.csv", "in.jsonl"):
        with pytest.raises(TableError) as told:
            inspect(tmp_path / name)
        assert "--header" in str(told.value)
        assert secret[:7] not in str(told.value)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Текст;Дата;Текст\n;1;Яма на дороге\n;2;Не горит фонарь\n", 2),
        ("Обращение;Содержание\nОГ-2024/17;Яма на дороге\nОГ-2024/18;Темно\n", 1),
        ("Обращение;Содержание\nЯма на дороге у дома;\n", 0),
        ("Сообщение;Текст\nнет;Яма на дороге, разбит асфальт, темно\n", 1),
    ],
)
def test_the_text_is_told_by_what_it_holds(tmp_path: Path, content: str, text: int) -> None:
    with open_table(csv_of(tmp_path, content)) as table:
        assert find_columns(table.columns, table.sample).text == text


def test_a_column_of_numbers_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="в столбце «Обращение» номера"):
        inspect(csv_of(tmp_path, "Обращение;Район\nОГ-2024/17;Бор\n"))


# ------------------------------------------------------------------------------
#   Lines of jsonl
# ------------------------------------------------------------------------------


def test_a_line_of_jsonl_costs_itself_and_lines_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tsur_nlp.tables.csv_lines.lines_of.__defaults__", (1000,))
    file = tmp_path / "in.jsonl"
    lines = [
        '\ufeff{"text": "яма"}',
        "",
        '{"text": "' + "я" * 3000 + '"}',
        '{"text": "свет", "text": "тьма"}',
        "[1]",
        "  ",
    ]
    file.write_text("\n".join([*lines, '{"text": "лифт\\rвниз"}']), encoding="utf-8")
    _, rows, _ = opened(file)
    assert [(row.line, row.number) for row in rows] == [(n, n) for n in (1, 3, 4, 5, 7)]
    assert bad(rows) == [3, 4, 5]
    assert good(rows) == [("яма",), ("лифт\rвниз",)]


def test_keys_that_never_come_again_are_bounded(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps({"text": "яма", f"k{n}": n}) + "\n" for n in range(3000)), encoding="utf-8")
    columns, rows, about = opened(file)
    assert len(columns) == 1000
    assert len(bad(rows)) == 2001
    assert "ключей больше 1000" in about


# ------------------------------------------------------------------------------
#   Workbooks
# ------------------------------------------------------------------------------


def book_of(file: Path, fill: Callable[[openpyxl.Workbook], None]) -> Path:
    book = openpyxl.Workbook()
    fill(book)
    book.save(file)
    return file


def many_sheets(book: openpyxl.Workbook) -> None:
    book.active.title = "Титул"
    book.active.append(["Отчёт центра"])
    for title, word, state in (("Скрытый", "тьма", "hidden"), ("Май", "яма", "visible"), ("Июнь", "лифт", "visible")):
        sheet = book.create_sheet(title)
        sheet.append(["№", "Текст"])
        sheet.append([1, word])
        sheet.sheet_state = state


@pytest.mark.parametrize(
    ("sheet", "text"), [(None, "яма"), ("Июнь", "лифт"), ("июнь ", "лифт"), ("4", "лифт"), ("Скрытый", "тьма")]
)
def test_the_visible_sheet_with_texts_is_read_and_the_others_are_named(
    tmp_path: Path, sheet: str | None, text: str
) -> None:
    file = book_of(tmp_path / "in.xlsx", many_sheets)
    _, rows, about = opened(file, Reading(sheet=sheet))
    assert good(rows) == [(1, text)]
    assert "не читались листы: «Титул»" in about
    with pytest.raises(TableError, match="листа «Март» нет; есть: «Титул»"):
        opened(file, Reading(sheet="Март"))


def test_what_excel_has_not_computed_is_said_and_put_aside(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for row in (["№", "Текст", "Итог"], [1, "=A2&B3", 2], [2, "яма", "=1+1"], [3, "#N/A", 1]):
            book.active.append(row)

    _, rows, about = opened(book_of(tmp_path / "in.xlsx", fill))
    assert (good(rows), bad(rows)) == ([(2, "яма", "")], [2, 4])
    assert "формул без посчитанного значения: 2" in about
    assert "с ошибкой вместо значения (#Н/Д и подобных): 1" in about


def test_a_table_that_begins_in_the_middle_of_a_sheet(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for column, cells in ((3, ["Текст", "=A1", "яма"]), (4, ["№", 1, 2])):
            for row, cell in enumerate(cells, 5):
                book.active.cell(row, column, cell)

    columns, rows, _ = opened(book_of(tmp_path / "in.xlsx", fill))
    assert columns == ["Текст", "№"]
    assert (good(rows), bad(rows)) == ([("яма", 2)], [6])


def changed(file: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one part changed."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


SHEET = "xl/worksheets/sheet1.xml"


def plain(book: openpyxl.Workbook) -> None:
    book.active.append(["Текст"])
    book.active.append(["яма"])


@pytest.mark.parametrize("place", ["XFD1048576", "ZZZZZZZ9999999999", "A99999999999", "xfd1048576"])
@pytest.mark.parametrize(
    "cell", ['<c r="{}"><v>1</v></c>', "<c x=\">\" r = '{}'><v>1</v></c>", '<c r="{}"><!-- --><v>1</v></c>']
)
def test_a_cell_in_the_last_corner_is_refused_before_memory_is_taken(tmp_path: Path, place: str, cell: str) -> None:
    last = f"<row>{cell.format(place)}</row></sheetData>".encode()
    file = changed(book_of(tmp_path / "in.xlsx", plain), SHEET, lambda xml: xml.replace(b"</sheetData>", last))
    with pytest.raises(TableError, match=r"разбросаны|повреждён"):
        opened(file)


def test_formats_alone_in_the_last_corner_are_no_cells(tmp_path: Path) -> None:
    last = b'<row r="1048576" s="1"><c r="XFD1048576" s="0"/></row></sheetData>'
    file = changed(book_of(tmp_path / "in.xlsx", plain), SHEET, lambda xml: xml.replace(b"</sheetData>", last))
    assert good(opened(file)[1]) == [("яма",)]


def test_shared_strings_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tsur_nlp.tables.xlsx_parts.MAX_STRINGS", 1000)
    file = book_of(tmp_path / "in.xlsx", plain)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"<sst>" + b"<si><t/></si>" * 1001 + b"</sst>")
    with pytest.raises(TableError, match="больше 1000 строк текста"):
        opened(file)


def test_changed_parts_of_a_workbook_end_in_rows_or_one_line(tmp_path: Path) -> None:
    chance = random.Random(5)
    file = book_of(tmp_path / "in.xlsx", many_sheets)
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()

    def torn(content: bytes) -> bytes:
        at, length = chance.randrange(len(content)), chance.randrange(40)
        return (
            content[:at]
            + chance.choice([b"", b"<", b"9" * 9, chance.randbytes(5), content[:at]])
            + content[at + length :]
        )

    for _ in range(150):
        file.write_bytes(whole)
        changed(file, chance.choice(names), torn)
        with suppress(TableError):
            assert all(row.problem or len(row.cells) for row in opened(file)[1])


# ------------------------------------------------------------------------------
#   Parquet
# ------------------------------------------------------------------------------


def test_billionths_of_a_second_and_repeated_columns_of_parquet(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    moments = pyarrow.array([1_715_589_000_000_000_001, None], pyarrow.timestamp("ns"))
    lasted = pyarrow.array([61_000_000_001, None], pyarrow.duration("ns"))
    far = pyarrow.array([2**61, None], pyarrow.timestamp("us"))
    arrays = [pyarrow.array(["яма", "лифт"]), moments, lasted, far, pyarrow.array(["а", "б"])]
    names = ["Текст", "Дата", "Длительность", "Далеко", "Текст"]
    parquet.write_table(pyarrow.Table.from_arrays(arrays, names), tmp_path / "in.parquet")
    columns, rows, _ = opened(tmp_path / "in.parquet")
    assert columns == ["Текст", "Дата", "Длительность", "Далеко", "Текст (5)"]
    assert (rows[0].text(1), rows[0].text(2), rows[0].text(4)) == ("13.05.2024 08:30:00", "0:01:01", "а")
    assert rows[1].cells == ("лифт", None, None, None, "б")


# ------------------------------------------------------------------------------
#   Time
# ------------------------------------------------------------------------------

GROWING = {
    "x and a quote": lambda n: "Текст,№\n" + 'x","\n' * n,
    "a stray quote in the head": lambda n: 'Текст,"№\n' + "яма,1\n" * n,
    "an open quote in every line": lambda n: "Текст,№\n" + '"яма,1\n' * n,
    "quotes alone": lambda n: "Текст,№\n" + '"' * (2 * n),
    "columns": lambda n: ",".join(["Текст", *["x"] * min(n, 16_000)]) + "\nяма\n",
    "torn rows": lambda n: "№,Текст,Р\n" + "1,а\nб\n" * n,
    "titles": lambda n: "яма\n" * n,
}


@pytest.mark.parametrize("kind", GROWING)
def test_time_grows_with_the_file_and_no_faster(tmp_path: Path, kind: str) -> None:
    seconds = []
    for size in (10_000, 40_000):
        file = csv_of(tmp_path, GROWING[kind](size))
        best = 1e9
        for _ in range(2):
            started = time.process_time()
            with suppress(TableError):
                opened(file)
            best = min(best, time.process_time() - started)
        seconds.append(best)
    assert seconds[1] < 8 * max(seconds[0], 0.01), seconds


def test_more_columns_than_a_sheet_holds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="столбцов 40000, а бывает не больше 16384"):
        opened(csv_of(tmp_path, ",".join(["Текст", *["x"] * 39_999]) + "\n"))
