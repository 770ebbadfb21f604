"""The command line: `tsur-nlp route | train | evaluate | region`. Speaks Russian; every mistake is one line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from tsur_nlp import __version__
from tsur_nlp.errors import TsurError

ACTIONS = {
    "auto": "отправить сразу",
    "review": "посмотреть",
    "redirect": "перенаправить",
    "not_an_appeal": "не обращение",
}
STEPS_SHOWN = {"reaction": "Реакция", "registration": "Регистрация", "forwarding": "Пересылка", "answer": "Ответ"}
SHOWN_ROWS = 12

FILE = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="tsur-nlp %(version)s")
def cli() -> None:
    """Тема, ответственный орган и срок для сообщений жителей."""


@cli.command()
@click.argument("source", metavar="IN", type=FILE)
@click.option("-o", "--output", "target", metavar="OUT", type=FILE, required=True, help="Куда записать результат.")
@click.option("--text", metavar="COLUMN", help="Столбец с текстом; без него находится по названию.")
@click.option("--territory", metavar="COLUMN", help="Столбец с муниципалитетом или районом.")
@click.option("--account", metavar="COLUMN", help="Столбец с аккаунтом, на котором оставлено сообщение.")
@click.option("--model", metavar="DIR", type=FILE, help="Папка своей модели вместо встроенной.")
@click.option("--region", metavar="NAME|DIR", help="Регион: имя или папка. Со встроенной моделью — nizhny.")
@click.option("--precision", default=0.8, show_default=True, help="Какую точность темы обещать для «отправить сразу».")
@click.option("--jobs", metavar="N", default=1, show_default=True, type=click.IntRange(1), help="Сколько процессов.")
@click.option("--engine", type=click.Choice(["dask"]), help="Разбирать на кластере Dask (DASK_SCHEDULER_ADDRESS).")
@click.option("--resume", is_flag=True, help="Продолжить прерванный разбор того же файла с того же места.")
@click.option("--show/--no-show", default=None, help="Показать первые решения таблицей; на экране — по умолчанию.")
def route(source: Path, target: Path, show: bool | None, **options: Any) -> None:
    """Разобрать таблицу сообщений IN (.csv, .xlsx, .jsonl, .parquet) и записать решения в OUT."""
    from tsur_nlp.batch import Job, route_table

    with _progress("Разбор сообщений") as tell:
        totals = route_table(Job(source, target, **options), tell)
    for old, new in totals.renamed.items():
        click.echo(f"Столбец «{old}» есть и на входе, и среди результатов: входной назван «{new}»")
    if show or (show is None and sys.stdout.isatty()):
        _show_decisions(target)
    _show_promises(totals.promised)
    for action, title in ACTIONS.items():
        if totals.actions[action]:
            click.echo(f"  {title:16} {totals.actions[action]:>8}  {totals.actions[action] / totals.routed:>6.1%}")
    if totals.resumed:
        click.echo(f"Продолжено: {totals.resumed} строк взято из прерванного разбора")
    click.echo(f"Строк {totals.rows}: разобрано {totals.routed}, отложено {totals.rejected}. Записано: {target}")
    if totals.rejected:
        click.echo(f"Отложенные строки и причины: {target}.rejected.csv")


@cli.command()
@click.argument("table", metavar="TABLE", type=FILE)
@click.option("-o", "--output", "folder", metavar="DIR", type=FILE, required=True, help="Папка для модели.")
@click.option("--text", metavar="COLUMN", required=True, help="Столбец с текстом.")
@click.option("--topic", metavar="COLUMN", required=True, help="Столбец с темой.")
@click.option("--authority", metavar="COLUMN", help="Столбец с органом, если его тоже надо учить.")
def train(table: Path, folder: Path, text: str, topic: str, authority: str | None) -> None:
    """Обучить модель на размеченной таблице TABLE и записать её с карточкой качества."""
    from tsur_nlp import storage
    from tsur_nlp.learning.card import card
    from tsur_nlp.learning.examples import read_examples
    from tsur_nlp.learning.training import figures, train

    storage.check_target(folder)
    examples = read_examples(table, text, topic, authority)
    click.echo(f"Текстов {len(examples.texts)}")
    with _stages() as tell:
        trained = train(examples, progress=tell)
    trained.model.about |= {"name": folder.name, "figures": figures(trained.quality), "made_by": __version__}
    sources = [f"{table.name}: строк с текстом и темой {len(examples.texts)}"]
    storage.save(trained.model, folder, card(f"Модель {folder.name}", trained, sources))
    for remark in trained.remarks:
        click.echo(remark)
    click.echo("Перекрёстная проверка:")
    _show_figures(trained.quality)
    click.echo(f"Модель и карточка записаны: {folder}")


@cli.command()
@click.argument("table", metavar="TABLE", type=FILE)
@click.option("--model", "folder", metavar="DIR", type=FILE, help="Папка модели; без неё — встроенная.")
@click.option("--text", metavar="COLUMN", help="Столбец с текстом.")
@click.option("--topic", metavar="COLUMN", help="Столбец с темой.")
@click.option("--authority", metavar="COLUMN", help="Столбец с органом.")
@click.option("--json", "as_json", is_flag=True, help="Показатели в JSON на стандартный вывод.")
@click.option("--html", metavar="FILE", type=FILE, help="Отчёт одной страницей.")
def evaluate(
    table: Path,
    folder: Path | None,
    text: str | None,
    topic: str | None,
    authority: str | None,
    as_json: bool,
    html: Path | None,
) -> None:
    """Измерить качество модели на размеченной таблице TABLE."""
    import json

    from tsur_nlp import storage
    from tsur_nlp.learning.evaluation import evaluate, html_report
    from tsur_nlp.output import write_whole
    from tsur_nlp.router import shipped_model

    model = storage.load(folder or shipped_model())
    result = evaluate(model, table, text, topic, authority)
    if html:
        write_whole(html, html_report(result, f"Качество модели на {table.name}"))
    if as_json:
        click.echo(json.dumps(result.as_json(), ensure_ascii=False, indent=1))
        return
    for remark in result.remarks:
        click.echo(remark)
    _show_figures({name: head.quality for name, head in result.heads.items()})
    _show_curve(result)
    if html:
        click.echo(f"Отчёт записан: {html}")


@cli.group()
def region() -> None:
    """Регион: черновик таблиц, проверка, путь решения."""


@region.command("check")
@click.argument("name", metavar="NAME|DIR")
def region_check(name: str) -> None:
    """Проверить таблицы региона: ошибки называются местом, пробелы — списком."""
    from tsur_nlp.checking import gaps
    from tsur_nlp.pack import load_region

    found = load_region(name)
    institutions = sum(bool(one.kind) for one in found.authorities.values())
    click.echo(
        f"{found.title}: органов {len(found.authorities) - institutions}, учреждений {institutions}, "
        f"территорий {len(found.territories)}, улиц {len(found.streets)}, аккаунтов {len(found.accounts)}"
    )
    missing = list(gaps(found))
    for gap in missing:
        click.echo(f"{'Пробел' if gap.serious else 'Заметка'}: {gap.text}")
    if any(gap.serious for gap in missing):
        sys.exit(1)
    click.echo("Ошибок нет, на каждую тему есть кому ответить")


@region.command("new")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--from", "table", metavar="TABLE", type=FILE, required=True, help="Прошлые сообщения с органами.")
@click.option("--title", metavar="TITLE", default="Новый регион", help="Название региона.")
def region_new(folder: Path, table: Path, title: str) -> None:
    """Составить черновик таблиц региона в папке DIR по прошлым сообщениям и ответившим органам."""
    from tsur_nlp import storage
    from tsur_nlp.drafting import draft
    from tsur_nlp.router import shipped_model

    bodies, territories = draft(table, folder, title, storage.load(shipped_model()))
    click.echo(f"Черновик записан: {folder}. Органов {bodies}, территорий {territories}")
    click.echo(f"Поправьте таблицы и проверьте: tsur-nlp region check {folder}")


@region.command("explain")
@click.argument("text")
@click.option("--region", "name", metavar="NAME|DIR", help="Регион: имя или папка; без него — nizhny.")
@click.option("--model", metavar="DIR", type=FILE, help="Папка своей модели вместо встроенной.")
@click.option("--territory", metavar="NAME", help="Место, которое знает хозяйская система.")
@click.option("--account", metavar="ADDRESS", help="Аккаунт, на котором оставлено сообщение.")
@click.option("--channel", metavar="CODE", help="Канал: social, pos, formal.")
def region_explain(
    text: str,
    name: str | None,
    model: Path | None,
    territory: str | None,
    account: str | None,
    channel: str | None,
) -> None:
    """Показать путь решения: слова, место, роли, органы, сроки."""
    from tsur_nlp import Appeal, Router
    from tsur_nlp.router import DEFAULT_REGION

    router = Router.load(model=model, region=name or DEFAULT_REGION)
    decision = router.route(Appeal(text, territory=territory, account=account, channel=channel))
    click.echo(f"Действие: {ACTIONS[decision.action]}")
    for title, choices in (("Тема", decision.topics), ("Орган", decision.authorities)):
        for number, choice in enumerate(choices[:3]):
            click.echo(f"{title if number == 0 else '   или'}: {choice.title} ({choice.confidence:.2f})")
    for role, share, found in router.path(text, decision):
        click.echo(f"Роль: {role} ({share:.2f}) → {found}")
    for reason in decision.reasons:
        click.echo(f"– {reason}")
    for step, moment in decision.due.items():
        click.echo(f"{STEPS_SHOWN[step]}: до {moment:%d.%m.%Y %H:%M}")


# ------------------------------------------------------------------------------
#   What the operator sees
# ------------------------------------------------------------------------------


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on the terminal; nothing where there is none."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _stages() -> Iterator[Callable[[str], None]]:
    """The name of the stage at work, on the terminal; nothing where there is none."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage: None
        return
    with console.status("Чтение таблицы") as status:
        yield lambda stage: status.update(stage)


