"""The versions that .ci/run installs fit what pyproject.toml asks for."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
LOCKED = [Requirement(line) for line in LINES if not line.startswith("#")]
EXTRAS = PROJECT["optional-dependencies"]
(OWN,) = [asked for asked in map(Requirement, EXTRAS["dev"]) if asked.name == PROJECT["name"]]
ASKED = [*PROJECT["dependencies"], *(line for extra in ("dev", *sorted(OWN.extras)) for line in EXTRAS[extra])]
INSTALLED = [asked for asked in map(Requirement, ASKED) if asked.name != PROJECT["name"]]


@pytest.mark.parametrize("asked", INSTALLED, ids=lambda asked: asked.name)
def test_the_lock_has_a_version_that_fits(asked: Requirement) -> None:
    """Where it fails, `just lock` is due."""
    pinned = [one for one in LOCKED if canonicalize_name(one.name) == canonicalize_name(asked.name)]
    assert pinned
    for one in pinned:
        (pin,) = one.specifier
        assert pin.operator == "=="
        assert asked.specifier.contains(pin.version)
