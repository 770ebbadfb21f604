"""What the README and the docs show is run, parsed, or led to."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.conftest import ROOT
from tsur_nlp.cli import cli
from tsur_nlp.decision.fields import COLUMNS

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SERVICE = "127.0.0.1:8080"
"""Blocks that speak to a running service are run by test_service.py."""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=[page.stem for page in WITH_PYTHON])
def test_python_blocks_run(page: Path) -> None:
    for block in blocks(page, "python"):
        if SERVICE not in block:
            exec(compile(block, page.name, "exec"), {})


def command_lines() -> list[str]:
    """Lines of shell blocks that call tsur-nlp; what has brackets is a synopsis."""
    text = "\n".join(block.replace("\\\n", " ") for page in PAGES for block in blocks(page, "sh"))
    lines = [line.split("  #")[0] for line in text.splitlines() if line.startswith("tsur-nlp ")]
    return [line for line in dict.fromkeys(lines) if "[" not in line and "|" not in line]


@pytest.mark.parametrize("line", command_lines())
def test_commands_shown_are_understood(line: str) -> None:
    _, *words = shlex.split(line)
    command: click.Command = cli
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context("shown", words)


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Each command with its whole name: «region accounts import»."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(cli))
READING = {"--sheet", "--header", "--encoding"}
"""Said once, below the list, for all commands that read a table."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_described(name: str) -> None:
    listed = "\n".join(block.replace("\\\n", " ") for block in blocks(ROOT / "README.md", "sh"))
    group, _, last = name.rpartition(" ")
    # Two that take the same options stand in one line: «journal import|accounts».
    lines = re.findall(rf"^tsur-nlp {group} ?(?:\w+\|)?{last}\b.*$", listed, re.MULTILINE)
    shown = {word for line in lines for word in re.findall(r"--?[\w-]+", line)}
    assert lines
    assert COMMANDS[name].help
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert {*option.opts, *option.secondary_opts} & (shown | READING), option.name


def test_what_reliability_names_is_there() -> None:
    """Files of tests and benchmarks, and tests that each `-k` chooses."""
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    for file in re.findall(r"`python (benchmarks/\w+\.py)", page):
        assert (ROOT / file).exists(), file
    named = re.findall(r"`pytest ([^`]+)`", page)
    assert len(named) > 40
    for command in named:
        files, _, chosen = command.partition(" -k ")
        tests = " ".join(
            " ".join(re.findall(r"def (test_\w+)", (ROOT / file).read_text(encoding="utf-8"))) for file in files.split()
        )
        for word in re.findall(r"\w+", chosen):
            assert word == "or" or word in tests, command


def test_the_paths_of_architecture_are_there() -> None:
    """Where a newcomer is told to look; names in capitals stand for any."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    paths = [path for path in re.findall(r"`([a-z_]+/[\w/.]*)", page) if not re.search("[A-Z]", path)]
    assert len(paths) > 30
    for path in paths:
        assert any((folder / path).exists() for folder in (ROOT, ROOT / "src" / "tsur_nlp", ROOT / "docs")), path


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.stem)
def test_no_conflict_was_left(page: Path) -> None:
    assert not re.search(r"^(<{7}|={7}|>{7})( |$)", page.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "route_many" in (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")


def test_the_columns_listed_are_those_of_a_routed_table() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"`(topic, topic_group,[^`]+)`", readme)
    assert tuple(listed.replace("\n", " ").split(", ")) == COLUMNS
