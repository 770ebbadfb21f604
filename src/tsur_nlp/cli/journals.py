"""`tsur-nlp journal import | accounts | drift`, `tsur-nlp correct`, `tsur-nlp summary`."""

from pathlib import Path
from typing import Any

import click

from tsur_nlp.cli.screen import FILE, console, reading, tell_reading

journal_option = click.option(
    "--journal", "file", metavar="FILE", type=FILE, required=True, help="Журнал; без файла он будет создан."
)
KEEP_TEXTS = click.option(
    "--keep-texts",
    type=click.Choice(["hash", "masked", "full"]),
    is_flag=False,
    flag_value="masked",
    help="Новый журнал: хранить хеш (так без ключа), текст без личных данных или, на время, текст целиком.",
)
KEEP_DAYS = click.option(
    "--keep-days",
    metavar="N",
    type=click.IntRange(1, 3650),
    help="Сколько дней хранить тексты целиком (--keep-texts full); потом — без личных данных. Без ключа 90.",
)
REGION = click.option("--region", metavar="NAME|DIR", help="Регион: имя или папка; без ключа nizhny.")

TEXT = click.option("--text", metavar="COLUMN", help="Столбец с текстом; без него находится по названию.")


def texts_kept(keep_texts: str | None, keep_days: int | None) -> dict[str, Any]:
    """What was asked of a new journal. Raises UsageError for days that nothing would be kept for."""
    if keep_days is not None and keep_texts != "full":
        raise click.UsageError("--keep-days бывает только с --keep-texts full")
    return {"texts": keep_texts or "hash"} | ({"days": keep_days} if keep_days else {})


def open_journal(
    file: Path,
    keep_texts: str | None = None,
    keep_days: int | None = None,
    region: str | None = None,
    must_exist: bool = False,
    table: Path | None = None,
    zone: Any = None,
) -> Any:
    """The journal of a file, which is made if needed; one line says what it keeps, if that is not all one may want.

    `table`: what the command reads besides, which must be no file of the journal's. `region`, `zone`: by whose clock
    a new journal counts.
    """
    from tsur_nlp.errors import JournalError
    from tsur_nlp.journal.store import Journal
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((table,), (file, file.with_name(file.name + ".rejected.csv")))
    asked = texts_kept(keep_texts, keep_days)
    if must_exist and not file.is_file():
        raise JournalError(f"{file}: журнала нет; проверьте путь")
    if region is not None:
        from tsur_nlp.region.loader import load_region

        zone = load_region(region).working_time.zone
    if zone is not None:
        asked["zone"] = zone
    opened = Journal(file, **asked)
    tell_texts(opened, keep_texts, opened.created)
    return opened


def tell_texts(opened: Any, keep_texts: str | None, matters: bool) -> None:
    """One line about what a journal keeps of texts: if it is not what was asked, or only hashes where that matters."""
    kept = {"hash": "только хеши текстов", "masked": "тексты без личных данных", "full": "тексты целиком"}
    if keep_texts is not None and keep_texts != opened.texts:
        click.echo(f"Журнал уже заведён и хранит {kept[opened.texts]}; --keep-texts выбирают, когда журнал создают")
    elif matters and opened.texts == "hash":
        click.echo(
            "Журнал хранит только хеши текстов: учиться на нём и искать в нём слова нельзя. "
            "Чтобы было можно, заведите его с --keep-texts masked"
        )


@click.group()
def journal() -> None:
    """Журнал: прошлые выгрузки, аккаунты, дрейф модели."""


@journal.command("import")
@click.argument("table", metavar="TABLE", type=FILE)
@journal_option
@KEEP_TEXTS
@KEEP_DAYS
@click.option("--region", metavar="NAME|DIR", help="Регион нового журнала: по его часам считаются дни и годы.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Когда пришли сообщения, у которых даты нет.")
@TEXT
@reading
def import_(table: Path, file: Path, date: Any, text: str | None, how: Any, **new: Any) -> None:
    """Внести прошлую выгрузку: сообщения, темы, исполнителей, время до ответа и до закрытия. Повтор не удваивает."""
    from tsur_nlp.journal.importers import import_export

    with open_journal(file, table=table, **new) as opened:
        tell_reading(table, how, {"text": text}, topic=None, authority=None, answered=None, answer_time=None)
        taken = import_export(opened, table, date, text, how)
        click.echo(f"Строк {taken.rows}: новых сообщений {taken.written}, отложено {taken.rejected}")
        if taken.undated:
            click.echo(f"Без даты: {taken.undated}; они не войдут ни в один год (задать дату: --date)")
        _tell_rejected(taken, opened)


@journal.command("accounts")
@click.argument("table", metavar="TABLE", type=FILE)
@journal_option
@KEEP_TEXTS
@KEEP_DAYS
@reading
def accounts(table: Path, file: Path, how: Any, **new: Any) -> None:
    """Внести аккаунты органов: столбцы Адрес, Владелец, Вид."""
    from tsur_nlp.journal.importers import take_accounts

    with open_journal(file, table=table, **new) as opened:
        tell_reading(table, how, None, address=None, owner=None, kind=None)
        taken = take_accounts(opened, table, how)
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
@REGION
@click.option("--model", metavar="DIR", type=FILE, help="Своя модель: её темы и органы тоже верны.")
@click.option("--author", metavar="NAME", help="Кто исправил; без ключа — пользователь этого компьютера.")
@reading
def correct(
    table: Path,
    file: Path,
    topic: str | None,
    authority: str | None,
    text: str | None,
    region: str | None,
    model: Path | None,
    author: str | None,
    how: Any,
) -> None:
    """Внести исправления: разобранная таблица TABLE, где заполнены «Верная тема» и «Верный орган».

    Названия сверяются с каталогом, регионом и журналом; строка с неизвестным откладывается с ближайшим похожим.
    """
    from tsur_nlp.journal.corrections import Answers, take_corrections, with_corrections

    with open_journal(file, must_exist=True, table=table) as opened:
        answers = Answers.of(opened, *_known_answers(region, model))
        tell_reading(table, with_corrections(how), {"text": text}, right_topic=topic, right_authority=authority)
        taken = take_corrections(opened, table, answers, topic, authority, text, author or _user(), how)
        click.echo(
            f"Строк {taken.rows}: исправлений {taken.written}, нет в журнале {taken.missing}, отложено {taken.rejected}"
        )
        tell_texts(opened, None, True)
        _tell_rejected(taken, opened)


def _known_answers(region: str | None, model: Path | None) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Codes and titles of topics and of authorities: the catalogue's and the region's, and a model's own labels."""
    from tsur_nlp.catalog.topics import load_catalog
    from tsur_nlp.region.loader import load_region
    from tsur_nlp.run_config import DEFAULT_REGION

    topics = [(topic.code, topic.title) for topic in load_catalog().topics.values()]
    authorities = [(one.code, one.title) for one in load_region(region or DEFAULT_REGION).authorities.values()]
    if model is not None:
        from tsur_nlp.model import persistence

        heads = persistence.load(model).heads
        topics += [(label, label) for label in heads["topic"].labels]
        authorities += [(label, label) for label in heads["authority"].labels] if "authority" in heads else []
    return topics, authorities


def _user() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError, ImportError):
        return ""


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

    for number, reason in taken.reasons:
        click.echo(f"  строка {number}: {reason}")
    if taken.rejected:
        click.echo(f"Отложенные строки и причины: {quarantine_of(opened)}")
