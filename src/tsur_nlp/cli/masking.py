"""`tsur-nlp mask`."""

from pathlib import Path
from typing import Any

import click

from tsur_nlp.cli.screen import FILE, progress, reading


@click.command()
@click.argument("source", metavar="IN", type=FILE)
@click.option("-o", "--output", "target", metavar="OUT", type=FILE, required=True, help="Куда записать результат.")
@click.option(
    "--text", "columns", metavar="COLUMN", multiple=True, help="Столбец с текстом; можно назвать несколько столбцов."
)
@click.option(
    "--how",
    "way",
    type=click.Choice(["label", "token", "hash", "remove"]),
    default="label",
    show_default=True,
    help="Что ставить: вид данных, номер, хеш или ничего.",
)
@click.option(
    "--vault", metavar="FILE", type=FILE, help="Файл замен с ключом: нужен для token и hash, храните его у себя."
)
@click.option(
    "--names",
    type=click.Choice(["table", "natasha"]),
    default="table",
    show_default=True,
    help="Имена по таблицам или ещё и нейросетью natasha: медленно, редких имён находит больше.",
)
@reading
def mask(
    source: Path, target: Path, columns: tuple[str, ...], way: Any, vault: Path | None, names: Any, how: Any
) -> None:
    """Закрыть личные данные в таблице IN (.csv, .xlsx, .jsonl, .parquet) и записать её в OUT."""
    from tsur_nlp.privacy.table_masking import mask_table
    from tsur_nlp.text.masks import MASKS

    if way in ("token", "hash") and vault is None:
        raise click.UsageError(f"для --how {way} нужен --vault FILE, где хранится, что чем заменено")
    with progress("Личные данные") as tell:
        done = mask_table(source, target, columns, way, vault, names, how, tell)
    closed = ", ".join(f"{MASKS[kind]} {count}" for kind, count in done.kinds.most_common())
    click.echo(f"Закрыто: {closed or 'ничего не найдено'}")
    click.echo(f"Столбцы: «{'», «'.join(done.columns)}»; остальные остались как были")
    if done.cut:
        click.echo(f"Ячеек длиннее, чем вмещает Excel (32 767 знаков): {done.cut}; они обрезаны, целиком — в csv")
    if vault is not None:
        click.echo(f"Файл замен: {vault}; в нём сами личные данные, не передавайте его вместе с таблицей")
    click.echo(f"Строк {done.rows + done.rejected}: записано {done.rows}, отложено {done.rejected}. Записано: {target}")
    if done.rejected:
        click.echo(f"Отложенные строки и причины: {target}.rejected.csv")
