"""A labelled table with the labels that a reviewer of doubts put right."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tsur_nlp.errors import TableError
from tsur_nlp.tables.cells import as_text
from tsur_nlp.tables.column_mapping import find_column, find_columns
from tsur_nlp.tables.readers import Row, open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading
from tsur_nlp.tables.workbook import XLSX_CHARS
from tsur_nlp.tables.writers import quarantine, write_table
from tsur_nlp.text.labels import label_key, nearest

REVIEWED = Reading(roles=("right_label",))
SHOWN_REASONS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reviewer said of a row: the whole row of doubts, the beginning of its text, its label, the right one."""

    row: Row
    text: str
    label: str
    right: str


@dataclass
class Relabelled:
    """How it went. `rows` of the table, `changed` labels, `rejected` rows of either table with the first `reasons`."""

    rows: int = 0
    changed: int = 0
    rejected: int = 0
    reasons: list[tuple[int, str]] = field(default_factory=list)


def relabel(
    file: Path,
    doubts: Path,
    target: Path,
    text: str | None = None,
    topic: str | None = None,
    authority: str | None = None,
    how: Reading = BY_ITSELF,
) -> Relabelled:
    """Write the table with the labels that were corrected in `doubts`, which `check-labels` had made of it.

    `authority`: the column of bodies, if that was checked. A row of doubts is taken if its text still stands at its
    place in the table and the right label is one of the table's; if not, it lies in `<target>.rejected.csv` with the
    reason, and so does a row of the table that can't be read. Raises TableError.
    """
    role, name = ("authority", authority) if authority else ("topic", topic)
    answers = _answers(doubts)
    known = _labels(file, role, name, how)
    done = Relabelled()
    with ExitStack() as stack:
        put_aside = stack.enter_context(quarantine(target.with_name(target.name + ".rejected.csv")))

        def reject(row: Row, reason: str) -> None:
            put_aside(row, reason)
            done.rejected += 1
            if len(done.reasons) < SHOWN_REASONS:
                done.reasons.append((row.number, reason))

        table = stack.enter_context(open_table(file, how))
        text_at = find_columns(table.columns, table.sample, text=text).text
        label_at = find_column(table.columns, role, name)
        writer = stack.enter_context(write_table(target, table.columns, table.delimiter))
        for row in table.rows:
            done.rows += 1
            answer = answers.pop(row.number, None)
            if row.problem:
                reject(row, row.problem)
                continue
            cells = list(row.cells)
            if answer is not None and label_at is not None:
                reason = _unfit(answer, row.text(text_at), row.text(label_at), known)
                if reason:
                    reject(answer.row, reason)
                else:
                    cells[label_at] = known[label_key(answer.right)]
                    done.changed += label_key(row.text(label_at)) != label_key(answer.right)
            writer.write(cells)
        for answer in answers.values():
            reject(answer.row, "такой строки в таблице нет: это сомнения о другой таблице")
    return done


def _answers(doubts: Path) -> dict[int, Answer]:
    """Rows of doubts where a right label is filled in, by the number of the row they are about."""
    found: dict[int, Answer] = {}
    with open_table(doubts, REVIEWED) as table:
        at = {role: find_column(table.columns, role) for role in ("row", "text", "label", "right_label")}
        if None in at.values():
            raise TableError(
                f"{doubts.name}: нужны столбцы «Строка», «Текст», «Метка», «Верная метка», как их пишет check-labels"
            )
        for row in table.rows:
            right = "" if row.problem else row.text(at["right_label"])
            if right and row.text(at["row"]).isdecimal():
                found[int(row.text(at["row"]))] = Answer(row, row.text(at["text"]), row.text(at["label"]), right)
    return found


def _labels(file: Path, role: str, name: str | None, how: Reading) -> dict[str, str]:
    """Labels of a table by their key."""
    with open_table(file, how) as table:
        at = find_column(table.columns, role, name)
        if at is None:
            raise TableError(f"{file.name}: не нашёл столбец с темой. Назовите его: --topic СТОЛБЕЦ")
        labels = {" ".join(as_text(row.cells[at]).split()) for row in table.rows if not row.problem}
    return {label_key(label): label for label in sorted(labels - {""})}


def _unfit(answer: Answer, text: str, label: str, known: dict[str, str]) -> str:
    """Why an answer can't be taken, "" if it can."""
    # A workbook cuts what is longer than its cell holds.
    seen, there = " ".join(answer.text.split()), " ".join(text[: XLSX_CHARS - 1].split())
    if seen.removesuffix("…") != there.removesuffix("…"):
        return "в таблице на этом месте другой текст: её строки изменились или это другая таблица"
    right = label_key(answer.right)
    if right not in known:
        close = nearest(answer.right, known.values())
        return f"метки «{answer.right[:100]}» в таблице нет" + (f"; ближе всего: «{close}»" if close else "")
    if label_key(label) not in (label_key(answer.label), right):
        return "метка этой строки в таблице уже другая, чем была при проверке"
    return ""
