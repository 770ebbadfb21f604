"""`tsur-nlp serve`."""

from pathlib import Path

import click

from tsur_nlp.cli.journals import KEEP_DAYS, KEEP_TEXTS, open_journal
from tsur_nlp.cli.screen import FILE


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Адрес; 0.0.0.0 — слушать все.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="Порт.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Сколько процессов.")
@click.option("--model", metavar="DIR", type=FILE, help="Папка своей модели вместо встроенной.")
@click.option("--region", metavar="NAME|DIR", help="Регион: имя или папка. Со встроенной моделью — nizhny.")
@click.option("--precision", default=0.8, show_default=True, help="Какую точность темы обещать для «отправить сразу».")
@click.option("--journal", metavar="FILE", type=FILE, help="Вносить сообщения и решения в журнал.")
@KEEP_TEXTS
@KEEP_DAYS
@click.option("--token", envvar="TSUR_NLP_TOKEN", help="Токен, который должны показать клиенты (TSUR_NLP_TOKEN).")
def serve(
    host: str,
    port: int,
    workers: int,
    model: Path | None,
    region: str | None,
    precision: float,
    journal: Path | None,
    keep_texts: str | None,
    keep_days: int | None,
    token: str | None,
) -> None:
    """Запустить службу HTTP: /route, /route/batch, /docs и страница для проб на /."""
    try:
        import uvicorn

        from tsur_nlp.service.access import is_loopback
        from tsur_nlp.service.app import from_environment, to_environment
        from tsur_nlp.service.desk import Settings, zone_of
        from tsur_nlp.service.protocol import ImpatientProtocol
    except ImportError:
        raise click.ClickException("для службы нужны FastAPI и uvicorn: pip install 'tsur-nlp[server]'") from None
    from tsur_nlp.router import Router

    if token is None and not is_loopback(host):
        raise click.UsageError(
            f"без токена служба слушает только этот компьютер, а {host} слышен и другим: "
            "задайте --token или TSUR_NLP_TOKEN, или уберите --host"
        )
    # A wrong model, region or journal is told before a port is taken, in one line.
    router = Router.load(model, region, precision)
    if journal is not None:
        open_journal(journal, keep_texts, keep_days, zone=zone_of(router)).close()
    to_environment(Settings(model, region, precision, journal, token))
    click.echo(f"Служба на http://{host}:{port}/ — описание: /docs")
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
