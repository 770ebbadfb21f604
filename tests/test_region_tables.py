"""The matrix learned from the past, checked against it, shown as a book and taken back; lists of accounts."""

import csv
import shutil
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import run_cli, write_csv
from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.errors import RegionError, TableError, TsurError
from tsur_nlp.journal import Correction, Entry, Journal, Verdict
from tsur_nlp.learning.region_learn import disagreements, proposals
from tsur_nlp.learning.region_past import count_past
from tsur_nlp.region.account_list import merged, read_list, unmatched_lines
from tsur_nlp.region.competence import CompetenceMatrix
from tsur_nlp.region.lint import gaps
from tsur_nlp.region.loader import folder_of, load_region
from tsur_nlp.region.matrix_cells import MatrixCells
from tsur_nlp.region.matrix_import import take_matrix
from tsur_nlp.region.matrix_sheet import columns_of, write_matrix
from tsur_nlp.region.region import Region

PACK = Path(str(files("tsur_nlp"))) / "regions" / "nizhny"
HEADER = ["Тема", "Исполнитель", "Муниципалитет"]
PITS, STRAYS = "Ямы во дворах", "Отлов безнадзорных собак и кошек"
SOVETSKY = "Администрация Советского района города Нижнего Новгорода"
IMPROVEMENT = "Департамент благоустройства администрации города Нижнего Новгорода"
BALAKHNA = "Администрация Балахнинского округа"


@pytest.fixture(scope="module")
def nizhny() -> Region:
    return load_region("nizhny")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(PACK, folder)
    return folder


def past_table(folder: Path, *rows: tuple[str, str, str], name: str = "past.csv") -> Path:
    table = folder / name
    write_csv(table, [HEADER, *map(list, rows)])
    return table


# ------------------------------------------------------------------------------
#   The shipped matrix
# ------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["nn", "nn.sovetsky", "kstovo", "bor", "sarov", "gagino", "nizhny"])
def test_every_topic_has_a_row_of_its_own_everywhere(nizhny: Region, place: str) -> None:
    matrix = CompetenceMatrix(nizhny, nizhny.catalog.topics)
    steps = {topic: matrix.cell(topic, place).step.code for topic in nizhny.catalog.topics}
    assert [topic for topic, step in steps.items() if step in ("matrix_catalog", "matrix_none")] == []


ANSWERS = [
    ("improvement.yards", "nn.sovetsky", (), "nn.sovetsky.administration"),
    ("improvement.yards", "bor", (), "bor.administration"),
    ("improvement.fountains", "nn.sovetsky", (), "nn.improvement"),
    ("roads.pits", "nn.sovetsky", (), "nn.roads"),
    ("roads.pits", "nn.sovetsky", ("yard",), "nn.sovetsky.administration"),
    ("roads.pits", "bor", (), "bor.administration"),
    ("roads.pits", "bor", ("regional_road",), "nizhny.gu_roads"),
    ("roads.snow", "bor", ("regional_road", "federal_road"), "federal.roads"),
    ("roads.pits", "kstovo", (), "kstovo.administration"),
    ("roads.pits", "nizhny", (), "nizhny.transport"),
    ("housing.capital_repair", "gagino", (), "nizhny.capital_repair"),
    ("housing.roof_leak", "nn", (), "nizhny.gzhi"),
    ("housing.flooded", "bor", ("private_house",), "bor.administration"),
    ("property.land_grant", "bor", (), "nizhny.property"),
    ("property.land_grant", "gagino", (), "gagino.administration"),
    ("transport.routes", "nn.sovetsky", (), "nizhny.transport"),
    ("transport.routes", "sarov", (), "sarov.administration"),
    ("education.repair", "nn.sovetsky", (), "nn.education"),
    ("education.repair", "nizhny", (), "nizhny.education"),
    ("health.queue", "sarov", (), "nizhny.health"),
    ("social.child_benefit", "vyksa", (), "federal.pension"),
    ("ecology.poaching", "vyksa", (), "nizhny.forestry"),
    ("education.university", "vyksa", (), "nizhny.science"),
]


@pytest.mark.parametrize(("topic", "place", "conditions", "body"), ANSWERS)
def test_who_answers(nizhny: Region, topic: str, place: str, conditions: tuple[str, ...], body: str) -> None:
    matrix = CompetenceMatrix(nizhny, nizhny.catalog.topics)
    assert matrix.cell(topic, place, conditions=frozenset(conditions)).answers[0][0].code == body


