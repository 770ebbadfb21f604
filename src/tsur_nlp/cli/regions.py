"""`tsur-nlp region check | new | explain`, and the group of all commands of a region."""

import sys
from pathlib import Path
from typing import Any

import click

from tsur_nlp.cli.region_matrix import compare_with_past, region_accounts, region_learn, region_matrix, region_who
from tsur_nlp.cli.screen import FILE, reading, tell_reading
from tsur_nlp.decision.titles import ACTIONS

STEPS_SHOWN = {"reaction": "Реакция", "registration": "Регистрация", "forwarding": "Пересылка", "answer": "Ответ"}


@click.group()
def region() -> None:
    """Регион: черновик таблиц, проверка, матрица компетенций, путь решения."""


for _command in (region_who, region_learn, region_matrix, region_accounts):
    region.add_command(_command)


@region.command("check")
@click.argument("name", metavar="NAME|DIR")
@click.option("--past", metavar="TABLE|JOURNAL", type=FILE, help="Сверить матрицу с прошлыми сообщениями.")
@click.option("--crosswalk", metavar="SOURCE|TABLE", help="Чьи темы в таблице: kursk, ryazan, perm или своя таблица.")
@reading
def region_check(name: str, past: Path | None, crosswalk: str | None, how: Any) -> None:
    """Проверить таблицы региона: ошибки называются местом, пробелы — списком."""
    from tsur_nlp.region.lint import gaps
    from tsur_nlp.region.loader import load_region

    found = load_region(name)
    institutions = sum(bool(one.kind) for one in found.authorities.values())
    click.echo(
        f"{found.title}: органов {len(found.authorities) - institutions}, учреждений {institutions}, "
        f"территорий {len(found.territories)}, улиц {len(found.streets)}, аккаунтов {len(found.accounts)}"
    )
    missing = list(gaps(found))
    for gap in missing:
        click.echo(f"{'Пробел' if gap.serious else 'Заметка'}: {gap.text}")
    if past is not None:
        compare_with_past(found, past, crosswalk, how)
    if any(gap.serious for gap in missing):
        sys.exit(1)
    click.echo("Ошибок нет, на каждую тему есть кому ответить")


@region.command("new")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--from", "table", metavar="TABLE", type=FILE, required=True, help="Прошлые сообщения с органами.")
@click.option("--title", metavar="TITLE", default="Новый регион", help="Название региона.")
@reading
def region_new(folder: Path, table: Path, title: str, how: Any) -> None:
    """Составить черновик таблиц региона в папке DIR по прошлым сообщениям и ответившим органам."""
    from tsur_nlp.learning.region_draft import draft
    from tsur_nlp.model import persistence as storage
    from tsur_nlp.router import shipped_model
    from tsur_nlp.tables.paths import keep_apart

    keep_apart((table,), (folder,))
    tell_reading(table, how, {}, authority=None)
    bodies, territories = draft(table, folder, title, storage.load(shipped_model()), how)
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
    """Показать путь решения: темы, кому их отдаёт матрица, слова, место, сроки."""
    from tsur_nlp import Appeal, Router
    from tsur_nlp.run_config import DEFAULT_REGION

    router = Router.load(model=model, region=name or DEFAULT_REGION)
    decision = router.route(Appeal(text, territory=territory, account=account, channel=channel))
    click.echo(f"Действие: {ACTIONS[decision.action]}")
    for title, choices in (("Тема", decision.topics), ("Орган", decision.authorities)):
        for number, choice in enumerate(choices[:3]):
            click.echo(f"{title if number == 0 else '   или'}: {choice.title} ({choice.confidence:.2f})")
    place = decision.territory or None
    for topic in decision.topics[:3] if decision.topic.code else ():
        bodies = ", ".join(f"{one.title} ({one.confidence:.2f})" for one in router.responsible(topic.code, place))
        click.echo(f"Матрица: {topic.title} ({topic.confidence:.2f}) → {bodies}")
    for reason in decision.reasons:
        click.echo(f"– {reason}")
    for step, moment in decision.due.items():
        click.echo(f"{STEPS_SHOWN[step]}: до {moment:%d.%m.%Y %H:%M}")
