"""`tsur-nlp route | inspect`."""

import sys
from pathlib import Path
from typing import Any

import click

from tsur_nlp.cli.journals import KEEP_DAYS, KEEP_TEXTS, tell_texts, texts_kept
from tsur_nlp.cli.screen import FILE, console, progress, reading, running
from tsur_nlp.decision.titles import ACTIONS


@click.command()
@click.argument("source", metavar="IN", type=FILE)
@click.option("-o", "--output", "target", metavar="OUT", type=FILE, required=True, help="Куда записать результат.")
@click.option("--text", metavar="COLUMN", help="Столбец с текстом; без него находится по названию.")
@click.option("--territory", metavar="COLUMN", help="Столбец с муниципалитетом или районом.")
@click.option("--account", metavar="COLUMN", help="Столбец с аккаунтом, на котором оставлено сообщение.")
@running
@click.option("--jobs", metavar="N", default=1, show_default=True, type=click.IntRange(1), help="Сколько процессов.")
@click.option("--engine", type=click.Choice(["dask"]), help="Разбирать на кластере Dask (DASK_SCHEDULER_ADDRESS).")
@click.option("--resume", is_flag=True, help="Продолжить прерванный разбор того же файла с того же места.")
@click.option("--split", is_flag=True, help="По строке на каждый вопрос сообщения: столбцы message и part.")
@click.option("--journal", metavar="FILE", type=FILE, help="Внести сообщения и решения в журнал.")
@KEEP_TEXTS
@KEEP_DAYS
@click.option("--mask", is_flag=True, help="Закрыть личные данные в текстах, которые выходят: для передачи наружу.")
@click.option(
    "--columns",
    type=click.Choice(["ru", "en"]),
    default="ru",
    show_default=True,
    help="Книга .xlsx для людей (ru) или с постоянными названиями для программ (en); остальные форматы — всегда en.",
)
@reading
@click.option("--show/--no-show", default=None, help="Показать первые решения таблицей; на экране — по умолчанию.")
def route(
    source: Path,
    target: Path,
    how: Any,
    show: bool | None,
    keep_texts: str | None,
    keep_days: int | None,
    **options: Any,
) -> None:
    """Разобрать таблицу сообщений IN (.csv, .xlsx, .jsonl, .parquet) и записать решения в OUT."""
    from tsur_nlp.batch.job import Job
    from tsur_nlp.batch.run import route_table

    with progress("Разбор сообщений") as tell:
        job = Job(source, target, new_journal=texts_kept(keep_texts, keep_days), reading=how, **options)
        is_new = job.journal is not None and not job.journal.exists()
        totals = route_table(job, tell)
    click.echo(totals.read)
    for old, new in totals.renamed.items():
        click.echo(f"Столбец «{old}» есть и на входе, и среди результатов: входной назван «{new}»")
    if show or (show is None and sys.stdout.isatty()):
        _show_decisions(target, totals.first)
    _show_promises(job, totals.promised)
    for action, title in ACTIONS.items():
        if totals.actions[action]:
            click.echo(f"  {title:16} {totals.actions[action]:>8}  {totals.actions[action] / totals.routed:>6.1%}")
    if totals.resumed:
        click.echo(f"Продолжено: {totals.resumed} строк взято из прерванного разбора")
    if not totals.has_dates:
        click.echo("Столбца с датой нет: сроки отсчитаны от текущего момента")
    if totals.undated:
        click.echo(f"Дата не разобрана в строках: {totals.undated}; срок в них отсчитан от текущего момента")
    if totals.without_deadline:
        click.echo(f"Срок не назван у сообщений: {totals.without_deadline}; почему — в столбце reasons")
    if totals.cut:
        click.echo(f"Ячеек длиннее, чем вмещает Excel (32 767 знаков): {totals.cut}; они обрезаны, целиком — в csv")
    click.echo(f"Строк {totals.rows}: разобрано {totals.routed}, отложено {totals.rejected}. Записано: {target}")
    if totals.rejected:
        click.echo(f"Отложенные строки и причины: {target}.rejected.csv")
    if job.journal is not None:
        from tsur_nlp.journal.store import Journal

        with Journal(job.journal) as opened:
            tell_texts(opened, keep_texts, is_new)


@click.command()
@click.argument("source", metavar="FILE", type=FILE)
@click.option("--text", metavar="COLUMN", help="Столбец с текстом; без него находится по названию.")
@click.option("--territory", metavar="COLUMN", help="Столбец с муниципалитетом или районом.")
@click.option("--account", metavar="COLUMN", help="Столбец с аккаунтом, на котором оставлено сообщение.")
@click.option("--region", metavar="NAME|DIR", help="Регион, по которому узнаются территории; без него — nizhny.")
@reading
def inspect(source: Path, region: str | None, how: Any, **given: str | None) -> None:
    """Сказать, что будет прочитано из таблицы FILE: лист, заголовок, столбцы, строки, — и ничего не разбирать."""
    from tsur_nlp.region.loader import load_region
    from tsur_nlp.run_config import DEFAULT_REGION
    from tsur_nlp.tables.inspection import inspect

    known = load_region(region or DEFAULT_REGION)
    click.echo(inspect(source, how, lambda name: known.territory_named(name) is not None, given).line())


def _show_decisions(target: Path, first: Any) -> None:
    """The first decisions as a table: the text's beginning, the topic, the authority, what to do."""
    from rich.table import Table

    from tsur_nlp.batch.job import RESULT_COLUMNS
    from tsur_nlp.text.cleaning import clean

    shown = Table(show_lines=True, title=f"Первые решения ({target.name})")
    for title in ("Сообщение", "Тема", "Орган", "Действие"):
        shown.add_column(title, overflow="fold")
    for text, result in first:
        said = dict(zip(RESULT_COLUMNS, result, strict=False))
        shown.add_row(
            " ".join(clean(text).split())[:120],
            f"{said['topic']} ({said['topic_confidence']})",
            f"{said['authority']} ({said['authority_confidence']})",
            ACTIONS[said["action"]],
        )
    console().print(shown)


def _show_promises(job: Any, promised: Any) -> None:
    """What may be expected of this model in this region, before the counts that it came to."""
    wanted, precision = {"topic": "тема", "authority": "орган"}, f"{job.config.precision:.0%}"
    if job.config.auto == "body" and "authority" in promised:
        del wanted["topic"]
    asked = {name: promised[head] for head, name in wanted.items() if head in promised}
    impossible = [name for name, point in asked.items() if point is None]
    if impossible:
        click.echo(f"Что верны {precision} ({', '.join(impossible)}), здесь обещать нельзя: сразу не уйдёт ничего")
        return
    said = " и ".join(
        f"{name} с уверенностью от {point.threshold:.2f} (таких ожидается {point.coverage:.0%})"
        for name, point in asked.items()
    )
    click.echo(f"Сразу уходит то, где {said}: из них верны не меньше {precision}")
