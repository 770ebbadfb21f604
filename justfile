# The habits of the project, one word each.

test:
    .venv/bin/pytest

lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy
    .venv/bin/lint-imports

bench:
    .venv/bin/python benchmarks/quality.py ../shared/data

model:
    .venv/bin/python -m tsur_nlp.learning.shipped ../shared/data -o models/default --sample notebooks/sample_incidents.csv
