"""`tsur-nlp serve`, and the list of those who work at its desk."""

import os
from pathlib import Path
from secrets import token_hex

import click

from tsur_nlp.cli.journals import KEEP_DAYS, KEEP_TEXTS, open_journal
from tsur_nlp.cli.screen import FILE, running
from tsur_nlp.run_config import RunConfig


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Адрес; 0.0.0.0 — слушать все.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="Порт.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Сколько процессов.")
@running
@click.option("--journal", metavar="FILE", type=FILE, help="Вносить сообщения и решения в журнал.")
@KEEP_TEXTS
@KEEP_DAYS
@click.option("--token", envvar="TSUR_NLP_TOKEN", help="Токен, который должны показать клиенты (TSUR_NLP_TOKEN).")
@click.option("--desk-users", metavar="FILE", type=FILE, help="Кто работает за столом; пишет tsur-nlp desk-user.")
@click.option("--proxy-user", metavar="HEADER", help="Заголовок, в котором прокси на этом компьютере называет имя.")
@click.option("--webhook", metavar="URL", help="Куда сообщать о срочных; подпись — TSUR_NLP_WEBHOOK_SECRET.")
def serve(
    host: str,
    port: int,
    workers: int,
    config: RunConfig,
    journal: Path | None,
    keep_texts: str | None,
    keep_days: int | None,
    token: str | None,
    desk_users: Path | None,
    proxy_user: str | None,
    webhook: str | None,
) -> None:
    """Запустить службу HTTP: /route, /route/batch, /docs, стол оператора на /desk и страница для проб на /."""
    try:
        import uvicorn

        from tsur_nlp.service.access import is_loopback
        from tsur_nlp.service.app import from_environment, to_environment
        from tsur_nlp.service.desk import Settings, zone_of
        from tsur_nlp.service.protocol import ImpatientProtocol
        from tsur_nlp.service.staff import Staff
    except ImportError:
        raise click.ClickException("для службы нужны FastAPI и uvicorn: pip install 'tsur-nlp[server]'") from None
    from tsur_nlp.journal.outbox import tell_urgent
    from tsur_nlp.router import Router

    if token is None and not is_loopback(host):
        raise click.UsageError(
            f"без токена служба слушает только этот компьютер, а {host} слышен и другим: "
            "задайте --token или TSUR_NLP_TOKEN, или уберите --host"
        )
    secret = os.environ.get("TSUR_NLP_WEBHOOK_SECRET", "")
    _check_together(token, desk_users, proxy_user, journal, webhook, secret)
    Staff(desk_users, token)
    # A wrong model, region or journal is reported before a port is taken, in one line.
    router = Router.configured(config)
    if journal is not None:
        with open_journal(journal, keep_texts, keep_days, zone=zone_of(router)) as opened:
            if webhook is None:
                # Nobody would take what is to be told.
                tell_urgent(opened, None)
    to_environment(
        Settings(
            config, journal, token, staff=desk_users, proxy_user=proxy_user,
            webhook=webhook, webhook_secret=secret, key=token_hex(32),
        )
    )  # fmt: skip
    click.echo(f"Служба на http://{host}:{port}/ — стол оператора: /desk, описание: /docs")
    uvicorn.run(
        f"{from_environment.__module__}:{from_environment.__name__}",
        factory=True,
        http=f"{ImpatientProtocol.__module__}:{ImpatientProtocol.__name__}",
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        access_log=False,
        # Nothing here asks for the client's address.
        proxy_headers=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=30,
    )


def _check_together(
    token: str | None,
    desk_users: Path | None,
    proxy_user: str | None,
    journal: Path | None,
    webhook: str | None,
    secret: str,
) -> None:
    """Raises UsageError for options that need others."""
    if token is None and (desk_users or proxy_user):
        raise click.UsageError("со списком сотрудников нужен и токен: --token или TSUR_NLP_TOKEN — он у администратора")
    if proxy_user and desk_users is None:
        raise click.UsageError("--proxy-user называет имена, а роли — в списке: добавьте --desk-users")
    if webhook and (journal is None or not secret or not webhook.startswith(("http://", "https://"))):
        raise click.UsageError("для --webhook нужны адрес http(s)://…, --journal и TSUR_NLP_WEBHOOK_SECRET для подписи")


@click.command("desk-user")
@click.argument("file", type=FILE)
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["читатель", "оператор", "администратор"]),
    default="оператор",
    show_default=True,
    help="Что можно: смотреть; отвечать; ещё и брать чужое.",
)
def desk_user(file: Path, name: str, role: str) -> None:
    """Внести сотрудника в список FILE и выдать ему токен; у внесённого прежний токен перестаёт годиться."""
    from tsur_nlp.service.staff import add_person

    token = add_person(file, name.strip(), role)
    click.echo(f"{name}, {role}. Токен (больше его нигде нет): {token}")
