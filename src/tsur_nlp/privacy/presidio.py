"""The finders as one recogniser of Microsoft Presidio (extra `presidio`), so that its analyser knows Russian data."""

from typing import Any

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult

from tsur_nlp.privacy.masking import Names, find

ENTITIES = {
    "name": "PERSON",
    "phone": "PHONE_NUMBER",
    "email": "EMAIL_ADDRESS",
    "passport": "RU_PASSPORT",
    "snils": "RU_SNILS",
    "inn": "RU_INN",
    "oms": "RU_OMS",
    "card": "CREDIT_CARD",
    "account": "RU_ACCOUNT",
    "licence": "RU_DRIVER_LICENSE",
    "plate": "RU_PLATE",
    "birth": "DATE_OF_BIRTH",
    "flat": "RU_FLAT",
    "address": "RU_HOME_ADDRESS",
    "vk": "SOCIAL_PAGE",
}
"""Presidio's own names where it has one."""
NAME = "tsur-nlp"
SCORE = 0.9
"""Our finders say yes or no; presidio wants a number, above its usual thresholds."""


class RussianRecognizer(EntityRecognizer):
    """Add it to a registry: `registry.add_recognizer(RussianRecognizer())`."""

    def __init__(self, names: Names = "table"):
        self.names = names
        super().__init__(supported_entities=list(ENTITIES.values()), supported_language="ru", name=NAME)

    def load(self) -> None:
        """Nothing to load: tables are read with the first text."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """What presidio asks of a recogniser: results for the entities it names."""
        return [
            RecognizerResult(
                ENTITIES[span.kind], span.start, span.stop, SCORE, AnalysisExplanation(NAME, SCORE, span.kind)
            )
            for span in find(text, self.names)
            if ENTITIES[span.kind] in entities
        ]
