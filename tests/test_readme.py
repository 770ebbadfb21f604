"""What the README and the docs show is run, parsed, or led to."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.conftest import ROOT
from tsur_nlp.cli import cli

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


def test_every_command_and_option_is_described() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        assert f"tsur-nlp {name} " in readme
        assert command.help
        for option in command.params:
            assert isinstance(option, click.Argument) or option.help, (name, option.name)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "route_many" in (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
