"""A region: places, bodies, institutions, deadlines, read from its tables."""

from tsur_nlp.region.lint import gaps
from tsur_nlp.region.loader import load_region
from tsur_nlp.region.region import Region

__all__ = ["Region", "gaps", "load_region"]
