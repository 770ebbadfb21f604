"""Whole tables routed: jobs, rows, workers, progress."""

from tsur_nlp.batch.dataframe import route_partition
from tsur_nlp.batch.job import RESULT_COLUMNS, Job, Totals
from tsur_nlp.batch.run import route_table

__all__ = ["RESULT_COLUMNS", "Job", "Totals", "route_partition", "route_table"]
