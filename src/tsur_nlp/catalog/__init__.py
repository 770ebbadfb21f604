"""Topics, roles and crosswalks: what the library knows of the field."""

from tsur_nlp.catalog.crosswalks import topics_meant_by
from tsur_nlp.catalog.topics import Catalog, Role, Topic, load_catalog

__all__ = ["Catalog", "Role", "Topic", "load_catalog", "topics_meant_by"]
