"""What several tests share: a small table of written appeals and a model trained on it once."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# The matrices of tests are small: threads of BLAS cost them twice the time they save, and tests run side by side.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "notebooks" / "sample_incidents.csv"

PLACES = ["на Садовой", "у вокзала", "в нашем посёлке", "возле школы", "на окраине", "в центре", "за рекой"]
STORIES = {
    "Освещение": ("Служба света", ["Не горит фонарь {}", "Темно {} по вечерам, лампы перегорели", "Включите свет {}"]),
    "Дороги": ("Дорожная служба", ["Яма {} пробила колесо", "Асфальт {} разбит, ямы кругом", "Заделайте выбоины {}"]),
    "Мусор": ("Служба чистоты", ["Мусор {} не вывозят", "Контейнеры {} переполнены", "Свалка {} растёт, мусор летает"]),
}


def write_csv(file: Path, rows: list[list[str]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return file


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """63 written appeals of three topics with their bodies."""
    rows = [["Сообщение", "Тема", "Орган"]]
    for topic, (authority, stories) in STORIES.items():
        rows += [[story.format(place), topic, authority] for story in stories for place in PLACES]
    return write_csv(tmp_path_factory.mktemp("labelled") / "appeals.csv", rows)


@pytest.fixture(scope="session")
def trained(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder made by the command line from the labelled table."""
    folder = tmp_path_factory.mktemp("models") / "mine"
    options = ["--text", "Сообщение", "--topic", "Тема", "--authority", "Орган"]
    done = run_cli("train", str(labelled), "-o", str(folder), *options)
    assert done.returncode == 0, done.stderr
    return folder


def run_cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The real command in a real process."""
    command = [sys.executable, "-m", "tsur_nlp", *arguments]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "140"}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=120)


@pytest.fixture
def cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    return run_cli


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 400 kB; only root can make one."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(place)], capture_output=True)
    if made.returncode:
        pytest.skip("a small file system can't be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
