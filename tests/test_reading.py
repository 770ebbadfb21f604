"""Texts read by the block are read as each would be alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_text import NASTY
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.tokens import words_of_cleaned
from tsur_nlp.text.vectorized import WORTH_A_BLOCK, read_many

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
