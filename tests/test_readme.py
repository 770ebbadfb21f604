"""What the README and the docs show is run."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if "```python\n" in page.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_python_blocks_run(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, page.name, "exec"), {})


def test_every_command_and_option_is_described() -> None:
    import click

    from tsur_nlp.cli import cli

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        assert f"tsur-nlp {name} " in readme
        assert command.help
        for option in command.params:
            assert isinstance(option, click.Argument) or option.help, (name, option.name)
