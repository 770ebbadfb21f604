"""Masks, what brings back what they hide, and the command. All personal data is invented."""

import stat
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import PLACES, STORIES, write_csv
from tsur_nlp import Appeal
from tsur_nlp.errors import PrivacyError
from tsur_nlp.journal.records import Entry, Verdict
from tsur_nlp.journal.store import Journal
from tsur_nlp.learning.features import WordFeatures
from tsur_nlp.privacy import Vault, find, mask, unmask
from tsur_nlp.privacy.finders import FINDERS
from tsur_nlp.text.masks import MASKS
from tsur_nlp.text.morphology import is_name
from tsur_nlp.text.tokens import words

Cli = Callable[..., CompletedProcess[str]]

LETTER = "Иванов Пётр Ильич, 8 910 123-45-67, кв. 5, ivan@mail.example: яма на ул. Горького, 5"


def test_every_finder_has_a_mask_of_its_own() -> None:
    assert {finder.kind for finder in FINDERS} == set(MASKS)
    assert len(set(MASKS.values())) == len(MASKS)


MASKED = [
    (LETTER, "[ФИО], [телефон], [квартира], [почта]: яма на ул. Горького, 5"),
    ("На ул. Горького, 5, кв. 12 живёт А. И. Сидорова", "На ул. Горького, 5, [квартира] живёт [ФИО]"),
    ("[id1|Петя Иванов], СНИЛС 123-456-789 01", "[аккаунт], СНИЛС [СНИЛС]"),
    ("яма 3 день, 2024 год", "яма 3 день, 2024 год"),
    ("обещали 1 250 000 рублей до 12.05.2024, письмо № 123456789", None),
    ("дома 5, 7, 9 по ул. Мира, автобус 64, детский сад № 45", None),
    ("", ""),
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_labels(text: str, masked: str | None) -> None:
    assert mask(text) == (text if masked is None else masked)
    assert mask(mask(text)) == mask(text)


def test_what_is_removed_leaves_nothing() -> None:
    assert mask("Звоните 8 910 123-45-67!", how="remove") == "Звоните !"


def test_one_value_has_one_token_and_one_hash() -> None:
    vault, other = Vault(), Vault()
    text = "тел. 8 910 123-45-67, тел. 8 910 123-45-68, тел. 8 910 123-45-67"
    assert mask(text, how="token", vault=vault) == "тел. [телефон 1], тел. [телефон 2], тел. [телефон 1]"
    first, second, third = mask(text, how="hash", vault=vault).split(", ")
    assert first == third != second
    assert mask(text, how="hash", vault=Vault(vault.key)).startswith(first)
    assert not mask(text, how="hash", vault=other).startswith(first), "another key gives another hash"


@pytest.mark.parametrize("how", ["token", "hash"])
@pytest.mark.parametrize("text", [LETTER, "[ФИО 1] и [ФИО 0123456789abcdef01234567] пишет Иванову П.И.", "[ФИО]"])
def test_the_owner_gets_the_text_back(how: str, text: str, tmp_path: Path) -> None:
    vault = Vault()
    mask("Сидоров Иван Ильич", how="token", vault=vault)
    masked = mask(text, how=how, vault=vault)  # type: ignore[arg-type]
    vault.save(tmp_path / "vault.json")
    assert unmask(masked, Vault.load(tmp_path / "vault.json")) == text
    assert stat.S_IMODE((tmp_path / "vault.json").stat().st_mode) == 0o600


PIECES = st.sampled_from(
    ["Иванов ", "Пётр ", "ильич ", "И.", "8 910 123-45-67", "кв. ", "5", " ", ", ", "[ФИО 1]", "[ФИО", "]", "@ivan",
     "12.03.1980", "vk.com/", "ул. ", "ИНН ", "500100732259", "\n", "«", "»", "№", "–"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=20).map("".join), st.sampled_from(["token", "hash"]))
def test_spans_lie_in_order_and_what_was_masked_comes_back(text: str, how: str) -> None:
    spans = find(text)
    assert all(0 <= one.start < one.stop <= len(text) for one in spans)
    assert all(one.stop <= two.start for one, two in pairwise(spans))
    vault = Vault()
    assert unmask(mask(text, how=how, vault=vault), vault) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["token", "hash", "label "])
