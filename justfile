# The habits of the project, one word each.

test:
    .venv/bin/pytest -n auto

# What the tests do not reach; .ci/run fails below `fail_under` of pyproject.toml.
coverage:
    .venv/bin/pytest -n auto --cov --cov-report=term:skip-covered

lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy
    .venv/bin/lint-imports

bench:
    .venv/bin/python benchmarks/quality.py ../shared/data
    .venv/bin/python benchmarks/speed.py ../shared/data
    .venv/bin/python benchmarks/growth.py
    .venv/bin/python benchmarks/journal.py
    .venv/bin/python benchmarks/places.py
    .venv/bin/python benchmarks/privacy.py ../shared/data
    .venv/bin/python benchmarks/regions.py ../shared/data
    .venv/bin/python benchmarks/packs.py ../shared/data

faults:
    .venv/bin/python benchmarks/faults.py
    .venv/bin/python benchmarks/journal_faults.py
    .venv/bin/python benchmarks/desk_faults.py

fuzz:
    .venv/bin/python benchmarks/fuzz.py
    .venv/bin/python benchmarks/openapi.py

model:
    .venv/bin/python -m tsur_nlp.learning.shipped ../shared/data -o models/default --sample notebooks/sample_incidents.csv

# The versions that `.ci/run` installs, each for all systems and every Python from 3.11 on.
lock:
    .venv/bin/uv pip compile pyproject.toml --quiet --extra dev --universal --python-version 3.11 --no-annotate --upgrade -o .ci/constraints.txt

docs:
    .venv/bin/mkdocs serve

# A wheel that is checked in a bare environment, and a tag. Says what it would do until the tree is clean.
release version:
    test -z "$(git status --porcelain)"
    grep -q '^## {{version}}' CHANGELOG.md
    grep -q '__version__ = "{{version}}"' src/tsur_nlp/__init__.py
    .venv/bin/pytest tests/test_wheel.py
    .venv/bin/python -m build --outdir dist/{{version}}
    git tag -a v{{version}} -m "tsur-nlp {{version}}"