def test_former_titles_are_known(nizhny: Region) -> None:
    labor = nizhny.authority_named("Управление по труду и занятости населения Нижегородской области")
    assert labor is not None
    assert labor.title.startswith("Министерство демографии")


def test_gaps_of_the_matrix_are_named(mine: Path) -> None:
    table = mine / "competence.csv"
    table.write_text("topics,roles\nroads.*,roads.municipal\n", encoding="utf-8")
    told = [gap.text for gap in gaps(load_region(mine))]
    rows = len(load_region(mine).catalog.topics_of("roads.*"))
    assert any(f"Тем без строки в competence.csv, отвечает каталог: {359 - rows}" in text for text in told)
    assert any(text.startswith("Органов, к которым не ведёт ни одна тема") and "безопасности" in text for text in told)


# ------------------------------------------------------------------------------
#   Learned from the past
# ------------------------------------------------------------------------------


def test_rows_are_proposed_from_a_table(nizhny: Region, tmp_path: Path) -> None:
    table = past_table(
        tmp_path,
        *[(PITS, SOVETSKY, "")] * 6,
        *[(PITS, BALAKHNA, "Балахнинский")] * 5,
        *[(PITS, IMPROVEMENT, "")] * 3,
        (PITS, "Министерство культуры Нижегородской области", ""),
        *[(STRAYS, IMPROVEMENT, "")] * 2,
    )
    past = count_past(table, nizhny)
    found = list(proposals(past, nizhny))
    assert {one.topic for one in found} == {"improvement.yard_pits"}
    # Balakhna has no departments: its five messages say nothing of which role answers, and follow the others.
    assert [(one.role, one.share) for one in found] == [
        ("district.administration", 0.67),
        ("improvement.municipal", 0.33),
    ]
    assert found[0].agreement == pytest.approx(14 / 15)
    assert found[0].conflicts == "Министерство культуры Нижегородской области 1"