def test_a_wrong_call_is_told(how: str) -> None:
    with pytest.raises(ValueError, match="how"):
        mask(LETTER, how=how)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"key": "x", "values": {}}', "Иванов"])
def test_a_file_that_is_no_vault(content: str, tmp_path: Path) -> None:
    file = tmp_path / "vault.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(PrivacyError, match="файл замен") as told:
        Vault.load(file)
    assert "Иванов" not in str(told.value)


def test_masks_teach_no_words() -> None:
    masks = " ".join(f"[{word}] [{word} 12] [{word} 0123456789abcdef01234567]" for word in MASKS.values())
    assert words(masks) == []


REPEATED = [
    "1", "8 910 ", "8910123456", "1.", "1-", "кв. ", "кв 5", "Иванов ", "И.", "Иванов П.", "иван иванович ", "@", "@a",
    "vk.com/", "[id1|", "a@", "a@b.", "22 04 ", "прописан по адресу: ", "прописан ул. Мира ", "12.03.1980 ", "А123",
    "ул. Мира, 5-", "№", "л/с 1 ", "[ФИО]", "Ё", "а", "родился ",
]  # fmt: skip


def seconds(text: str) -> float:
    started = time.process_time()
    mask(text)
    return time.process_time() - started


@pytest.mark.parametrize("piece", REPEATED)
def test_time_is_linear(piece: str) -> None:
    quarter = (piece * (25_000 // len(piece) + 1))[:25_000]
    mask(quarter[:1000])
    before, now = seconds(quarter), min(seconds(quarter * 4) for _ in range(2))
    # Four times as long, and sixteen times if it were quadratic.
    assert now < max(8 * before, 0.5), f"{before:.3f} s for 25 000 characters, {now:.3f} s for 100 000"


# ------------------------------------------------------------------------------
#   Tables and the command
# ------------------------------------------------------------------------------

ROWS = [["Номер", "Текст", "Отдел"], ["1", LETTER, "Иванов"], ["2", "Яма на дороге", ""]]


def test_a_table_is_masked(cli: Cli, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "in.csv", ROWS)
    before = table.read_bytes()
    done = cli("mask", str(table), "-o", str(tmp_path / "out.csv"))
    assert done.returncode == 0, done.stderr
    assert "ФИО 1" in done.stdout
    assert "Строк 2: записано 2, отложено 0" in done.stdout
    out = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "[ФИО], [телефон], [квартира], [почта]: яма на ул. Горького, 5" in out
    assert "1," in out
    assert "Иванов\n" in out, "other columns stay"
    assert table.read_bytes() == before


def test_columns_and_the_way_back(cli: Cli, tmp_path: Path) -> None:
    table, vault = write_csv(tmp_path / "in.csv", ROWS), tmp_path / "vault.json"
    options = ["--text", "Текст", "--text", "Отдел", "--how", "token", "--vault", str(vault)]
    for name in ("one.jsonl", "two.jsonl"):
        done = cli("mask", str(table), "-o", str(tmp_path / name), *options)
        assert done.returncode == 0, done.stderr
    one, two = ((tmp_path / name).read_text(encoding="utf-8") for name in ("one.jsonl", "two.jsonl"))
    assert one == two
    assert "Пётр" not in one
    assert LETTER in unmask(one, Vault.load(vault))


def test_rows_put_aside_are_masked_too(cli: Cli, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("Номер,Текст\n1,Яма\n2,звоните,8 910 123-45-67,Иванов Пётр Ильич,а\n", encoding="utf-8")
    done = cli("mask", str(table), "-o", str(tmp_path / "out.csv"))
    assert done.returncode == 0, done.stderr
    aside = (tmp_path / "out.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert "[телефон]" in aside
    assert "Пётр" not in aside


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "in.csv"], "вход и выход — один файл"),
        (["-o", "out.csv", "--how", "token", "--vault", "in.csv"], "вход и выход — один файл"),
        (["-o", "out.csv", "--how", "token", "--vault", "out.csv"], "туда же пишется"),
        (["-o", "out.csv", "--how", "hash"], "нужен --vault"),
        (["-o", "out.csv", "--text", "Жалоба"], "Жалоба"),
    ],
)
def test_mistakes_harm_nothing(cli: Cli, tmp_path: Path, options: list[str], message: str) -> None:
    table = write_csv(tmp_path / "in.csv", ROWS)
    before = table.read_bytes()
    options = [str(tmp_path / option) if option.endswith(".csv") else option for option in options]
    done = cli("mask", str(table), *options)
    assert done.returncode != 0
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert table.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.csv"]


