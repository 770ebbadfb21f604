"""Tables as they really come; what goes in comes out."""

import os
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsur_nlp.errors import TableError
from tsur_nlp.tables.appeals import appeal_from
from tsur_nlp.tables.cells import as_duration, as_moment, as_text
from tsur_nlp.tables.column_mapping import find_columns
from tsur_nlp.tables.paths import keep_apart
from tsur_nlp.tables.readers import open_table
from tsur_nlp.tables.writers import write_table

HEADER = ["Номер", "Текст"]
ROWS = [["1", "Яма, «большая»; глубокая"], ["2", "строка\nвторая"], ["3", '"кавычки"']]


def read(file: Path) -> tuple[list[str], list[list[object]]]:
    with open_table(file) as table:
        return list(table.columns), [list(row.cells) for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_the_encodings_and_delimiters_of_russia(tmp_path: Path, encoding: str, delimiter: str) -> None:
    import csv

    file = tmp_path / "in.csv"
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([HEADER, *ROWS])
    assert read(file) == (HEADER, ROWS)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


@settings(deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=5), suffix=st.sampled_from([".csv", ".jsonl"]))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list, suffix: str) -> None:
    file = tmp_path_factory.mktemp("tables") / f"out{suffix}"
    with write_table(file, HEADER) as writer:
        writer.write(("первый", "текст"))
        for row in rows:
            writer.write(row)
    kept = [list(row) for row in rows]
    assert read(file) == (HEADER, [["первый", "текст"], *kept])


KINDS = CELLS | st.text(',;\t|"\n\r я', max_size=6) | st.none() | st.booleans() | st.integers() | st.floats()


