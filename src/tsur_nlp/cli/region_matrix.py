"""`tsur-nlp region who | learn | matrix | accounts import`: who answers for what, in a region."""

from pathlib import Path
from typing import Any

import click

from tsur_nlp.cli.screen import FILE, reading, tell_reading

REGION = click.option(
    "--region", "name", metavar="NAME|DIR", default="nizhny", help="Регион: имя или папка; без него — nizhny."
)
CROSSWALK = click.option(
    "--crosswalk",
    metavar="SOURCE|TABLE",
    help="Чьи темы в таблице: kursk, ryazan, perm или своя таблица «label, topics»; без ключа — темы каталога.",
)
SHOWN = 20
"""Disagreements shown; the others are counted."""


@click.command("who")
@click.argument("topic")
@REGION
@click.option("--territory", metavar="NAME", help="Место: код, название или как его зовут.")
@click.option("--account", metavar="ADDRESS", help="Аккаунт, на котором оставлено сообщение.")
@click.option("--channel", metavar="CODE", help="Канал: social, pos, formal.")
def region_who(topic: str, name: str, territory: str | None, account: str | None, channel: str | None) -> None:
    """Сказать, кто отвечает на тему TOPIC (код или название) в этом месте и почему."""
    from tsur_nlp.catalog.topics import load_catalog
    from tsur_nlp.pipeline.responsible import responsible
    from tsur_nlp.region.competence import CompetenceMatrix
    from tsur_nlp.region.loader import load_region

    matrix = CompetenceMatrix(load_region(name), load_catalog().topics)
    found = responsible(matrix, topic, territory, account, channel)
    for one in found:
        click.echo(f"{one.title} ({one.confidence:.2f})")
    for reason in found[0].reasons:
        click.echo(f"– {reason}")
    if found[0].deadline is not None:
        click.echo(f"Ответ: до {found[0].deadline:%d.%m.%Y %H:%M}")


@click.command("learn")
@click.argument("source", metavar="TABLE|JOURNAL", type=FILE)
@REGION
@click.option("-o", "output", metavar="FILE", type=FILE, required=True, help="Куда записать предложенные строки.")
@CROSSWALK
@click.option("--topic", metavar="COLUMN", help="Столбец с темой; без него находится по названию.")
@click.option("--authority", metavar="COLUMN", help="Столбец с органом; без него находится по названию.")
@click.option("--territory", metavar="COLUMN", help="Столбец с территорией; без него находится по названию.")
@reading
def region_learn(source: Path, name: str, output: Path, crosswalk: str | None, how: Any, **columns: str | None) -> None:
    """Предложить строки матрицы по прошлым сообщениям с темой и органом; в журнале — по решениям людей."""
    from tsur_nlp.learning.region_learn import COLUMNS, proposals
    from tsur_nlp.learning.region_past import count_past
    from tsur_nlp.region.loader import load_region
    from tsur_nlp.tables.paths import keep_apart
    from tsur_nlp.tables.writers import write_table

    keep_apart((source,), (output,))
    region = load_region(name)
    _tell_table(source, how, **columns)
    past = count_past(source, region, crosswalk, how, **columns)
    proposed = list(proposals(past, region))
    with write_table(output, COLUMNS) as writer:
        for one in proposed:
            writer.write([str(cell) for cell in one.cells(source.name)])
    topics = {one.topic for one in proposed}
    click.echo(f"Сообщений учтено {past.messages}; предложено строк {len(proposed)} для {len(topics)} тем: {output}")
    _tell(past)
    click.echo("Просмотрите строки; принятые перенесите в competence.csv, лишние столбцы не мешают")