def test_presidio_knows_russian_data_by_us() -> None:
    analyzer = pytest.importorskip("presidio_analyzer")
    spacy = pytest.importorskip("spacy")
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    from tsur_nlp.privacy.presidio import ENTITIES, RussianRecognizer

    class Blank(SpacyNlpEngine):  # type: ignore[misc]
        """No model of a language: our finders need none."""

        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": "ru", "model_name": "blank"}])
            self.nlp = {"ru": spacy.blank("ru")}

    assert set(ENTITIES) == set(MASKS)
    registry = analyzer.RecognizerRegistry(recognizers=[RussianRecognizer()], supported_languages=["ru"])
    engine = analyzer.AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["ru"])
    found = engine.analyze(LETTER, language="ru")
    assert {(LETTER[one.start : one.end], one.entity_type) for one in found} == {
        ("Иванов Пётр Ильич", "PERSON"),
        ("8 910 123-45-67", "PHONE_NUMBER"),
        ("кв. 5", "RU_FLAT"),
        ("ivan@mail.example", "EMAIL_ADDRESS"),
    }
    assert not engine.analyze(LETTER, language="ru", entities=["RU_SNILS"])


# ------------------------------------------------------------------------------
#   What models learn
# ------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["пол", "пола", "барак", "бараке", "мороз", "люком", "валит"])
def test_usual_words_are_learned(word: str) -> None:
    assert not is_name(word)


@pytest.mark.parametrize("word", ["иванов", "морозов", "морозова", "светлана", "ильича", "толстая"])
def test_names_are_not_learned(word: str) -> None:
    assert is_name(word)


def test_a_masked_journal_teaches_the_same_words(tmp_path: Path) -> None:
    """A text and what a journal keeps of it masked have the same words, names and numbers aside."""
    stories = [story.format(place) for _, stories in STORIES.values() for story in stories for place in PLACES]
    signatures = ["Иванов Пётр Ильич, 8 910 123-45-67", "кв. 5, [id1|Анна]", "паспорт 2204 123456", "", "a@b.example"]
    letters = [f"{story}. {signatures[i % len(signatures)]}" for i, story in enumerate(stories)]
    with Journal(tmp_path / "j.db", "masked") as journal:
        journal.record(Entry(Appeal(letter), Verdict("Тема", "", "Орган")) for letter in letters)
        kept = [one.text for one in journal.labelled()]
    assert any("[ФИО]" in text for text in kept)
    plain, masked = (set(WordFeatures().fit(texts).vocabulary_.lemmas) for texts in (stories, kept))
    assert masked - plain <= {"паспорт"}
    assert plain <= masked


def test_questions_apart_are_masked_too(cli: Cli, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    text = "Пишет Иванов Пётр Ильич. Не вывозят мусор от дома. Также в поликлинике нет врача, звоните 8 910 123-45-67."
    table.write_text(f"Текст\n{text}\n", encoding="utf-8")
    done = cli("route", str(table), "-o", str(tmp_path / "out.jsonl"), "--mask", "--split")
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert "Пётр" not in written
    assert "8 910" not in written


def test_routing_with_masks(cli: Cli, trained: Path, tmp_path: Path) -> None:
    """The decision is made on the whole text; what comes out is masked, and so are rows put aside."""
    table = tmp_path / "in.csv"
    rows = [f"1,{LETTER.replace(',', ';')}", "2,звоните,8 910 123-45-67,Иванов Пётр Ильич"]
    table.write_text("\n".join(["Номер,Текст", *rows]), encoding="utf-8")
    done = cli("route", str(table), "-o", str(tmp_path / "out.csv"), "--mask", "--model", str(trained))
    assert done.returncode == 0, done.stderr
    files = [(tmp_path / name).read_text(encoding="utf-8-sig") for name in ("out.csv", "out.csv.rejected.csv")]
    assert "[ФИО]; [телефон]; [квартира]" in files[0]
    assert not [text for text in files if "Пётр" in text or "8 910" in text]
