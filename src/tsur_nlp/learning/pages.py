"""The templates of what learning writes for people: the card of a model and the page of an evaluation."""

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

PAGES = Environment(
    loader=PackageLoader("tsur_nlp.learning"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
PAGES.filters["percent"] = lambda share: f"{share:.0%}"