def _console() -> Any:
    """The terminal, or a page wide enough to read where the output is piped."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=140)


def _show_decisions(target: Path) -> None:
    """The first decisions as a table: the text's beginning, the topic, the authority, what to do."""
    from itertools import islice

    from rich.table import Table

    from tsur_nlp.batch import RESULT_COLUMNS
    from tsur_nlp.columns import find_columns
    from tsur_nlp.tables import as_text, open_table
    from tsur_nlp.text import clean

    shown = Table(show_lines=True, title=f"Первые решения ({target.name})")
    for title in ("Сообщение", "Тема", "Орган", "Действие"):
        shown.add_column(title, overflow="fold")
    with open_table(target) as table:
        width = len(table.columns) - len(RESULT_COLUMNS)
        text_at = find_columns(table.columns[:width]).text
        at = {name: width + i for i, name in enumerate(RESULT_COLUMNS)}
        for row in islice(table.rows, SHOWN_ROWS):
            cells = [as_text(cell) for cell in row.cells]
            shown.add_row(
                " ".join(clean(cells[text_at]).split())[:120],
                f"{cells[at['topic']]} ({cells[at['topic_confidence']]})",
                f"{cells[at['authority']]} ({cells[at['authority_confidence']]})",
                ACTIONS[cells[at["action"]]],
            )
    _console().print(shown)


