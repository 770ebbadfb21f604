"""`tsur-nlp train | evaluate | retrain | check-labels | relabel`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tsur_nlp import __version__
from tsur_nlp.cli.journals import open_journal
from tsur_nlp.cli.screen import FILE, console, reading, stages, tell_reading

SHOWN_LABELS = 10


@click.command()
@click.argument("table", metavar="TABLE", type=FILE)
@click.option("-o", "--output", "folder", metavar="DIR", type=FILE, required=True, help="Папка для модели.")
@click.option("--text", metavar="COLUMN", required=True, help="Столбец с текстом.")
@click.option("--topic", metavar="COLUMN", required=True, help="Столбец с темой.")
@click.option("--authority", metavar="COLUMN", help="Столбец с органом, если его тоже надо учить.")
@click.option("--lessons", "own", metavar="DIR", type=FILE, help="Папка своих уроков: таблицы topic, form, text.")
@click.option("--encoder", "place", metavar="DIR|NAME", help="Папка или имя кодировщика предложений: второй взгляд.")
@reading
def train(
    table: Path,
    folder: Path,
    text: str,
    topic: str,
    authority: str | None,
    own: Path | None,
    place: str | None,
    how: Any,
) -> None:
    """Обучить модель на размеченной таблице TABLE и записать её с карточкой качества."""
    from tsur_nlp.learning.examples import lessons_of_folder, read_examples
    from tsur_nlp.learning.training import train
    from tsur_nlp.model import persistence as storage
    from tsur_nlp.model.encoder import open_encoder
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((table,), (folder,))
    storage.check_target(folder)
    encoder = open_encoder(place) if place else None
    tell_reading(table, how, {"text": text}, **_labels(topic, authority))
    examples = read_examples(table, text, topic, authority, how=how)
    click.echo(f"Текстов {len(examples.texts)}")
    further = lessons_of_folder(own, examples.topics) if own else []
    with stages() as tell:
        trained = train(examples, further=further, encoder=encoder, progress=tell)
    _save(trained, folder, [_source(table, examples)])
    for remark in trained.remarks:
        click.echo(remark)
    click.echo("Перекрёстная проверка:")
    _show_figures(trained.quality)
    if trained.encoded:
        click.echo(trained.encoded.told)
    click.echo(f"Модель и карточка записаны: {folder}")


@click.command()
@click.argument("table", metavar="TABLE", type=FILE)
@click.option("--model", "folder", metavar="DIR", type=FILE, help="Папка модели; без неё — встроенная.")
@click.option("--text", metavar="COLUMN", help="Столбец с текстом.")
@click.option("--topic", metavar="COLUMN", help="Столбец с темой.")
@click.option("--authority", metavar="COLUMN", help="Столбец с органом.")
@click.option("--json", "as_json", is_flag=True, help="Показатели в JSON на стандартный вывод.")
@click.option("--html", metavar="FILE", type=FILE, help="Отчёт одной страницей.")
@reading
def evaluate(
    table: Path,
    folder: Path | None,
    text: str | None,
    topic: str | None,
    authority: str | None,
    as_json: bool,
    html: Path | None,
    how: Any,
) -> None:
    """Измерить качество модели на размеченной таблице TABLE."""
    import json

    from tsur_nlp.learning.evaluation import evaluate, html_report
    from tsur_nlp.model import persistence as storage
    from tsur_nlp.router import shipped_model
    from tsur_nlp.tables.atomic import write_whole
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((table, folder), (html,))
    model = storage.load(folder or shipped_model())
    if not as_json:
        tell_reading(table, how, {"text": text}, **_labels(topic, authority))
    with stages() as tell:
        result = evaluate(model, table, text, topic, authority, how, tell)
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


@click.command()
@click.option("--journal", "file", metavar="FILE", type=FILE, required=True, help="Журнал с исправлениями.")
@click.option("--base", metavar="DIR", type=FILE, help="Модель, с которой сравнивать; без неё — встроенная.")
@click.option("-o", "--output", "folder", metavar="DIR", type=FILE, required=True, help="Папка для новой модели.")
@click.option("--table", metavar="TABLE", type=FILE, help="Таблица, на которой обучена прежняя модель.")
@click.option("--text", metavar="COLUMN", help="Столбец таблицы с текстом.")
@click.option("--topic", metavar="COLUMN", help="Столбец таблицы с темой.")
@click.option("--authority", metavar="COLUMN", help="Столбец таблицы с органом.")
@click.option("--promote", is_flag=True, help="Поставить новую модель на место --base; прежняя останется рядом.")
@click.option("--even-if-worse", is_flag=True, help="Записать новую модель, даже если она хуже.")
@reading
def retrain(
    file: Path,
    base: Path | None,
    folder: Path,
    table: Path | None,
    text: str | None,
    topic: str | None,
    authority: str | None,
    promote: bool,
    even_if_worse: bool,
    how: Any,
) -> None:
    """Обучить модель заново с исправлениями из журнала и сравнить с прежней; худшая не записывается."""
    from tsur_nlp.errors import ModelError
    from tsur_nlp.learning.examples import read_examples
    from tsur_nlp.learning.retraining import retrain
    from tsur_nlp.model import persistence as storage
    from tsur_nlp.router import shipped_model
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((table, file), (folder,))
    if promote and base is None:
        raise ModelError("встроенную модель не заменить: назовите свою в --base или уберите --promote")
    storage.check_target(folder)
    if table:
        tell_reading(table, how, {"text": text}, **_labels(topic, authority))
    examples = read_examples(table, text, topic, authority, how=how) if table else None
    with open_journal(file, must_exist=True) as journal, stages() as tell:
        found = retrain(journal, storage.load(base or shipped_model()), examples, progress=tell)
    _show_comparisons(found.comparisons)
    if found.refused and not even_if_worse:
        raise ModelError(f"{found.refused}; модель не записана (записать всё равно: --even-if-worse)")
    sources = [f"{file.name}: размеченных сообщений {found.learned}"]
    sources += [_source(table, examples)] if table else []
    _save(found.trained, folder, sources)
    click.echo(f"Модель и карточка записаны: {folder}")
    if promote and base is not None:
        from tsur_nlp.model.versions import promote as put_in_use

        put_in_use(base, folder)
        click.echo(f"{base} теперь указывает на неё; вернуть прежнюю: tsur-nlp rollback {base}")


@click.command()
@click.argument("place", metavar="DIR", type=FILE)
def rollback(place: Path) -> None:
    """Вернуть на место DIR модель, которая стояла там до retrain --promote."""
    from tsur_nlp.model.versions import roll_back

    roll_back(place)
    click.echo(f"{place} снова указывает на прежнюю модель: {place.resolve()}")


@click.command("check-labels")
@click.argument("table", metavar="TABLE", type=FILE)
@click.option("-o", "--output", "target", metavar="OUT", type=FILE, required=True, help="Таблица для просмотра.")
@click.option("--text", metavar="COLUMN", help="Столбец с текстом.")
@click.option("--topic", metavar="COLUMN", help="Столбец с темой.")
@click.option("--authority", metavar="COLUMN", help="Проверять этот столбец с органом вместо темы.")
@click.option(
    "--most",
    metavar="N",
    default=200,
    show_default=True,
    type=click.IntRange(1),
    help="Сколько показать, начиная с самых сомнительных.",
)
@reading
def check_labels(
    table: Path, target: Path, text: str | None, topic: str | None, authority: str | None, most: int, how: Any
) -> None:
    """Найти в размеченной таблице TABLE сомнительные и противоречивые метки и записать их в OUT."""
    from tsur_nlp.learning.examples import read_examples
    from tsur_nlp.learning.labels import doubtful, write_doubts
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((table,), (target,))
    tell_reading(table, how, {"text": text}, **_labels(topic, authority))
    examples = read_examples(table, text, topic, authority, how=how)
    with stages() as tell:
        found = doubtful(examples, "authority" if authority else "topic", tell)
    rows = examples.authorities if authority and examples.authorities else examples.topics
    write_doubts(found[:most], sorted({label for row in rows for label in row}), target)
    torn = sum(bool(one.alike) for one in found)
    click.echo(f"Текстов {len(examples.texts)}: сомнительных меток {len(found) - torn}, противоречивых повторов {torn}")
    click.echo(
        f"Записано, сначала самые сомнительные: {min(len(found), most)} — {target}. Заполните столбец «Верная метка» "
        f"и внесите: tsur-nlp relabel {table} {target} -o НОВАЯ_ТАБЛИЦА"
    )


@click.command()
@click.argument("table", metavar="TABLE", type=FILE)
@click.argument("doubts", metavar="DOUBTS", type=FILE)
@click.option(
    "-o", "--output", "target", metavar="TABLE2", type=FILE, required=True, help="Куда записать исправленную."
)
@click.option("--text", metavar="COLUMN", help="Столбец с текстом.")
@click.option("--topic", metavar="COLUMN", help="Столбец с темой.")
@click.option("--authority", metavar="COLUMN", help="Исправлять этот столбец с органом вместо темы.")
@reading
def relabel(
    table: Path, doubts: Path, target: Path, text: str | None, topic: str | None, authority: str | None, how: Any
) -> None:
    """Внести в таблицу TABLE верные метки из просмотренной DOUBTS (её пишет check-labels) и записать TABLE2."""
    from tsur_nlp.learning.relabeling import REVIEWED, relabel
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((table, doubts), (target, target.with_name(target.name + ".rejected.csv")))
    tell_reading(table, how, {"text": text}, **_labels(topic, authority))
    tell_reading(doubts, REVIEWED, None, row=None, label=None, right_label=None)
    done = relabel(table, doubts, target, text, topic, authority, how)
    click.echo(f"Строк {done.rows}: меток исправлено {done.changed}, отложено {done.rejected}. Записано: {target}")
    for number, reason in done.reasons:
        click.echo(f"  строка {number}: {reason}")
    if done.rejected:
        click.echo(f"Отложенные строки и причины: {target}.rejected.csv")


def _labels(topic: str | None, authority: str | None) -> dict[str, str | None]:
    """Roles of the columns that are learned from."""
    return {"topic": topic} | ({"authority": authority} if authority else {})


def _source(table: Path, examples: Any) -> str:
    return f"{table.name}: строк с текстом и темой {len(examples.texts)}"


def _save(trained: Any, folder: Path, sources: Sequence[str]) -> None:
    """Write a model with its figures and its card."""
    from tsur_nlp.learning.card import card
    from tsur_nlp.learning.training import figures
    from tsur_nlp.model import persistence as storage

    trained.model.about |= {"name": folder.name, "figures": figures(trained.quality), "made_by": __version__}
    storage.save(trained.model, folder, card(f"Модель {folder.name}", trained, sources))


def _show_comparisons(comparisons: Any) -> None:
    from rich.table import Table

    from tsur_nlp.learning.card import HEADS

    table = Table("Сравнение", "Текстов", "Прежняя", "Новая", "Права одна прежняя", "Права одна новая", "Случайность")
    by_label = Table("Метка", "Текстов", "Прежняя", "Новая", title="Где они различаются")
    for one in comparisons:
        counts = (str(one.only_base), str(one.only_new), f"{one.chance:.3f}")
        table.add_row(HEADS[one.head], str(one.texts), f"{one.base:.3f}", f"{one.new:.3f}", *counts)
        for label in one.labels[:SHOWN_LABELS]:
            by_label.add_row(label.label, str(label.texts), str(label.base), str(label.new))
    console().print(table)
    if by_label.rows:
        console().print(by_label)


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
