"""Channels by which messages come, as exports call them."""

from collections.abc import Mapping
from functools import cache

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.catalog.topics import DATA
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.labels import label_key


@cache
def _codes() -> Mapping[str, str]:
    codes: dict[str, str] = {}
    for record in read_reference(DATA / "channels.csv", ("code", "names"), CatalogError):
        for name in record.phrases("names"):
            if codes.setdefault(label_key(name), record.required("code")) != record["code"]:
                record.fail("names", f"«{name}» уже стоит у другого канала")
    return codes


def channel_code(name: str) -> str:
    """The code of a channel that is called so in `data/channels.csv`; the name itself if it is none of them."""
    return _codes().get(label_key(name), name)
