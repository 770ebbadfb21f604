"""Written lessons: their tables are checked, and copies of real messages and personal data are refused."""

from pathlib import Path

import pytest

from tests.conftest import write_csv
from tsur_nlp import CatalogError
from tsur_nlp.catalog.lessons import WrittenLesson, read_lessons
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.learning.lessons_check import refused
from tsur_nlp.model import persistence as storage

HEAD = ["topic", "form", "text"]
MESSAGE = "Третью неделю хожу мимо забора у рынка, доски падают прямо на прохожих, уберите его"


def folder(tmp_path: Path, *rows: list[str]) -> Path:
    write_csv(tmp_path / "a.csv", [HEAD, *rows])
    return tmp_path


def test_shipped_lessons_keep_their_rules() -> None:
    lessons = list(read_lessons(load_catalog().topics))
    assert len(lessons) > 1000
    assert {lesson.form for lesson in lessons} == {"phrase", "message"}


def test_lessons_of_a_folder_of_ones_own(tmp_path: Path) -> None:
    write_csv(tmp_path / "b.csv", [HEAD, ["б", "phrase", "фонарь не горит"]])
    found = list(read_lessons("абв", folder(tmp_path, ["а", "phrase", "яма на дороге"], ["в", "message", MESSAGE])))
    assert [(one.topic, one.form, one.file, one.line) for one in found] == [
        ("а", "phrase", "a.csv", 2),
        ("в", "message", "a.csv", 3),
        ("б", "phrase", "b.csv", 2),
    ]
    assert list(read_lessons("абв", tmp_path / "nothing here")) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["г", "phrase", "яма у ворот"], "строка 3, столбец «topic»: неизвестный код «г»"),
        (["а", "letter", "яма у ворот"], "столбец «form»: «letter»; ожидалось phrase"),
        (["а", "phrase", "яма"], "столбец «text»: слов 1, а для phrase нужно от 2 до 15"),
        (["а", "message", "яма у ворот"], "слов 3, а для message нужно от 10 до 80"),
        (["а", "phrase", "  Яма НА дороге!"], "такой текст уже есть: a.csv, строка 2"),
        (["а", "phrase", ""], "столбец «text»: пусто"),
    ],
)
def test_a_mistake_names_its_place(tmp_path: Path, row: list[str], said: str) -> None:
    with pytest.raises(CatalogError, match="столбец") as caught:
        list(read_lessons("аб", folder(tmp_path, ["б", "phrase", "яма на дороге"], row)))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (MESSAGE, "повторяет"),
        ("Сообщаю: " + MESSAGE.lower(), "повторяет"),
        ("у рынка падают доски забора, уберите", ""),
        ("хожу мимо забора третью неделю у рынка, доски падают на прохожих, уберите его", "почти повторяет"),
        ("забор падает, звоните 8 920 000 00 00, спросите меня", "личные данные"),
        ("забор поставила Анна Петровна Смирнова и не убирает", "личные данные"),
        ("Пол ледяной, дети простужаются", ""),
    ],
)
def test_copies_and_personal_data_are_refused(text: str, why: str) -> None:
    rows = [MESSAGE, "Ямы по всей улице до школы", "Автобус не приехал вовремя", "Холодно в классе, дети в куртках"]
    found = list(refused([WrittenLesson("а", "message", text, "a.csv", 2)], rows))
    assert len(found) == bool(why)
    assert all(why in problem and "a.csv, строка 2" in problem and "забор" not in problem for problem in found)


def test_a_centre_trains_with_its_own_lessons(labelled: Path, tmp_path: Path, cli) -> None:
    own = folder(
        tmp_path, ["Мусор", "phrase", "ртутные градусники некуда сдать"], ["Дороги", "phrase", "лежачий полицейский"]
    )
    options = ["--text", "Сообщение", "--topic", "Тема", "--lessons", str(own)]
    done = cli("train", str(labelled), "-o", str(tmp_path / "model"), *options)
    assert done.returncode == 0, done.stderr
    answers = storage.load(tmp_path / "model").probabilities(["Куда сдать градусники?", "полицейский лежачий"])["topic"]
    labels = storage.load(tmp_path / "model").heads["topic"].labels
    assert [labels[i] for i in answers.argmax(axis=1)] == ["Мусор", "Дороги"]
    # Off a terminal every stage is a line, with the share done where it takes long.
    assert "Проверка на отложенных частях: 100%" in done.stderr.splitlines()
    empty = cli("train", str(labelled), "-o", str(tmp_path / "other"), *options[:-1], str(tmp_path / "nothing"))
    assert empty.returncode != 0
    assert "уроков здесь нет" in empty.stderr
