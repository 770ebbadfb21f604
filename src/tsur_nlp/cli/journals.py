"""`tsur-nlp journal import | accounts | drift`, `tsur-nlp correct`, `tsur-nlp summary`."""

from pathlib import Path
from typing import Any

import click

from tsur_nlp.cli.screen import FILE, console

journal_option = click.option(
    "--journal", "file", metavar="FILE", type=FILE, required=True, help="Журнал; без файла он будет создан."
)
MASKED = click.option(
    "--keep-texts", is_flag=True, help="Новый журнал: хранить тексты без личных данных, не только хеш."
)

TEXT = click.option("--text", metavar="COLUMN", help="Столбец с текстом; без него находится по названию.")


def open_journal(file: Path, keep_texts: bool = False, must_exist: bool = False, table: Path | None = None) -> Any:
    """The journal of a command; `table`: what the command reads besides, which must be no file of the journal's."""
    from tsur_nlp.errors import JournalError
    from tsur_nlp.journal.store import Journal
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((table,), (file, file.with_name(file.name + ".rejected.csv")))
    if must_exist and not file.is_file():
        raise JournalError(f"{file}: журнала нет; проверьте путь")
    return Journal(file, "masked" if keep_texts else "hashed")


@click.group()
def journal() -> None:
    """Журнал: прошлые выгрузки, аккаунты, дрейф модели."""


@journal.command("import")
@click.argument("table", metavar="TABLE", type=FILE)
@journal_option
@MASKED
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Когда пришли сообщения, у которых даты нет.")
@TEXT
def import_(table: Path, file: Path, keep_texts: bool, date: Any, text: str | None) -> None:
    """Внести прошлую выгрузку: сообщения, темы, исполнителей, время ответа. Повтор ничего не удваивает."""
    from tsur_nlp.journal.importers import import_export

    with open_journal(file, keep_texts, table=table) as opened:
        taken = import_export(opened, table, date, text)
        click.echo(f"Строк {taken.rows}: новых сообщений {taken.written}, отложено {taken.rejected}")
        if taken.undated:
            click.echo(f"Без даты: {taken.undated}; они не войдут ни в один год (задать дату: --date)")
        _tell_rejected(taken, opened)


@journal.command("accounts")
@click.argument("table", metavar="TABLE", type=FILE)
@journal_option
def accounts(table: Path, file: Path) -> None:
    """Внести аккаунты органов: столбцы Адрес, Владелец, Вид."""
    from tsur_nlp.journal.importers import take_accounts

    with open_journal(file, table=table) as opened:
        taken = take_accounts(opened, table)
        click.echo(f"Строк {taken.rows}, отложено {taken.rejected}; аккаунтов в журнале {taken.written}")
        _tell_rejected(taken, opened)


@journal.command("drift")
@click.argument("file", metavar="JOURNAL", type=FILE)
def drift(file: Path) -> None:
    """Показать, как по месяцам менялись темы, уверенность и доля незнакомых слов."""
    from rich.table import Table

    from tsur_nlp.journal.statistics import drift

    with open_journal(file, must_exist=True) as opened:
        months = drift(opened)
    if not months:
        click.echo("Решений модели в журнале нет: разберите сообщения с --journal")
        return
    table = Table("Месяц", "Сообщений", "Сдвиг тем", "Уверенность", "Незнакомых слов", "Отправлено сразу")
    for one in months:
        shift = "—" if one.shift is None else f"{one.shift:.2f}"
        shares = (f"{one.confidence:.2f}", f"{one.unknown_words:.1%}", f"{one.automatic:.1%}")
        table.add_row(one.month, str(one.messages), shift, *shares)
    console().print(table)
    click.echo("Сдвиг — насколько доли тем отличаются от всех прежних месяцев: 0 — не отличаются, 1 — другие целиком")


@click.command()
@click.argument("table", metavar="TABLE", type=FILE)
@journal_option
@click.option("--topic", metavar="COLUMN", help="Столбец с верной темой.")
@click.option("--authority", metavar="COLUMN", help="Столбец с верным органом.")
@TEXT
def correct(table: Path, file: Path, topic: str | None, authority: str | None, text: str | None) -> None:
    """Внести исправления: разобранная таблица TABLE, где заполнены «Верная тема» и «Верный орган»."""
    from tsur_nlp.journal.importers import take_corrections

    with open_journal(file, must_exist=True, table=table) as opened:
        taken = take_corrections(opened, table, topic, authority, text)
        click.echo(f"Строк {taken.rows}: исправлений {taken.written}, нет в журнале {taken.missing}")
        _tell_rejected(taken, opened)


@click.command()
@click.argument("file", metavar="JOURNAL", type=FILE)
@click.option("--year", type=click.IntRange(1990, 2200), required=True, help="Год отчёта.")
@click.option("-o", "--output", metavar="FILE", type=FILE, help="Куда записать: .html, .xlsx или .json.")
def summary(file: Path, year: int, output: Path | None) -> None:
    """Год в цифрах: сообщения, прямые обращения, время ответа, темы, органы, ошибки направления."""
    from tsur_nlp.journal.statistics import summarize
    from tsur_nlp.journal.year_report import headlines, write_report
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((file,), (output,))
    with open_journal(file, must_exist=True) as opened:
        found = summarize(opened, year)
    for _, what, figure, beside in headlines(found):
        click.echo(f"{what}: {figure} ({beside})".replace("\u00a0", " "))
    if output:
        write_report(found, output)
        click.echo(f"Отчёт записан: {output}")


def _tell_rejected(taken: Any, opened: Any) -> None:
    from tsur_nlp.journal.importers import quarantine_of

    if taken.rejected:
        click.echo(f"Отложенные строки и причины: {quarantine_of(opened)}")
