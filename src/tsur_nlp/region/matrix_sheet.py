"""The matrix of a region as a workbook people read and change: topics down, territories across.

The sheet «Матрица» holds the rules, and is taken back by matrix_import.py; «Кто отвечает» shows the bodies they come
to in every municipality; «Пояснения» says how to read and change them.
"""

from pathlib import Path
from typing import Any

from tsur_nlp.region.competence import CompetenceMatrix
from tsur_nlp.region.matrix_cells import MatrixCells, Place
from tsur_nlp.region.region import Region
from tsur_nlp.tables.atomic import whole_or_nothing

SHEET = "Матрица"
HEAD = ("Группа", "Тема", "Код")
WHOLE_GROUP = "Вся группа"
LEGEND = (
    "Кто отвечает на тему: строки — темы, столбцы — места. Меняйте лист «Матрица» и верните его командой "
    "tsur-nlp region matrix РЕГИОН --import ФАЙЛ.",
    "В ячейке — роль («Содержание и ремонт муниципальных дорог») или орган. Роль значит: тот орган, который играет её "
    "в этом месте; нет такого — отвечает администрация.",
    "Если отвечают несколько, пишите доли: «Орган 75 %; Другой 25 %». В сумме 100 %.",
    "Пустая ячейка: действует место вокруг, потом «Везде», потом строка всей группы, потом каталог.",
    "Побеждает более точное: сначала условие (двор, региональная дорога), потом канал, потом место, потом тема, "
    "потом группа.",
    "Новое место — новый столбец с его названием; столбец «Код» не меняйте.",
    "Серым — не подтверждено актом: проверьте. Примечание и закон — в комментарии к ячейке.",
    "Лист «Кто отвечает» посчитан по матрице и обратно не читается.",
)


def write_matrix(region: Region, file: Path) -> None:
    """Write the workbook, whole or not at all. Raises TableError."""
    import xlsxwriter

    with whole_or_nothing(file) as unfinished:
        book = xlsxwriter.Workbook(str(unfinished), {"strings_to_formulas": False, "strings_to_urls": False})
        styles = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DDE7F0"}),
            "sure": book.add_format({"text_wrap": True, "valign": "top"}),
            "doubt": book.add_format({"text_wrap": True, "valign": "top", "font_color": "#7A7A7A"}),
            "group": book.add_format({"text_wrap": True, "valign": "top", "italic": True}),
        }
        _rules(book.add_worksheet(SHEET), region, styles)
        _bodies(book.add_worksheet("Кто отвечает"), region, styles)
        legend = book.add_worksheet("Пояснения")
        legend.set_column(0, 0, 120)
        for row, line in enumerate(LEGEND):
            legend.write_string(row, 0, line, styles["sure"])
        book.close()


def columns_of(region: Region) -> list[Place]:
    """Places the rules speak of, everywhere first, then as the table of territories has them."""
    order = {code: n for n, code in enumerate(("", *region.territories))}
    places = {("", "", "", "")} | {(one.territory, one.kind, one.channel, one.condition) for one in region.competence}
    return sorted(places, key=lambda place: (place[3], place[2], order[place[0]], place[1]))


def rows_of(region: Region) -> list[tuple[str, str, str, str]]:
    """Group, title, code as the table writes it, and key of the rule: each group, then its topics."""
    rows: list[tuple[str, str, str, str]] = []
    seen = ""
    for code, topic in region.catalog.topics.items():
        if topic.group != seen:
            seen = topic.group
            rows.append((topic.group_title, WHOLE_GROUP, f"{topic.group}.*", topic.group))
        rows.append((topic.group_title, topic.title, code, code))
    return rows


def _rules(sheet: Any, region: Region, styles: dict[str, Any]) -> None:
    cells, places = MatrixCells(region), columns_of(region)
    rules = {(one.topic, one.territory, one.kind, one.channel, one.condition): one for one in region.competence}
    _head(sheet, [*HEAD, *map(cells.column, places)], styles)
    for row, (group, title, code, key) in enumerate(rows_of(region), 1):
        for column, text in enumerate((group, title, code)):
            sheet.write_string(row, column, text, styles["group" if title == WHOLE_GROUP else "sure"])
        for column, place in enumerate(places, len(HEAD)):
            rule = rules.get((key, *place))
            if rule is not None:
                sheet.write_string(row, column, cells.answers(rule), styles["sure" if rule.confirmed else "doubt"])
                if said := "\n".join(filter(None, (rule.note, rule.source))):
                    sheet.write_comment(row, column, said, {"x_scale": 2})


def _bodies(sheet: Any, region: Region, styles: dict[str, Any]) -> None:
    matrix = CompetenceMatrix(region, region.catalog.topics)
    _head(sheet, [*HEAD, *(one.title for one in region.territories.values())], styles)
    topics = [row for row in rows_of(region) if row[1] != WHOLE_GROUP]
    for row, (group, title, code, _) in enumerate(topics, 1):
        for column, text in enumerate((group, title, code)):
            sheet.write_string(row, column, text, styles["sure"])
        for column, territory in enumerate(region.territories, len(HEAD)):
            answers = matrix.cell(code, territory).answers
            text = "; ".join(
                body.short_title + (f" {share:.0%}" if len(answers) > 1 else "") for body, share in answers
            )
            sheet.write_string(row, column, text, styles["sure"])


def _head(sheet: Any, titles: list[str], styles: dict[str, Any]) -> None:
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, styles["head"])
    sheet.freeze_panes(1, len(HEAD))
    sheet.autofilter(0, 0, 0, len(titles) - 1)
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 44)
    sheet.set_column(2, 2, 20)
    sheet.set_column(len(HEAD), len(titles) - 1, 34)
