"""What a text says of the kind of place: a yard, a private house, a regional or federal road."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import CatalogError
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.region.rule import CONDITIONS
from tsur_nlp.text.morphology import lemma


@cache
def setting_words() -> Mapping[str, frozenset[str]]:
    """Lemma or word of data/settings.csv → the conditions it tells of. Raises CatalogError for an unknown one."""
    found: dict[str, set[str]] = {}
    for record in read_reference(files("tsur_nlp") / "data" / "settings.csv", ("condition", "words"), CatalogError):
        condition = record.known(
            "condition", record.required("condition"), CONDITIONS, "списке условий: " + ", ".join(CONDITIONS)
        )
        for word in record.words("words"):
            found.setdefault(word.replace("ё", "е"), set()).add(condition)
    return {word: frozenset(conditions) for word, conditions in found.items()}


def settings_bits(words: Sequence[str]) -> int:
    """What normalised words say of the kind of place, a bit for each of CONDITIONS."""
    told = setting_words()
    met = [told[key] for word in words for key in (word, lemma(word)) if key in told]
    return sum(1 << n for n, condition in enumerate(CONDITIONS) if any(condition in found for found in met))


class SettingComponent(Component):
    """Notes the conditions that a competence matrix may depend on."""

    name = "setting"
    requires = ("words", "institutions")
    assigns = ("settings",)
    always = False

    def __init__(self) -> None:
        self._told = setting_words()
        self._lemmas: dict[str, str] = {}

    def triggered_by(self, word: str, lemma: str) -> bool:
        if lemma in self._told or word in self._told:
            self._lemmas[word] = lemma
            return True
        return False

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        for row in rows:
            conditions = block.settings[row]
            for word in block.words[row]:
                if word in self._lemmas:
                    conditions |= self._told.get(self._lemmas[word]) or self._told[word]
            block.settings[row] = conditions
