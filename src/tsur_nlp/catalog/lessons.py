"""Written lessons: short phrases and messages, written for the project, in which citizens would name each topic.

They live as plain tables in a folder, one file a group of topics, with the columns `topic`, `form` and `text`. A
region or a centre keeps further ones in a folder of its own. They teach a model and never count as test.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Literal

from tsur_nlp.catalog.csv_records import Record, read_reference
from tsur_nlp.catalog.topics import DATA
from tsur_nlp.errors import CatalogError
from tsur_nlp.text.tokens import words

Form = Literal["phrase", "message"]
LENGTHS: dict[str, tuple[int, int]] = {"phrase": (2, 15), "message": (10, 80)}
"""Words a text of each form has, at least and at most."""
FOLDER = DATA / "lessons"


@dataclass(frozen=True, slots=True)
class WrittenLesson:
    """A written text, the topic it stands for, and where it stands itself."""

    topic: str
    form: Form
    text: str
    file: str
    line: int


def read_lessons(topics: Collection[str], folder: Traversable = FOLDER) -> Iterator[WrittenLesson]:
    """Lessons of all tables of a folder, by name of the file; nothing if the folder has none.

    `topics`: what may stand as a topic. Raises CatalogError with file, line and column for an unknown topic or form,
    a text that is too short or too long for its form, and one whose words stand already in any of the tables.
    """
    seen: dict[str, str] = {}
    tables = [file for file in folder.iterdir() if file.name.endswith(".csv")] if folder.is_dir() else []
    for file in sorted(tables, key=lambda file: file.name):
        for record in read_reference(file, ("topic", "form", "text"), CatalogError):
            yield _lesson(record, topics, seen)


def _lesson(record: Record, topics: Collection[str], seen: dict[str, str]) -> WrittenLesson:
    topic = record.known("topic", record.required("topic"), topics, "списке тем")
    text = record.required("text")
    found = words(text)
    form: Form
    match record.required("form"):
        case "phrase":
            form = "phrase"
        case "message":
            form = "message"
        case other:
            record.fail("form", f"«{other}»; ожидалось phrase (фраза) или message (сообщение)")
    shortest, longest = LENGTHS[form]
    if not shortest <= len(found) <= longest:
        record.fail("text", f"слов {len(found)}, а для {form} нужно от {shortest} до {longest}")
    key = " ".join(found)
    if key in seen:
        record.fail("text", f"такой текст уже есть: {seen[key]}")
    seen[key] = f"{record.file}, строка {record.line}"
    return WrittenLesson(topic, form, text, record.file, record.line)
