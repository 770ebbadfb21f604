"""`tsur-nlp train | evaluate | retrain | check-labels`."""

from pathlib import Path
from typing import Any

import click

from tsur_nlp import __version__
from tsur_nlp.cli.screen import FILE, console, stages


@click.command()
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
    with stages() as tell:
        trained = train(examples, progress=tell)
    trained.model.about |= {"name": folder.name, "figures": figures(trained.quality), "made_by": __version__}
    sources = [f"{table.name}: строк с текстом и темой {len(examples.texts)}"]
    storage.save(trained.model, folder, card(f"Модель {folder.name}", trained, sources))
    for remark in trained.remarks:
        click.echo(remark)
    click.echo("Перекрёстная проверка:")
    _show_figures(trained.quality)
    click.echo(f"Модель и карточка записаны: {folder}")


@click.command()
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


def _show_figures(quality: Any) -> None:
    from rich.table import Table

    from tsur_nlp.learning.card import figures_table

    header, *rows = figures_table(quality)
    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    console().print(table)


def _show_curve(result: Any) -> None:
    """Precision when only the surest share of messages is answered."""
    from rich.table import Table

    from tsur_nlp.learning.card import HEADS

    table = Table("Охват", *(f"Точность: {HEADS[name].lower()}" for name in result.heads))
    for points in zip(*(head.curve() for head in result.heads.values()), strict=True):
        table.add_row(f"{points[0][0]:.0%}", *(f"{precision:.3f}" for _, precision in points))
    console().print(table)
