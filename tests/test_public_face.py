"""What the library hands on: every name is there, is documented, and nothing heavy comes with it."""

import importlib
import subprocess
import sys

import pytest

import tsur_nlp
from tsur_nlp.errors import MissingExtraError

FACES = (
    "tsur_nlp",
    "tsur_nlp.batch",
    "tsur_nlp.catalog",
    "tsur_nlp.decision",
    "tsur_nlp.journal",
    "tsur_nlp.model",
    "tsur_nlp.pipeline",
    "tsur_nlp.privacy",
    "tsur_nlp.region",
    "tsur_nlp.tables",
    "tsur_nlp.text",
)


@pytest.mark.parametrize("face", FACES)
def test_what_a_package_promises_is_there(face: str) -> None:
    module = importlib.import_module(face)
    assert module.__all__ == sorted(module.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)


@pytest.mark.parametrize("name", tsur_nlp.__all__)
def test_the_public_face_is_documented(name: str) -> None:
    assert (getattr(tsur_nlp, name).__doc__ or "").strip()


def test_the_contract_of_names_is_kept() -> None:
    """What hosts import: a name may be added here, and none taken away."""
    assert {"Appeal", "Router", "mask", "Decision", "Choice"} <= set(tsur_nlp.__all__)
    from tsur_nlp.journal import Entry, Journal, Verdict

    assert Entry
    assert Journal
    assert Verdict
    from tsur_nlp.text import sentences, tokenize

    assert sentences
    assert tokenize


def test_the_import_is_light() -> None:
    code = "import sys, tsur_nlp; print(sorted({'numpy', 'scipy', 'sklearn', 'pandas', 'natasha'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_extra_says_how_to_install_it() -> None:
    said = str(MissingExtraError("parquet", "pyarrow", "parquet"))
    assert said == "для parquet нужен pyarrow: pip install 'tsur-nlp[parquet]'"
