"""A centre's defaults, and the files by which the service is set up: what they call must exist."""

import configparser
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from tests.conftest import ROOT, run_cli, write_csv
from tsur_nlp.cli import cli
from tsur_nlp.cli.config import KEYS, defaults, read_config
from tsur_nlp.errors import ConfigError

DEPLOY = ROOT / "deploy"


def parsed(words: list[str]) -> click.Context:
    """A command as click understands it; raises for an option or a command that does not exist."""
    if words[0] == "--config":
        assert read_config(Path(words[1]))
        words = words[2:]
    return cli.commands[words[0]].make_context(words[0], words[1:])


def test_every_key_is_a_default_of_the_commands_that_have_it() -> None:
    found = defaults(cli, dict.fromkeys(KEYS, "x"))
    assert set(found["route"]) == {"model", "region", "precision", "auto", "journal", "columns", "keep_texts"}
    assert set(found["serve"]) >= {"model", "region", "precision", "auto", "journal", "keep_texts"}
    assert found["correct"]["file"] == found["journal"]["import"]["file"] == "x"
    assert found["region"]["who"] == {"name": "x"}


def test_defaults_are_taken_from_the_working_directory_and_yield_to_options(tmp_path: Path) -> None:
    (tmp_path / "tsur-nlp.toml").write_text('journal = "мой.db"\ncolumns = "en"\nregion = "kursk"\n', encoding="utf-8")
    write_csv(tmp_path / "in.csv", [["Текст"], ["Яма на дороге"]])
    command = [sys.executable, "-m", "tsur_nlp", "route", "in.csv", "-o", "out.xlsx", "--region", "nizhny"]
    source = str(ROOT / "src")
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": source}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "Настройки: tsur-nlp.toml (journal, columns, region)"
    assert (tmp_path / "мой.db").is_file()
    shown = run_cli("--config", str(tmp_path / "tsur-nlp.toml"), "inspect", str(tmp_path / "out.xlsx"))
    assert "«authority»" not in shown.stdout
    assert shown.returncode == 0


WRONG = [
    ('regon = "nizhny"', "ключа «regon» нет; ближе всего: region"),
    ("precision = 80", "значение ключа precision не годится; нужно число между 0 и 1"),
    ('auto = "topic"', 'нужно "body" или "both"'),
    ("region = 5", "нужно строка в кавычках"),
    ("region = nizhny", "не понято"),
]


@pytest.mark.parametrize(("line", "said"), WRONG)
def test_a_wrong_key_is_one_line(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "centre.toml"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(ConfigError) as reason:
        read_config(file)
    assert said in str(reason.value)
    assert "\n" not in str(reason.value)


def test_a_file_that_is_not_there_is_one_line() -> None:
    done = run_cli("--config", "нет.toml", "inspect", "x.csv")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "проверьте --config" in done.stderr


def test_the_defaults_shown_are_right() -> None:
    shown = (DEPLOY / "tsur-nlp.toml").read_text(encoding="utf-8")
    assert set(re.findall(r"^#? ?([a-z-]+) = ", shown, re.MULTILINE)) == set(KEYS)
    assert read_config(DEPLOY / "tsur-nlp.toml")["region"] == "nizhny"


def test_compose_calls_what_exists() -> None:
    (service,) = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    assert parsed(service["command"]).params["host"] == "0.0.0.0"
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert "TSUR_NLP_TOKEN" in service["environment"]


def test_the_image_is_made_of_what_exists() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line.split(" ", 1) for line in text.splitlines() if line and not line.startswith(("#", " "))]
    assert {name for name, _ in lines} <= {
        "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    for name, rest in lines:
        if name == "COPY" and not rest.startswith("--from"):
            assert all((ROOT / part).exists() for part in rest.split()[:-1]), rest
    told = dict(lines)
    words = [*json.loads(told["ENTRYPOINT"]), *json.loads(told["CMD"])]
    assert words[0] == "tsur-nlp"
    assert parsed(words[1:]).params["journal"] == Path("/data/journal.db")
    assert ":8080/health" in told["HEALTHCHECK"]


def test_the_unit_calls_what_exists(tmp_path: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(DEPLOY / "tsur-nlp.service", encoding="utf-8")
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    assert Path(program).name == "tsur-nlp"
    assert parsed([word.replace("/etc/tsur-nlp", str(DEPLOY)) for word in words]).params["workers"] == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell: str) -> None:
    code = "import sys; sys.argv = ['tsur-nlp']; from tsur_nlp.cli import main; main()"
    environment = os.environ | {"_TSUR_NLP_COMPLETE": f"{shell}_source"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "_TSUR_NLP_COMPLETE" in done.stdout, done.stderr
