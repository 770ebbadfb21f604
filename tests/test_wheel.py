"""A wheel installed away from the checkout routes a message with the model inside it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import ROOT

ROUTE = """
import sys, tsur_nlp
assert tsur_nlp.__file__.startswith(sys.argv[1]), tsur_nlp.__file__
from tsur_nlp.router import shipped_model
assert str(shipped_model()).startswith(sys.argv[1])
print(tsur_nlp.Router.load().route("Лифт в подъезде не работает").topic.code)
"""


def test_the_wheel_holds_the_models_of_the_repository_and_works(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(run, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    tracked = subprocess.run(["git", "ls-files", "models"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert {name for name in names if "/models/" in name} == {f"tsur_nlp/{name}" for name in tracked.stdout.split()}
    assert {"tsur_nlp/regions/nizhny/territories.csv", "tsur_nlp/data/topics.csv", "tsur_nlp/py.typed"} <= names
    site = str(tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-P", "-c", ROUTE, site],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": site},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "housing.lifts", done.stderr
