"""`tsur-nlp incidents`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tsur_nlp.cli.journals import REGION, open_journal
from tsur_nlp.cli.screen import FILE, console

SURGE = 3
"""The exit code that tells of a surge."""
SHOWN = 20
COLUMNS = ("incident", "topic", "place", "authority", "first", "last", "messages", "numbers")


@click.command()
@click.argument("file", metavar="JOURNAL", type=FILE)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Показать инциденты с этого дня; без ключа — все.")
@click.option("-o", "--output", metavar="TABLE", type=FILE, help="Куда записать все инциденты таблицей.")
@click.option("--tell", is_flag=True, help="О всплесках сообщить соседней системе: webhook службы, по разу в день.")
@REGION
def incidents(file: Path, since: datetime | None, output: Path | None, tell: bool, region: str | None) -> None:
    """Собрать сообщения журнала в инциденты, показать крупные и всплески; код 3 — есть всплеск."""
    from tsur_nlp.incidents import Incidents, listed_incidents, surges
    from tsur_nlp.incidents.surges import tell as put_out
    from tsur_nlp.region.loader import load_region
    from tsur_nlp.run_config import DEFAULT_REGION
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((file,), (output,))
    with open_journal(file, must_exist=True) as opened:
        taken = Incidents(opened, load_region(region or DEFAULT_REGION)).catch_up()
        found = list(listed_incidents(opened, since))
        several = [one for one in found if one.messages > 1]
        click.echo(f"Новых сообщений в инцидентах: {taken}; инцидентов {len(found)}, из них с повторами {len(several)}")
        _show(several[:SHOWN])
        if output:
            _write(opened, found, output)
            click.echo(f"Инциденты записаны: {output}")
        surging = surges(opened)
        for one in surging:
            where = f", {one.territory}" if one.territory else ""
            usual = f"{one.usual:.1f}".replace(".", ",")
            click.echo(f"Всплеск: {one.topic}{where} — {one.count} за сутки до {one.day:%d.%m %H:%M}, обычно {usual}")
        if tell and surging:
            click.echo(f"Передано в очередь webhook: {put_out(opened, surging)}")
    if surging:
        sys.exit(SURGE)


def _show(found: list[Any]) -> None:
    from rich.table import Table

    if not found:
        return
    table = Table("Инцидент", "Где", "Сообщений", "Первое", "Последнее")
    for one in found:
        moments = (f"{one.first:%d.%m.%Y %H:%M}", f"{one.last:%d.%m.%Y %H:%M}")
        table.add_row(one.title or "тема не определена", one.place or "—", str(one.messages), *moments)
    console().print(table)


def _write(journal: Any, found: list[Any], output: Path) -> None:
    from tsur_nlp.incidents.listing import members
    from tsur_nlp.tables.writers import write_table

    with write_table(output, COLUMNS) as writer:
        for one in found:
            numbers = ", ".join(filter(None, members(journal, one.id)))
            moments = one.first.replace(tzinfo=None), one.last.replace(tzinfo=None)
            writer.write((one.id, one.title, one.place, one.authority, *moments, one.messages, numbers))
