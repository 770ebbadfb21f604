"""Marks of quotes, greetings, signatures and set phrases, from data/letter_markers.csv."""

from functools import cache
from importlib.resources import files
from typing import cast

from tsur_nlp.catalog.csv_records import read_reference
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.letter import REACHES, ROLES, LetterReader, Marker, Reach, Role
from tsur_nlp.text.tokens import words_of_cleaned


@cache
def letter_reader() -> LetterReader:
    """The reader by the shipped table. Raises CatalogError for a row that can't be used."""
    markers = []
    columns = ("part", "reaches", "words", "phrase")
    for record in read_reference(files("tsur_nlp") / "data" / "letter_markers.csv", columns, CatalogError):
        part = record.known("part", record["part"], ROLES, f"списке: {', '.join(ROLES)}")
        reach = record.known("reaches", record["reaches"], REACHES, f"списке: {', '.join(REACHES)}")
        if len(words_of_cleaned(record.required("words"))) != len(record.words("words")):
            record.fail("words", "нужны слова через пробел, без цифр и знаков: по ним видно, что фразу стоит искать")
        phrase = record.required("phrase").lower().replace("ё", "е")
        markers.append(Marker(cast(Role, part), cast(Reach, reach), record.words("words"), phrase))
    return LetterReader(markers)