def _show_promises(promised: Any) -> None:
    names = {"topic": "темы", "authority": "органа"}
    for name, found in promised.items():
        said = f"порог {found.threshold:.2f}, ожидаемый охват {found.coverage:.0%}" if found else "обещать нельзя"
        click.echo(f"Заданная точность {names[name]}: {said}")


def _show_figures(quality: Any) -> None:
    from rich.table import Table

    from tsur_nlp.learning.card import figures_table

    header, *rows = figures_table(quality)
    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    _console().print(table)


def _show_curve(result: Any) -> None:
    """Precision when only the surest share of messages is answered."""
    from rich.table import Table

    from tsur_nlp.learning.card import HEADS

    table = Table("Охват", *(f"Точность: {HEADS[name].lower()}" for name in result.heads))
    for points in zip(*(head.curve() for head in result.heads.values()), strict=True):
        table.add_row(f"{points[0][0]:.0%}", *(f"{precision:.3f}" for _, precision in points))
    _console().print(table)


# ------------------------------------------------------------------------------
#   Mistakes
# ------------------------------------------------------------------------------


def main() -> None:
    """Entry point: known errors end in one line in Russian and a non-zero exit code."""
    try:
        cli.main(standalone_mode=False)
    except TsurError as error:
        _fail(str(error), 1)
    except click.UsageError as error:
        _fail(_in_russian(error), 2)
    except click.ClickException as error:
        _fail(error.format_message(), 1)
    except (KeyboardInterrupt, click.Abort):
        _fail(
            "Прервано: результат не записан; сделанное route хранит рядом, продолжить — та же команда с --resume", 130
        )
    except BrokenPipeError:
        sys.exit(1)


def _fail(message: str, code: int) -> None:
    click.echo(f"Ошибка: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _in_russian(error: click.UsageError) -> str:
    help_hint = "подсказка: tsur-nlp --help"
    match error:
        case click.MissingParameter():
            what = error.param.make_metavar(error.ctx) if error.param and error.ctx else ""
            names = "/".join(error.param.opts) if error.param else ""
            return f"не хватает {names or what} {what if names != what else ''}; {help_hint}".replace(" ;", ";")
        case click.NoSuchOption():
            return f"нет такого ключа: {error.option_name}; {help_hint}"
        case click.BadParameter():
            names = "/".join(error.param.opts) if error.param else ""
            return f"значение {names} не годится; {help_hint}"
        case _:
            return f"команда не понята ({error.format_message()}); {help_hint}"