def test_proposed_rows_are_a_competence_table(mine: Path, tmp_path: Path) -> None:
    table = past_table(
        tmp_path, *[(PITS, SOVETSKY, "")] * 2, *[(PITS, IMPROVEMENT, "")] * 4, *[(STRAYS, BALAKHNA, "")] * 3
    )
    out = tmp_path / "proposals.csv"
    done = run_cli("region", "learn", str(table), "--region", str(mine), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert "Сообщений учтено 9" in done.stdout
    shutil.copy(out, mine / "competence.csv")
    region = load_region(mine)
    cell = CompetenceMatrix(region, region.catalog.topics).cell("improvement.yard_pits", "nn.sovetsky")
    assert [(body.code, round(share, 2)) for body, share in cell.answers] == [
        ("nn.improvement", 0.67), ("nn.sovetsky.administration", 0.33),
    ]  # fmt: skip


def test_topics_of_another_catalogue_ask_for_a_crosswalk(nizhny: Region, tmp_path: Path) -> None:
    table = past_table(tmp_path, *[("Колдобины у подъездов", SOVETSKY, "")] * 3)
    with pytest.raises(TableError, match=r"«Колдобины у подъездов» — 3.*--crosswalk"):
        count_past(table, nizhny)
    own = tmp_path / "own.csv"
    own.write_text("label,topics\nКолдобины у подъездов,improvement.yard_pits\n", encoding="utf-8")
    assert count_past(table, nizhny, str(own)).messages == 3


def test_a_wide_label_counts_for_the_field_of_the_body(nizhny: Region, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("label,topics\nЯмы и капремонт,roads.pits housing.capital_repair\n", encoding="utf-8")
    fund = nizhny.authorities["nizhny.capital_repair"].title
    past = count_past(past_table(tmp_path, ("Ямы и капремонт", fund, "")), nizhny, str(own))
    assert set(past.counts) == {"housing.capital_repair"}


def test_only_what_people_said_counts_in_a_journal(nizhny: Region, tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    moment = datetime(2026, 11, 2, 10)
    with Journal(file) as journal:
        for number in range(4):
            appeal = Appeal(f"Яма у подъезда {number}", id=str(number), created=moment)
            journal.record([Entry(appeal, Verdict(PITS, "", IMPROVEMENT, "модель"), territory="nn.sovetsky")])
            if number:
                journal.correct([Correction(appeal, authority=SOVETSKY)])
    past = count_past(file, nizhny)
    assert past.messages == 3
    assert past.counts["improvement.yard_pits"] == {("nn.sovetsky", "nn.sovetsky.administration"): 3}


def test_rows_that_disagree_with_the_past_are_named(nizhny: Region, tmp_path: Path) -> None:
    table = past_table(tmp_path, *[(PITS, IMPROVEMENT, "Советский район")] * 4, *[(PITS, BALAKHNA, "Балахнинский")] * 4)
    [one] = disagreements(count_past(table, nizhny), nizhny)
    assert (one.topic, one.territory, one.messages, one.of) == ("improvement.yard_pits", "nn.sovetsky", 4, 4)
    assert (one.seen, one.expected) == (IMPROVEMENT, SOVETSKY)
    done = run_cli("region", "check", "nizhny", "--past", str(table))
    assert done.returncode == 0, done.stderr
    assert f"отвечал {IMPROVEMENT} — 4 из 4; по матрице {SOVETSKY}" in done.stdout


# ------------------------------------------------------------------------------
#   The matrix as a book
# ------------------------------------------------------------------------------


def test_a_book_taken_back_unchanged_changes_nothing(nizhny: Region, tmp_path: Path) -> None:
    book = tmp_path / "matrix.xlsx"
    write_matrix(nizhny, book)
    taken = take_matrix(nizhny, folder_of("nizhny"), book)
    assert (taken.changed, taken.emptied) == (0, 0)


def cell_of(sheet: object, topic: str, column: str) -> object:
    """The cell of a topic's row under a title."""
    assert isinstance(sheet, openpyxl.worksheet.worksheet.Worksheet)
    head = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[2].value == topic)
    return row[head.index(column)]


def edited(region: Region, book: Path, change: Callable[[object], None]) -> Path:
    write_matrix(region, book)
    work = openpyxl.load_workbook(book)
    change(work["Матрица"])
    work.save(book)
    return book


def test_a_changed_cell_comes_back(mine: Path, tmp_path: Path) -> None:
    def change(sheet: object) -> None:
        cell_of(sheet, "improvement.fountains", "Везде").value = "Департамент транспорта 70 %; ГЖИ 30 %"  # type: ignore[attr-defined]
        cell_of(sheet, "roads.bumps", "двор").value = None  # type: ignore[attr-defined]

    book = edited(load_region(mine), tmp_path / "matrix.xlsx", change)
    before = (mine / "competence.csv").read_text(encoding="utf-8").count("\n")
    done = run_cli("region", "matrix", "--region", str(mine), "--import", str(book))
    assert done.returncode == 0, done.stderr
    assert "Ячеек изменено 1, опустело 1" in done.stdout
    region = load_region(mine)
    matrix = CompetenceMatrix(region, region.catalog.topics)
    fountains = matrix.cell("improvement.fountains", "bor").answers
    assert [(body.code, round(share, 2)) for body, share in fountains] == [("nn.roads", 0.7), ("nizhny.gzhi", 0.3)]
    assert matrix.cell("roads.bumps", "bor", conditions=frozenset(("yard",))).step.code == "matrix_topic"
    assert (mine / "competence.csv").read_text(encoding="utf-8").count("\n") == before + 2


def test_a_new_column_is_a_new_place(mine: Path, tmp_path: Path) -> None:
    def change(sheet: object) -> None:
        assert isinstance(sheet, openpyxl.worksheet.worksheet.Worksheet)
        column = sheet.max_column + 1
        sheet.cell(1, column).value = "город Выкса"
        row = next(row for row in sheet.iter_rows(min_row=2) if row[2].value == "roads.*")
        sheet.cell(row[0].row, column).value = "Минтранс"

    region = load_region(mine)
    taken = take_matrix(region, mine, edited(region, tmp_path / "matrix.xlsx", change))
    (mine / "competence.csv").write_text(taken.text, encoding="utf-8")
    after = load_region(mine)
    cell = CompetenceMatrix(after, after.catalog.topics).cell("roads.pits", "vyksa")
    assert cell.answers[0][0].code == "nizhny.transport"


CELL_MISTAKES = [
    ("Департамент трнспорта", "нет такой роли или органа.*ближайшее — «Департамент"),
    ("ГЖИ 70 %; Минтранс 20 %", "в сумме дают 90 %"),
    ("ГЖИ; Минтранс", "доли нужны у всех"),
    ("ГЖИ 50 %; ГЖИ 50 %", "названо дважды"),
    ("ГЖИ 0 %; Минтранс 100 %", "каждая больше нуля"),
]


@pytest.mark.parametrize(("text", "message"), CELL_MISTAKES)
def test_mistakes_are_named_by_cell(nizhny: Region, tmp_path: Path, text: str, message: str) -> None:
    def change(sheet: object) -> None:
        cell_of(sheet, "improvement.fountains", "Везде").value = text  # type: ignore[attr-defined]

    book = edited(nizhny, tmp_path / "matrix.xlsx", change)
    with pytest.raises(RegionError, match=rf"matrix.xlsx, лист «Матрица», ячейка D\d+: .*{message}"):
        take_matrix(nizhny, folder_of("nizhny"), book)


def test_a_strange_column_and_a_strange_book_are_named(nizhny: Region, tmp_path: Path) -> None:
    def change(sheet: object) -> None:
        assert isinstance(sheet, openpyxl.worksheet.worksheet.Worksheet)
        sheet["E1"] = "Лукоморье"

    with pytest.raises(RegionError, match="ячейка E1: нет такого места: «Лукоморье»"):
        take_matrix(nizhny, folder_of("nizhny"), edited(nizhny, tmp_path / "matrix.xlsx", change))
    strange = tmp_path / "strange.xlsx"
    openpyxl.Workbook().save(strange)
    with pytest.raises(TsurError):
        take_matrix(nizhny, folder_of("nizhny"), strange)


def test_titles_of_columns_are_read_back(nizhny: Region) -> None:
    cells = MatrixCells(nizhny)
    places = [*columns_of(nizhny), ("bor", "", "pos", "yard"), ("", "city_district", "", "")]
    assert [cells.place(cells.column(place)) for place in places] == places


# ------------------------------------------------------------------------------
#   Accounts, who
# ------------------------------------------------------------------------------


def test_a_list_of_accounts_of_any_shape_is_taken(mine: Path, tmp_path: Path) -> None:
    table = tmp_path / "pages.csv"
    rows = [
        ["1", "Администрация Балахнинского округа", "https://vk.com/balakhna_test, https://ok.ru/group/123", "да"],
        ["2", "МИНЗДРАВ", "t.me/minzdrav_test", ""],
        ["3", "Администрация г. Бор", "vk.com/bor_test", "нет"],
        ["4", "Клуб любителей ухи", "vk.com/ukha_test", "да"],
        ["5", "Минтранс", "—", "да"],
    ]
    write_csv(table, [["№ п/п", "Чьё", "Где ведут", "Официальная"], *rows])
    region = load_region(mine)
    taken = read_list(region, table)
    assert [(one.address, one.body.code, one.official) for one in taken.found] == [
        ("balakhna_test", "balakhna.administration", True),
        ("group/123", "balakhna.administration", True),
        ("minzdrav_test", "nizhny.health", False),
        ("bor_test", "bor.administration", False),
    ]
    assert (taken.rows, taken.linkless) == (5, 1)
    assert ["Клуб любителей ухи" in line for line in unmatched_lines(taken)] == [True]
    (mine / "accounts.csv").write_text(merged(mine, taken), encoding="utf-8")
    after = load_region(mine)
    owner = after.owner_of("https://vk.com/balakhna_test")
    assert owner is not None
    assert owner.code == "balakhna.administration"
    assert after.is_official("balakhna_test")
    assert not after.is_official("bor_test")
    assert after.accounts.keys() >= region.accounts.keys()


def test_a_list_without_links_is_named(nizhny: Region, tmp_path: Path) -> None:
    table = tmp_path / "pages.csv"
    write_csv(table, [["Орган", "Страница"], ["Минздрав", "нет"]])
    with pytest.raises(TableError, match="не нашёл ссылок"):
        read_list(nizhny, table)


def test_commands_of_the_matrix(mine: Path, tmp_path: Path) -> None:
    who = run_cli("region", "who", "Ямы во дворах", "--territory", "Бор")
    assert "Администрация муниципального округа город Бор (1.00)" in who.stdout
    assert "ближайшая" in run_cli("region", "who", "Ямы в дворах", "--territory", "Бор").stderr
    book = tmp_path / "matrix.xlsx"
    assert run_cli("region", "matrix", "-o", str(book)).returncode == 0
    assert openpyxl.load_workbook(book).sheetnames == ["Матрица", "Кто отвечает", "Пояснения"]
    table = tmp_path / "pages.csv"
    write_csv(table, [["Орган", "Страница"], ["Минздрав", "vk.com/minzdrav_test"], ["Клуб", "vk.com/club_test"]])
    done = run_cli("region", "accounts", "import", str(table), "--region", str(mine))
    assert done.returncode == 0, done.stderr
    assert "аккаунтов 1, из них официальных 0" in done.stdout
    assert "строка 3: «Клуб»" in done.stdout
    with (mine / "accounts.csv").open(encoding="utf-8") as stream:
        assert any(row["address"] == "minzdrav_test" for row in csv.DictReader(stream))
