"""What all commands show alike: progress on a terminal, tables, names of actions and steps."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from tsur_nlp.run_config import AUTOS, DEFAULT_AUTO, DEFAULT_PRECISION, Auto, RunConfig

FILE = click.Path(path_type=Path)


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on the terminal; nothing where there is none."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    # Drawn when there is something new, and not by a thread of its own: a process with threads can't be copied.
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, auto_refresh=False
    ) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total, refresh=True)


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """The name of the stage at work, on the terminal; a line a stage where there is none."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage: click.echo(stage, err=True)
        return
    with console.status("Чтение таблицы") as status:
        yield lambda stage: status.update(stage)


def console() -> Any:
    """The terminal, or a page wide enough to read where the output is piped."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=140)


def reading(command: Callable[..., None]) -> Callable[..., None]:
    """Options of every command that reads a table; the command takes them as `how`."""

    @click.option("--sheet", metavar="NAME|N", help="Лист книги, если нужен не тот, что найден сам.")
    @click.option("--header", metavar="N", type=click.IntRange(0), help="Строка с названиями столбцов; 0 — их нет.")
    @click.option("--encoding", metavar="NAME", help="Кодировка csv и jsonl: utf-8, cp1251, cp866 …")
    @wraps(command)
    def with_reading(sheet: str | None, header: int | None, encoding: str | None, **options: Any) -> None:
        from tsur_nlp.tables.table import Reading

        command(how=Reading(sheet, header, encoding), **options)

    return with_reading


def running(command: Callable[..., None]) -> Callable[..., None]:
    """Options of every command that runs a router; the command takes them as `config`."""

    @click.option("--model", metavar="DIR", type=FILE, help="Папка своей модели вместо встроенной.")
    @click.option("--region", metavar="NAME|DIR", help="Регион: имя или папка. Со встроенной моделью — nizhny.")
    @click.option(
        "--precision",
        default=DEFAULT_PRECISION,
        show_default=True,
        help="Какую точность обещать для «отправить сразу».",
    )
    @click.option(
        "--auto",
        type=click.Choice(AUTOS),
        default=DEFAULT_AUTO,
        show_default=True,
        help="Отправлять сразу, если уверен орган (body) или и тема, и орган (both).",
    )
    @wraps(command)
    def with_config(model: Path | None, region: str | None, precision: float, auto: Auto, **options: Any) -> None:
        command(config=RunConfig(model, region, precision, auto), **options)

    return with_config


def tell_reading(table: Path, how: Any, given: Mapping[str, str | None] | None, **others: str | None) -> None:
    """Say in one line what is read of a table, before it is used; arguments as of `inspect`. Raises TableError."""
    from tsur_nlp.tables.inspection import inspect

    click.echo(inspect(table, how, given=given, others=others).line())
