"""Partitions of a data frame: what Spark, Dask and Ray hand to each worker, routed with no engine of ours.

    pandas   route_partition(frame)
    Spark    frame.mapInPandas(lambda parts: map(route_partition, parts), schema)
    Dask     frame.map_partitions(route_partition, meta=route_partition(frame.head(0)))
    Ray      dataset.map_batches(route_partition, batch_format="pandas")

The model and the region are loaded once in each process.
"""

from pathlib import Path
from typing import Any

from tsur_nlp.batch.job import RESULT_COLUMNS, Job
from tsur_nlp.batch.rows import renamed
from tsur_nlp.batch.workers import route_cells
from tsur_nlp.run_config import SHIPPED, RunConfig
from tsur_nlp.tables.column_mapping import find_columns
from tsur_nlp.tables.readers import Row
from tsur_nlp.tables.table import SAMPLE

NOWHERE = Path()


def route_partition(
    frame: Any,
    text: str | None = None,
    territory: str | None = None,
    account: str | None = None,
    config: RunConfig = SHIPPED,
) -> Any:
    """A pandas frame with its decisions: every column and row as it was, then RESULT_COLUMNS.

    `text`, `territory`, `account`: names of columns, found by their usual names if not given; missing values
    are empty. Input columns that are called like a result become `input_…`.
    Raises TableError for a missing column, ModelError, RegionError.
    """
    job = Job(NOWHERE, NOWHERE, text, territory, account, config)
    names = [str(name) for name in frame.columns]
    cells = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    rows = list(cells)
    sample = [Row(number, row) for number, row in enumerate(rows[:SAMPLE], 1)]
    columns = find_columns(names, sample, text=text, territory=territory, account=account)
    results = route_cells(job, columns, rows)
    routed = frame.rename(columns=renamed(names))
    for position, name in enumerate(RESULT_COLUMNS):
        routed[name] = [result[position] for result in results]
    return routed
