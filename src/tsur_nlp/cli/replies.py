"""`tsur-nlp reply check | similar`."""

import sys
from pathlib import Path

import click

from tsur_nlp.cli.journals import open_journal
from tsur_nlp.cli.screen import FILE

REMARKS = 3
"""The exit code that tells of remarks."""


@click.group()
def reply() -> None:
    """Помощь с ответом: проверить его, найти похожие прошлые сообщения с ответами."""


@reply.command("check")
@click.argument("file", metavar="FILE|-", type=FILE)
@click.option("--message", metavar="FILE", type=FILE, help="Сообщение, на которое отвечают: о том же ли месте ответ.")
def check(file: Path, message: Path | None) -> None:
    """Проверить текст ответа FILE: срок, суть, канцелярит, адресат, личные данные, тон; код 3 — есть замечания."""
    from tsur_nlp.decision.appeal import Appeal
    from tsur_nlp.replies import check_reply

    text = _read(file)
    remarks = check_reply(text, Appeal(_read(message)) if message else None)
    for one in remarks:
        said = " ".join(text[one.start : one.stop].split())
        click.echo(f"{one.start + 1}–{one.stop} «{said[:80]}»: {one.advice}")
    if remarks:
        sys.exit(REMARKS)
    click.echo("Замечаний нет")


@reply.command("similar")
@click.argument("journal", metavar="JOURNAL", type=FILE)
@click.argument("file", metavar="FILE|-", type=FILE)
@click.option("--topic", metavar="TITLE", default="", help="Тема сообщения: ответы на неё же — выше.")
def similar(journal: Path, file: Path, topic: str) -> None:
    """Показать похожие на FILE прошлые сообщения журнала и ответы на них, без личных данных."""
    from tsur_nlp.replies import similar

    text = _read(file)
    with open_journal(journal, must_exist=True) as opened:
        found = similar(opened, text, topic)
    if not found.messages:
        click.echo("Похожих сообщений с ответом в журнале нет")
    for one in found.messages:
        came = f"{one.received:%d.%m.%Y}" if one.received else "без даты"
        answered = f"{one.answered:%d.%m.%Y}" if one.answered else "без даты"
        late = {True: ", в срок", False: ", с опозданием", None: ""}[one.in_time]
        click.echo(f"[{one.likeness:.2f}] {came} {one.topic}\n  {' '.join(one.text.split())[:300]}")
        click.echo(f"  Ответ {answered}{late}: {' '.join(one.answer.split())[:600]}")
    if found.in_time is not None:
        click.echo(f"В срок отвечено на {100 * found.in_time:.0f} % похожих")


def _read(file: Path) -> str:
    """A text in UTF-8, of the standard input for «-». Raises TableError."""
    from tsur_nlp.errors import TableError

    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise TableError(f"{file}: текст не прочитать; нужен файл в UTF-8, проверьте путь") from None
