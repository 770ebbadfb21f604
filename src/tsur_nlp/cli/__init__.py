"""The command line. Speaks Russian; every mistake is one line and a non-zero exit code."""

import sys
from pathlib import Path

import click

from tsur_nlp import __version__
from tsur_nlp.cli.config import use_config
from tsur_nlp.cli.incidents import incidents
from tsur_nlp.cli.journals import correct, journal, summary
from tsur_nlp.cli.learning import check_labels, evaluate, relabel, retrain, rollback, train
from tsur_nlp.cli.masking import mask
from tsur_nlp.cli.regions import region
from tsur_nlp.cli.replies import reply
from tsur_nlp.cli.routing import inspect, route
from tsur_nlp.cli.screen import FILE
from tsur_nlp.cli.serving import desk_user, serve
from tsur_nlp.errors import TsurError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="tsur-nlp %(version)s")
@click.option("--config", metavar="FILE", type=FILE, help="Умолчания центра; без ключа — tsur-nlp.toml, если он здесь.")
@click.pass_context
def cli(context: click.Context, config: Path | None) -> None:
    """Тема, ответственный орган и срок для сообщений жителей."""
    use_config(context, config)


for command in (
    route,
    inspect,
    train,
    evaluate,
    region,
    journal,
    correct,
    summary,
    incidents,
    reply,
    retrain,
    rollback,
    check_labels,
    relabel,
    mask,
    serve,
    desk_user,
):
    cli.add_command(command)


def main() -> None:
    """Entry point: known errors end in one line in Russian and a non-zero exit code."""
    try:
        cli.main(standalone_mode=False)
    except TsurError as error:
        _fail(str(error), 1)
    except click.UsageError as error:
        _fail(_in_russian(error), 2)
    except click.ClickException as error:
        _fail(error.format_message(), 1)
    except (KeyboardInterrupt, click.Abort):
        _fail(
            "Прервано: результат не записан; сделанное route хранит рядом, продолжить — та же команда с --resume", 130
        )
    except BrokenPipeError:
        sys.exit(1)


def _fail(message: str, code: int) -> None:
    click.echo(f"Ошибка: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _in_russian(error: click.UsageError) -> str:
    help_hint = "подсказка: tsur-nlp --help"
    match error:
        case click.MissingParameter():
            what = error.param.make_metavar(error.ctx) if error.param and error.ctx else ""
            names = "/".join(error.param.opts) if error.param else ""
            return f"не хватает {names or what} {what if names != what else ''}; {help_hint}".replace(" ;", ";")
        case click.NoSuchOption():
            return f"нет такого ключа: {error.option_name}; {help_hint}"
        case click.BadParameter():
            names = "/".join(error.param.opts) if error.param else ""
            return f"значение {names} не годится; {help_hint}"
        case _:
            return f"команда не понята ({error.format_message()}); {help_hint}"