@settings(deadline=None)
@given(
    rows=st.integers(1, 3).flatmap(lambda width: st.lists(st.tuples(*[KINDS] * width), min_size=1, max_size=150)),
    delimiter=st.sampled_from(",;\t|"),
)
def test_csv_is_read_alike_by_the_reader_of_python(
    tmp_path_factory: pytest.TempPathFactory, rows: list, delimiter: str
) -> None:
    import csv

    file = tmp_path_factory.mktemp("tables") / "out.csv"
    with write_table(file, ["а", "б", "в"][: len(rows[0])], delimiter) as writer:
        for row in rows:
            writer.write(row)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.reader(stream, delimiter=delimiter, strict=True))
    assert found[1:] == [[as_text(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_workbooks_and_parquet(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"out{suffix}"
    with write_table(file, HEADER) as writer:
        for row in ROWS:
            writer.write(row)
    assert read(file) == (HEADER, ROWS)


def test_cells_of_a_workbook_keep_their_kind(tmp_path: Path) -> None:
    file = tmp_path / "in.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["id", "Дата", "Текст"])
    book.active.append([12, datetime(2024, 5, 13, 10, 30), "яма"])
    book.save(file)
    assert read(file)[1] == [[12, datetime(2024, 5, 13, 10, 30), "яма"]]


def test_times_and_durations_stay_what_they_were(tmp_path: Path) -> None:
    lasted, of_day, old = timedelta(days=11, hours=12, minutes=10, seconds=25), time(15, 30), datetime(1899, 5, 1)
    for suffix in (".xlsx", ".csv"):
        with write_table(tmp_path / f"out{suffix}", ["Длительность", "Время", "Давно"]) as writer:
            writer.write((lasted, of_day, old))
    assert read(tmp_path / "out.xlsx")[1] == [[lasted, of_day, "01.05.1899"]]
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").active["A2"].number_format == "[h]:mm:ss"
    assert read(tmp_path / "out.csv")[1] == [["276:10:25", "15:30:00", "01.05.1899"]]
    assert as_duration("276:10:25") == lasted


def test_a_cell_longer_than_excel_holds_is_cut_and_counted(tmp_path: Path) -> None:
    with write_table(tmp_path / "out.xlsx", ["Текст"]) as writer:
        writer.write(["я" * 32_767])
        assert writer.cut == 0
        writer.write(["я" * 32_768])
        assert writer.cut == 1
    assert read(tmp_path / "out.xlsx")[1][1][0] == "я" * 32_766 + "…"


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    code = "from pathlib import Path; from tsur_nlp.tables.atomic import whole_or_nothing as w\n"
    code += f"with w(Path({str(tmp_path / 'out.csv')!r})): print('at work', flush=True); input()"
    killed, alive = (
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in "12"
    )
    for process in (killed, alive):
        assert process.stdout.readline() == b"at work\n"
    killed.kill()
    killed.wait()
    assert len(list(tmp_path.iterdir())) == 2
    with write_table(tmp_path / "out.csv", ["Текст"]) as writer:
        writer.write(["яма"])
    assert len(list(tmp_path.glob(".out.csv.*"))) == 1, "a run still at work keeps its file"
    alive.communicate(b"\n")
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize(
    ("read_from", "written", "said"),
    [
        ("in.csv", "in.csv", "один файл"),
        ("in.csv", "./folder/../in.csv", "один файл"),
        ("in.csv", "IN.csv", "один файл"),
        ("in.csv", "hard.csv", "один файл"),
        ("in.csv", "soft.csv", "один файл"),
        ("folder", "folder/out.csv", "в папке, которая читается"),
    ],
)
def test_no_run_writes_where_it_reads(tmp_path: Path, read_from: str, written: str, said: str) -> None:
    (tmp_path / "in.csv").write_text("Текст\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    os.link(tmp_path / "in.csv", tmp_path / "hard.csv")
    (tmp_path / "soft.csv").symlink_to("in.csv")
    with pytest.raises(TableError, match=said):
        keep_apart([tmp_path / read_from, None], [None, tmp_path / written])
    keep_apart([tmp_path / read_from], [tmp_path / "out.csv"])
    with pytest.raises(TableError, match="разные файлы"):
        keep_apart([], [tmp_path / "out.csv", tmp_path / "Out.csv"])


def test_a_text_never_becomes_a_formula(tmp_path: Path) -> None:
    file = tmp_path / "out.xlsx"
    with write_table(file, ["Текст"]) as writer:
        writer.write(['=HYPERLINK("http://example.org")'])
    cell = openpyxl.load_workbook(file).active["A2"]
    assert cell.data_type == "s"


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (3.0, "3"), (2.5, "2.5"), (date(2024, 5, 1), "01.05.2024"), ([1], "[1]"), (True, "да")],
)
def test_cells_as_text(cell: object, text: str) -> None:
    assert as_text(cell) == text


def test_a_row_with_too_many_cells_is_set_aside_with_its_content(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("id,Текст\n1,яма, большая\n2,свет\n3\n", encoding="utf-8")
    with open_table(file) as table:
        rows = list(table.rows)
    assert "ячеек 3, а столбцов 2" in rows[0].problem
    assert (rows[0].raw, rows[0].line) == ("1,яма, большая", 2)
    assert rows[1].cells == ("2", "свет")
    assert "до текста строка не доходит (строка 4)" in rows[2].problem


def test_a_broken_line_of_jsonl_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    deep = "[" * 100_000
    file.write_text(f'{{"text": "яма", "n": 1}}\nне json\n[1]\n{deep}\n{{"text": "свет"}}\n', encoding="utf-8")
    with open_table(file) as table:
        rows = list(table.rows)
    assert [bool(row.problem) for row in rows] == [False, True, True, True, False]
    assert rows[4].cells == ("свет", None)


def encrypted(file: Path) -> None:
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)


BROKEN = [
    ("in.csv", lambda file: file.write_bytes(b""), "файл пуст"),
    ("in.csv", lambda file: file.write_bytes(b"PK\x03\x04xx"), "двоичный"),
    ("in.csv", lambda file: file.write_text("\n\n", encoding="utf-8"), "нет строки заголовка"),
    ("in.txt", lambda file: file.write_text("x", encoding="utf-8"), "не знаю такой таблицы"),
    ("in.xlsx", lambda file: file.write_bytes(b"PK\x03\x04 not a book"), "повреждена"),
    ("in.xlsx", encrypted, "паролем"),
    ("in.jsonl", lambda file: file.write_bytes("яма".encode("cp1251")), "UTF-8"),
    ("in.jsonl", lambda file: file.write_text("[]\n", encoding="utf-8"), "ни одной записи"),
    ("in.parquet", lambda file: file.write_bytes(b"PAR1"), "повреждён"),
    ("in.csv", lambda file: file.mkdir(), "папка"),
    ("in.csv", lambda file: None, "файла нет"),
]


@pytest.mark.parametrize(("name", "make", "message"), BROKEN)
def test_what_can_not_be_read_is_told_with_what_to_do(tmp_path: Path, name: str, make, message: str) -> None:
    file = tmp_path / name
    make(file)
    with pytest.raises(TableError, match=message), open_table(file):
        pass


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "in.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2**21)
    monkeypatch.setattr("tsur_nlp.tables.xlsx_parts.MAX_UNPACKED", 2**20)
    with pytest.raises(TableError, match="разделите"), open_table(file):
        pass


def test_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with write_table(tmp_path / "out.csv", HEADER) as writer:
            writer.write(ROWS[0])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("header", "text", "territory"),
    [
        (["Группа тем", "Тема", "Муниципалитет", "Текст инцидента"], 3, 2),
        (["id", "text"], 1, None),
        (["СООБЩЕНИЕ ", "район"], 0, 1),
    ],
)
def test_columns_are_found_by_name(header: list[str], text: int, territory: int | None) -> None:
    found = find_columns(header)
    assert (found.text, found.territory) == (text, territory)


def test_a_missing_text_column_is_told_with_the_present_ones() -> None:
    with pytest.raises(TableError, match=r"есть: «a», «b»\. Назовите его: --text"):
        find_columns(["a", "b"])
    with pytest.raises(TableError, match="столбца «c»"):
        find_columns(["a", "b"], text="c")


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_file_cut_inside_a_character_loses_no_other_row(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"cut{suffix}"
    whole = '{"text": "яма"}\n{"text": "лифт"}\n' if suffix == ".jsonl" else "text\nяма\nлифт\n"
    file.write_bytes(whole.encode() + "я".encode()[:1])
    with open_table(file) as table:
        rows = list(table.rows)
    assert [row.cells[0] for row in rows[:2]] == ["яма", "лифт"]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("31.12.2024", datetime(2024, 12, 31)),
        ("1.2.2024 9:05", datetime(2024, 2, 1, 9, 5)),
        ("01.02.2024 09:05:07", datetime(2024, 2, 1, 9, 5, 7)),
        ("2024-02-01T09:05", datetime(2024, 2, 1, 9, 5)),
        ("2024-02-01 09:05:07.254000", datetime(2024, 2, 1, 9, 5, 7, 254000)),
        (date(2024, 2, 1), datetime(2024, 2, 1)),
        (" ", None),
        (None, None),
    ],
)
def test_moments_as_tables_hold_them(cell: object, moment: datetime | None) -> None:
    assert as_moment(cell) == moment


@pytest.mark.parametrize("cell", ["вчера", "32.12.2024", "12.05", 45])
def test_what_is_no_moment_is_refused(cell: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        as_moment(cell)


@pytest.mark.parametrize("quoted", ["кавычках", '"кавычках"'])
@pytest.mark.parametrize("lines", [1, 3, 2_000])
def test_an_unclosed_quote_swallows_no_other_row(tmp_path: Path, lines: int, quoted: str) -> None:
    (tmp_path / "in.csv").write_text('Текст,Номер\nцело,1\n"не закрыто,2\n' + f"яма в {quoted},3\n" * lines, "utf-8")
    with open_table(tmp_path / "in.csv") as table:
        first, broken, *rest = table.rows
    assert (first.cells, broken.problem[:7], broken.raw) == (("цело", "1"), "кавычка", '"не закрыто,2')
    assert [row.cells for row in rest] == [(f"яма в {quoted}", "3")] * lines
    assert [row.number for row in rest] == list(range(3, lines + 3))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("31.12.2024 15:30", datetime(2024, 12, 31, 15, 30)),
        ("31.12.24", datetime(2024, 12, 31)),
        ("31/12/2024", datetime(2024, 12, 31)),
        ("31-12-2024 7:05", datetime(2024, 12, 31, 7, 5)),
        ("31.12.2024, 15:30", datetime(2024, 12, 31, 15, 30)),
        ("31.12.2024 г. 15:30:10", datetime(2024, 12, 31, 15, 30, 10)),
        ("2024-12-31T15:30:00", datetime(2024, 12, 31, 15, 30)),
        ("20241231", datetime(2024, 12, 31)),
        (45657, datetime(2024, 12, 31)),
        (45657.75, datetime(2024, 12, 31, 18)),
        ("45657", datetime(2024, 12, 31)),
        (1735659000, datetime(2024, 12, 31, 15, 30, tzinfo=UTC)),
        (1735659000000, datetime(2024, 12, 31, 15, 30, tzinfo=UTC)),
        ("", None),
    ],
)
def test_moments_as_people_and_programs_write_them(written: object, moment: datetime | None) -> None:
    assert as_moment(written) == moment


@pytest.mark.parametrize(
    "written", ["вчера", "31.02.2024", "31.12/2024", "2024", "12345678901234567", "1.1.1.1", "0.5"]
)
def test_what_is_no_moment_is_not_guessed(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several makers, with texts of their own
        as_moment(written)


@pytest.mark.parametrize(
    ("cells", "created"),
    [
        (("Яма", "13.05.2024", "15:30"), datetime(2024, 5, 13, 15, 30)),
        (("Яма", "13.05.2024", 0.5), datetime(2024, 5, 13, 12)),
        (("Яма", "13.05.2024 09:00", "15:30"), datetime(2024, 5, 13, 9)),
        (("Яма", "13.05.2024", ""), datetime(2024, 5, 13, 23, 59)),
        (("Яма", "", "15:30"), None),
    ],
)
def test_a_column_of_times_belongs_to_the_date(cells: tuple, created: datetime | None) -> None:
    columns = find_columns(["Текст", "Дата регистрации", "Время"])
    appeal, remark = appeal_from(cells, columns)
    assert (appeal.created, remark) == (created, "")
