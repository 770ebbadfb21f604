"""Texts read by the block are read as each would be alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_text import NASTY
from tsur_nlp.model.persistence import load
from tsur_nlp.model.word_cache import WordStore
from tsur_nlp.router import shipped_model
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.spelling import LONGEST, spelled, word_of
from tsur_nlp.text.tokens import words_of_cleaned
from tsur_nlp.text.vectorized import WORTH_A_BLOCK, read_many, spell_many


@pytest.fixture(scope="module")
def store() -> WordStore:
    return load(shipped_model()).word_store()


PLAIN = st.text(alphabet=list("абвёЁЯz -—\n.!«»№1"), max_size=60)


@given(st.lists(NASTY | PLAIN, min_size=WORTH_A_BLOCK, max_size=8))
def test_a_block_reads_as_its_texts_do_alone(texts: list[str]) -> None:
    cleaned, words = read_many(texts)
    assert cleaned == [clean(text) for text in texts]
    assert words == [words_of_cleaned(text) for text in cleaned]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("где-то", ["где-то"]),
        ("а--б -в г- -", ["а", "б", "в", "г"]),
        ("ещё", ["еще"]),
        ("ΟΔΟΣ", ["οδος"]),
        ("İzmir", ["izmir"]),
        ("𝐀ма я", ["𝐀ма", "я"]),
        ("", []),
    ],
)
def test_words_of_a_block(text: str, words: list[str]) -> None:
    assert read_many(["яма", text, "яма", "яма"])[1] == [["яма"], words, ["яма"], ["яма"]]


def test_no_texts_are_read_too() -> None:
    assert read_many([]) == ([], [])


def spelled_words(texts: list[str]) -> list[list[str]]:
    """Words of texts by their spellings."""
    read = spell_many(texts)
    ends = read.lengths.cumsum().tolist()
    return [
        read.apart.get(row) or [word_of(spelling) for spelling in read.spellings[end - length : end]]
        for row, (end, length) in enumerate(zip(ends, read.lengths.tolist(), strict=True))
    ]


@given(st.lists(NASTY | PLAIN | st.text(alphabet="аё-", max_size=40), max_size=8))
def test_words_are_spelled_as_they_are_read(texts: list[str]) -> None:
    cleaned, words = read_many(texts)
    assert spell_many(texts).texts == cleaned
    assert spelled_words(texts) == words


@pytest.mark.parametrize("word", ["а", "-", "где-то", "zë", "э" * LONGEST])
def test_a_spelling_is_of_one_word(word: str) -> None:
    spelling = spelled(word)
    assert spelling is not None
    assert word_of(spelling) == word


@pytest.mark.parametrize("word", ["", "э" * (LONGEST + 1), "οδος", "ўзбек", "1"])
def test_other_words_have_no_spelling(word: str) -> None:
    assert spelled(word) is None


def test_a_store_knows_words_by_spelling_and_by_letters_alike(store: WordStore) -> None:
    texts = ["Нет воды в доме", "Санкт-петербургское шоссе", "ўзбек тили", "", "я" * 30 + " я", "вода-вода Zëta"] * 3
    numbers, lengths = store.read(spell_many(texts))
    words = read_many(texts)[1]
    assert lengths.tolist() == [len(found) for found in words]
    assert [store.words[number] for number in numbers.tolist()] == [word for found in words for word in found]
    assert store.numbers(words).tolist() == numbers.tolist()


def test_words_that_share_a_place_of_the_table_are_told_apart(store: WordStore) -> None:
    store = store.fresh()
    store._factors[:] = 0
    texts = ["один два три", "три два один", "четыре", "два"]
    numbers, _ = store.read(spell_many(texts))
    assert [store.words[number] for number in numbers.tolist()] == " ".join(texts).split()
