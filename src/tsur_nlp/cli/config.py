"""A centre's own defaults: `tsur-nlp.toml` in the working directory, or the file that --config names.

Each key is a default of the option of the same name, of every command that has it.
"""

import tomllib
from pathlib import Path
from typing import Any

import click

from tsur_nlp.errors import ConfigError
from tsur_nlp.run_config import AUTOS
from tsur_nlp.text.labels import nearest

NAME = "tsur-nlp.toml"
PATHS = ("model", "journal")
CHOICES = {"auto": AUTOS, "columns": ("ru", "en"), "keep-texts": ("hash", "masked", "full")}
KEYS = ("model", "region", "precision", "auto", "journal", "columns", "keep-texts")


def read_config(file: Path) -> dict[str, Any]:
    """What a file says, by key; paths are counted from its folder. Raises ConfigError that names the key."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: файла нет; проверьте --config") from None
    except (OSError, UnicodeDecodeError) as reason:
        raise ConfigError(f"{file}: не прочитать ({type(reason).__name__}); нужен текст в UTF-8") from None
    except tomllib.TOMLDecodeError as reason:
        raise ConfigError(f'{file}: не понято ({reason}); строка выглядит так: region = "nizhny"') from None
    for key, value in content.items():
        if key not in KEYS:
            close = nearest(key, KEYS)
            hint = f"; ближе всего: {close}" if close else ""
            raise ConfigError(f"{file}: ключа «{key[:60]}» нет{hint}; есть: {', '.join(KEYS)}")
        if wanted := _wanted(key, value):
            raise ConfigError(f"{file}: значение ключа {key} не годится; нужно {wanted}")
    for key in PATHS:
        if key in content:
            content[key] = file.parent / content[key]
    if (file.parent / content.get("region", "") / "authorities.csv").is_file() and "region" in content:
        content["region"] = str(file.parent / content["region"])
    return content


def _wanted(key: str, value: Any) -> str:
    """What a key wants instead of this value, "" if it is right."""
    if key == "precision":
        is_share = isinstance(value, float) and 0 < value < 1
        return "" if is_share else "число между 0 и 1, например 0.9"
    if key in CHOICES:
        return "" if value in CHOICES[key] else " или ".join(f'"{choice}"' for choice in CHOICES[key])
    return "" if isinstance(value, str) and value else 'строка в кавычках, например "nizhny"'


def defaults(group: click.Group, content: dict[str, Any]) -> dict[str, Any]:
    """Defaults of every command of a group, nested as its commands are (`default_map` of click)."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found[name] = defaults(command, content)
            continue
        found[name] = {
            option.name: value
            for option in command.params
            for key, value in content.items()
            if isinstance(option, click.Option) and f"--{key}" in option.opts
        }
    return found


def use_config(context: click.Context, file: Path | None) -> None:
    """Take the defaults of a file, or of the one in the working directory if there is one, and say so."""
    if file is None:
        file = Path(NAME)
        if not file.is_file():
            return
    content = read_config(file)
    if isinstance(context.command, click.Group):
        context.default_map = defaults(context.command, content)
    click.echo(f"Настройки: {file} ({', '.join(content) or 'пусто'})", err=True)
