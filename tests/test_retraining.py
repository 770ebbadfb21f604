"""Learning from corrections, comparing honestly, changing the model in use, and looking at doubtful labels."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import PLACES, STORIES, run_cli, write_csv
from tsur_nlp import Appeal, JournalError, ModelError, Router
from tsur_nlp.journal.records import Correction, Entry, Verdict
from tsur_nlp.journal.store import Journal
from tsur_nlp.learning.examples import Examples
from tsur_nlp.learning.labels import doubtful
from tsur_nlp.learning.retraining import SMALLEST_EXAM, Comparison, Retrained, is_exam, retrain
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.versions import promote, roll_back

YARDS = ["дом {}, второй подъезд", "у дома {}", "напротив дома {}", "улица Новая, {}", "двор {}", "корпус {} по Мира"]
DOGS = ["Стая бродячих собак, {}, страшно ходить", "Собака без хозяина кидается на детей, {}", "Отловите собак, {}"]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory):
    """Messages about dogs that a model took for rubbish and people corrected; others were right and confirmed."""
    with Journal(tmp_path_factory.mktemp("retraining") / "j.db", "masked") as opened:
        moment = datetime(2024, 5, 13)
        dogs = [
            Appeal(story.format(yard.format(i)), created=moment) for story in DOGS for yard in YARDS for i in range(9)
        ]
        opened.record(Entry(one, Verdict("Мусор", "", "Служба чистоты", "м", 0.6, 0.6, "review")) for one in dogs)
        spellings = ["Животные", "Животные", "животные ", "Живoтные"]
        opened.correct(Correction(one, spellings[i % 4], "Ветеринария") for i, one in enumerate(dogs))
        for topic, (authority, stories) in STORIES.items():
            known = [
                Appeal(f"{story.format(place)}, дом {i}") for story in stories for place in PLACES for i in (3, 5, 8)
            ]
            opened.record(Entry(one, Verdict(topic, "", authority)) for one in known)
        yield opened


def test_what_people_corrected_is_learned(journal: Journal, trained: Path) -> None:
    found = retrain(journal, storage.load(trained))
    topic, authority = found.comparisons
    assert found.refused == ""
    assert topic.texts >= SMALLEST_EXAM
    assert topic.base < 0.5 < 0.85 < topic.new
    assert topic.labels[0].label == "Животные"
    assert (topic.labels[0].base, topic.labels[0].new) == (0, topic.labels[0].texts)
    assert (topic.chance < 0.001, authority.worse) == (True, False)


def test_the_exam_is_never_learned_from(journal: Journal) -> None:
    labelled = list(journal.labelled())
    exam = sum(is_exam(one.text) for one in labelled)
    assert 0.1 < exam / len(labelled) < 0.3
    assert all(is_exam(f"  {one.text.upper()}!") == is_exam(one.text) for one in labelled[:20])


@pytest.mark.parametrize(
    ("texts", "only_base", "only_new", "refusal"),
    [
        (100, 20, 2, "хуже"),
        (100, 2, 20, ""),
        (100, 6, 4, ""),
        (10, 0, 5, "сравнить не на чем"),
    ],
)
def test_only_a_model_that_is_surely_worse_is_refused(texts: int, only_base: int, only_new: int, refusal: str) -> None:
    chance = {20: 0.0001, 2: 0.0001, 6: 0.75, 0: 0.06}[only_base]
    found = Comparison("topic", texts, 0.5, 0.5, only_base, only_new, chance, ())
    refused = Retrained(None, (found,), 10).refused  # type: ignore[arg-type]
    assert refusal in refused
    assert bool(refused) == bool(refusal)


def test_a_journal_of_hashes_or_without_labels_teaches_nothing(tmp_path: Path, trained: Path) -> None:
    base = storage.load(trained)
    with Journal(tmp_path / "h.db") as hashed, pytest.raises(JournalError, match="--keep-texts"):
        retrain(hashed, base)
    with Journal(tmp_path / "m.db", "masked") as empty, pytest.raises(JournalError, match="--table"):
        retrain(empty, base)


def test_retrain_promote_and_roll_back_by_the_command_line(journal: Journal, trained: Path, tmp_path: Path) -> None:
    place, folder = tmp_path / "current", tmp_path / "new"
    promote(place, trained)
    options = ["--journal", str(journal.file), "--base", str(place), "-o", str(folder), "--promote"]
    done = run_cli("retrain", *options)
    assert done.returncode == 0, done.stderr
    assert "Животные" in done.stdout

    def answer() -> str:
        return Router.load(model=place).route("Стая бродячих собак у школы").topic.code

    assert answer() == "Животные"
    assert run_cli("rollback", str(place)).returncode == 0
    assert answer() != "Животные"
    assert run_cli("rollback", str(place)).returncode == 0
    assert answer() == "Животные"


def test_a_folder_in_use_becomes_a_link_and_comes_back(trained: Path, tmp_path: Path) -> None:
    place, other = tmp_path / "mine", tmp_path / "other"
    for folder in (place, other):
        storage.save(storage.load(trained), folder, "Карточка\n")
    with pytest.raises(ModelError, match="возвращать нечего"):
        roll_back(place)
    promote(place, other)
    assert place.resolve() == other.resolve()
    roll_back(place)
    assert place.resolve() == (tmp_path / "mine.first").resolve()
    with pytest.raises(ModelError, match="нет модели"):
        promote(place, tmp_path)
    assert storage.load(place)


READER = """
import sys
from pathlib import Path
from tsur_nlp.model import persistence as storage
print("ready", flush=True)
for _ in range(40):
    storage.load(Path(sys.argv[1]))
"""


def test_a_reader_finds_a_whole_model_while_others_are_promoted(trained: Path, tmp_path: Path) -> None:
    place, other = tmp_path / "current", tmp_path / "other"
    storage.save(storage.load(trained), other, "Другая карточка\n")
    promote(place, trained)
    reader = subprocess.Popen([sys.executable, "-c", READER, str(place)], stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    reader.stdout.readline()
    while reader.poll() is None:
        for folder in (other, trained):
            promote(place, folder)
    assert reader.returncode == 0
    assert os.path.islink(place)


def test_wrong_labels_are_found_and_right_ones_left(tmp_path: Path) -> None:
    rows = [
        (f"{story.format(place)}, дом {i}", topic)
        for topic, (_, stories) in STORIES.items()
        for story in stories
        for place in PLACES
        for i in (3, 5)
    ]
    wrong = {4: "Мусор", 47: "Освещение", 90: "Дороги"}
    topics = tuple((wrong.get(i, topic),) for i, (_, topic) in enumerate(rows))
    found = doubtful(Examples(tuple(text for text, _ in rows), topics, None), "topic")
    assert {one.row - 1 for one in found[:3]} == set(wrong)
    assert all(one.likelier == rows[one.row - 1][1] for one in found[:3])


def test_check_labels_writes_a_table_to_review(labelled: Path, tmp_path: Path) -> None:
    content = labelled.read_text(encoding="utf-8").splitlines()
    torn = write_csv(tmp_path / "torn.csv", [line.split(",") for line in content if line.count(",") == 2])
    with torn.open("a", encoding="utf-8") as stream:
        stream.write("Включите свет на Садовой,Мусор,Служба чистоты\n")
    done = run_cli("check-labels", str(torn), "-o", str(tmp_path / "out.csv"), "--text", "Сообщение", "--topic", "Тема")
    assert done.returncode == 0, done.stderr
    assert "Включите свет на Садовой,Мусор,Освещение" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
