"""What the README shows is run."""

import re

from tests.conftest import ROOT


def test_python_blocks_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_every_command_and_option_is_described() -> None:
    import click

    from tsur_nlp.cli import cli

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        assert f"tsur-nlp {name} " in readme
        assert command.help
        for option in command.params:
            assert isinstance(option, click.Argument) or option.help, (name, option.name)
