"""The sheets «Сводка» and «Что прочитано» of a workbook with decisions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tsur_nlp.tables.column_mapping import WHAT
from tsur_nlp.tables.inspection import Inspection

CHARTED = ("Действие", "Тема")
LONGEST_CHART = 10
CHART_ROWS = 18
UNSAID = "не названо"


def write_summary(book: Any, blocks: Mapping[str, Counter[str]], rows: int) -> None:
    """Counts and shares side by side, the commonest first; charts above them. `blocks`: counts by title."""
    sheet = book.add_worksheet("Сводка")
    bold = book.add_format({"bold": True, "font_size": 13})
    head = book.add_format({"bold": True, "bg_color": "#DDE7F0", "border": 1})
    share = book.add_format({"num_format": "0.0%"})
    sheet.write_string(0, 0, f"Разобрано сообщений: {rows}", bold)
    top = CHART_ROWS + 2
    for block, (title, counts) in enumerate(blocks.items()):
        left = block * 4
        found = counts.most_common()
        width = max([len(title), *(len(name) for name, _ in found[:50])])
        sheet.set_column(left, left, min(width, 60) + 2)
        sheet.set_column(left + 1, left + 1, 12)
        sheet.set_column(left + 3, left + 3, 3)
        for n, text in enumerate((title, "Сообщений", "Доля")):
            sheet.write_string(top, left + n, text, head)
        for row, (name, count) in enumerate(found, top + 1):
            sheet.write_string(row, left, name or UNSAID)
            sheet.write_number(row, left + 1, count)
            sheet.write_number(row, left + 2, count / rows, share)
        if title in CHARTED and found:
            _chart(book, sheet, title, top, left, min(len(found), LONGEST_CHART))
    sheet.freeze_panes(top + 1, 0)


def _chart(book: Any, sheet: Any, title: str, top: int, left: int, bars: int) -> None:
    chart = book.add_chart({"type": "bar"})
    chart.add_series({
        "categories": ["Сводка", top + 1, left, top + bars, left],
        "values": ["Сводка", top + 1, left + 1, top + bars, left + 1],
        "data_labels": {"value": True}, "gap": 40, "fill": {"color": "#4F81BD"},
    })  # fmt: skip
    chart.set_title({"name": title if bars < LONGEST_CHART else f"{title}: самые частые", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    # The first row of a table is the lowest bar otherwise.
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_size({"width": 420 if left == 0 else 760, "height": 340})
    sheet.insert_chart(1, left, chart)


def write_read(
    book: Any, inspection: Inspection, about: Sequence[tuple[str, str]], aside: Sequence[tuple[int, str]], beside: str
) -> None:
    """What was taken of the source, and the rows put aside; `beside`: the table that has all of them."""
    sheet = book.add_worksheet("Что прочитано")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    columns = inspection.table.columns
    lines = [("Файл", inspection.file.name), *(("Таблица", said) for said in inspection.table.about)]
    lines += [
        (f"Столбец {WHAT[role]}", "нет" if at is None else f"«{columns[at]}»") for role, at in inspection.at.items()
    ]
    lines += [("Счёт", counted) for counted in inspection.counts()]
    lines += about
    if aside:
        more = f"первые {len(aside)}; " if inspection.rejected > len(aside) else ""
        lines.append(("Отложенные строки", f"{inspection.rejected}; {more}с содержанием — в {beside}"))
        lines += [(f"строка {number}", reason) for number, reason in aside]
    for row, (what, said) in enumerate(lines):
        sheet.write_string(row, 0, what, bold)
        sheet.write_string(row, 1, said, wrapped)