@click.command("matrix")
@REGION
@click.option(
    "-o", "output", metavar="FILE", type=FILE, help="Записать книгу (xlsx); с --import — новую competence.csv."
)
@click.option("--import", "changed", metavar="FILE", type=FILE, help="Взять поправленную книгу обратно.")
def region_matrix(name: str, output: Path | None, changed: Path | None) -> None:
    """Показать матрицу книгой: темы вниз, места поперёк; с --import взять поправленную книгу в competence.csv."""
    from tsur_nlp.region.loader import folder_of, load_region
    from tsur_nlp.tables.atomic import write_whole

    region, folder = load_region(name), folder_of(name)
    if changed is None:
        from tsur_nlp.region.matrix_sheet import write_matrix

        if output is None:
            raise click.UsageError("нужен ключ -o ФАЙЛ.xlsx или --import ФАЙЛ.xlsx")
        if output.suffix.lower() != ".xlsx":
            raise click.UsageError("книга матрицы пишется в .xlsx")
        write_matrix(region, output)
        click.echo(f"Книга записана: {output}. Тем {len(region.catalog.topics)}, правил {len(region.competence)}")
        return
    from tsur_nlp.region.matrix_import import take_matrix
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((changed,), (output,))
    taken = take_matrix(region, folder, changed)
    target = output or Path(str(folder)) / "competence.csv"
    if taken.changed or taken.emptied or output is not None:
        write_whole(target, taken.text)
    click.echo(f"Ячеек изменено {taken.changed}, опустело {taken.emptied}: {target}")


@click.group("accounts")
def region_accounts() -> None:
    """Аккаунты органов региона."""


@region_accounts.command("import")
@click.argument("table", metavar="TABLE", type=FILE)
@REGION
@click.option("-o", "output", metavar="FILE", type=FILE, help="Куда записать; без ключа — accounts.csv региона.")
@reading
def region_accounts_import(table: Path, name: str, output: Path | None, how: Any) -> None:
    """Взять свой список страниц (vk, ok, telegram): владельцы находятся по названиям, ненайденные называются."""
    from tsur_nlp.region.account_list import merged, read_list, unmatched_lines
    from tsur_nlp.region.loader import folder_of, load_region
    from tsur_nlp.tables.atomic import write_whole
    from tsur_nlp.tables.paths import keep_apart

    target = output or Path(str(folder_of(name))) / "accounts.csv"
    keep_apart((table,), (target,))
    tell_reading(table, how, None, owner=None)
    taken = read_list(load_region(name), table, how)
    write_whole(target, merged(name, taken))
    sure = sum(one.official for one in taken.found)
    click.echo(f"Строк {taken.rows}: аккаунтов {len(taken.found)}, из них официальных {sure}; записано: {target}")
    if taken.linkless:
        click.echo(f"Без ссылки на страницу: {taken.linkless}")
    if taken.unmatched:
        click.echo(f"Владелец не найден среди органов региона: {len(taken.unmatched)}")
    for line in unmatched_lines(taken):
        click.echo(f"– {line}")
    if sure < len(taken.found):
        click.echo("На неофициальные страницы сообщения не пересылаются; отметьте свои в столбце «Официальная»: да")


def compare_with_past(region: Any, source: Path, crosswalk: str | None, how: Any) -> None:
    """Say where the past named another body than the matrix does first."""
    from tsur_nlp.learning.region_learn import disagreements
    from tsur_nlp.learning.region_past import count_past

    _tell_table(source, how, topic=None, authority=None, territory=None)
    past = count_past(source, region, crosswalk, how)
    _tell(past)
    found = sorted(disagreements(past, region), key=lambda one: -one.messages)
    click.echo(f"Сообщений сверено {past.messages}; матрица и прошлое расходятся в {len(found)} местах")
    for one in found[:SHOWN]:
        place = region.territories[one.territory].title if one.territory else "место неизвестно"
        topic = region.catalog.topics[one.topic].title
        click.echo(f"– {topic} ({place}): отвечал {one.seen} — {one.messages} из {one.of}; по матрице {one.expected}")


def _tell_table(source: Path, how: Any, **columns: str | None) -> None:
    from tsur_nlp.tables.readers import FORMATS

    if source.suffix.lower() in FORMATS:
        tell_reading(source, how, None, **columns)


def _tell(past: Any) -> None:
    for line in past.told():
        click.echo(f"Не учтено. {line}")
