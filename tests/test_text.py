"""Partitions in the manner of razdel: `|` stands between tokens, nothing else is changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsur_nlp.text.cleaning import MAX_CHARS, clean, clean_with_spans
from tsur_nlp.text.labels import label_key
from tsur_nlp.text.tokens import sentences, tokenize, words

TOKENS = [
    "не| горят| фонари",
    "ул|.| Бекетова|,| 13а",
    "в| 45-й| школе",
    "дом| 12/3| корпус| 2",
    "где-то| во| дворе",
    "яма|!|!|!",
    "с| 12.05.2022| нет| воды",
    "+|15| в| квартире",
    "«|Мой| Дом|»",
]


@pytest.mark.parametrize("partition", TOKENS)
def test_tokens(partition: str) -> None:
    text = partition.replace("|", "")
    assert [token.text for token in tokenize(text)] == [part.strip() for part in partition.split("|")]


CLEANED = [
    ("<p>нет&nbsp;<b>света</b></p>", ["нет", "света"]),
    ("во дво<wbr>ре", ["во", "дворе"]),
    ("&lt;не тег&gt; &amp;quot;да&amp;quot;", ["не", "тег", "да"]),
    ("[club123|Администрация района], ответьте", ["администрация", "района", "ответьте"]),
    ("[id123|Пётр Петров], ответьте", ["ответьте"]),
    ("@club7 (Мэрия) почему", ["мэрия", "почему"]),
    ("@id7 (Пётр) почему", ["почему"]),
    ("смотри https://vk.com/wall-1_2?a=b сюда", ["смотри", "сюда"]),
    ("пишите на ivan.petrov@mail.example ответ", ["пишите", "на", "ответ"]),
    ("#ямы #нетдорог_нет", ["ямы", "нетдорог", "нет"]),
    ("дорoгa в пoселке", ["дорога", "в", "поселке"]),
    ("Ёлка на съёмной", ["елка", "на", "съемной"]),
    ("мусоооор везде", ["мусор", "везде"]),
    ("во\u200bда и све\u00adт", ["вода", "и", "свет"]),
    ("и\u0306од", ["йод"]),
    ("'Лифт стоит", ["лифт", "стоит"]),
    ("яма 😡😡 тут", ["яма", "тут"]),
    ("звонил [телефон], [ФИО] молчит", ["звонил", "молчит"]),
    ("Windows не работает", ["windows", "не", "работает"]),
    ("", []),
    ("12 45 👍", []),
]


@pytest.mark.parametrize(("text", "expected"), CLEANED)
def test_words_of_what_really_arrives(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_spans_point_into_the_original_text() -> None:
    text = "'<p>Нет&nbsp;све\u00adта в [club1|Мэрии], мусоооор</p>"
    found = {token.norm: text[token.start : token.stop] for token in tokenize(text) if token.kind == "word"}
    assert found == {"нет": "Нет", "света": "све\u00adта", "в": "в", "мэрии": "Мэрии", "мусор": "мусоооор"}


@pytest.mark.parametrize(
    "partition",
    ["Нет света.| Когда дадут?", "Живём на ул. Садовой.| Темно!", "Первая строка\n|вторая строка"],
)
def test_sentences(partition: str) -> None:
    text = partition.replace("|", "")
    expected = [part.strip() for part in partition.split("|")]
    assert [text[start:stop].strip() for start, stop in sentences(text)] == expected


NASTY = st.text(
    alphabet=st.sampled_from(list("аяёЁeоo<>&;#@[]|()*'_-./:0 9\n\t\u200b\u0306\u00ad\ud800😡«»!")) | st.characters(),
    max_size=300,
)


@given(NASTY)
def test_any_text_is_cut_into_tokens_with_true_spans(text: str) -> None:
    position = 0
    for token in tokenize(text):
        assert position <= token.start < token.stop <= len(text)
        position = token.start


@given(NASTY)
def test_both_roads_of_cleaning_agree(text: str) -> None:
    assert clean(text) == clean_with_spans(text).text


def test_a_longer_text_is_cut() -> None:
    assert len(clean("яма " * MAX_CHARS)) <= MAX_CHARS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Дороги (ямы)  на улице", "дороги (ямы) на улице"),
        ("Ёлки", "елки"),
        ("Cвет", "свет"),
        ("BOB", "ВОВ"),
        ("Све\u200bт\u00a0во дворе", "Свет во дворе"),
        ("МФЦ «Мои документы» — очереди", 'МФЦ "Мои документы" - очереди'),
        ("Аварий\u00adные дома", "Аварийные дома"),
        ("и\u0306од", "йод"),
    ],
)
def test_spellings_of_one_label_are_compared_as_one(one: str, other: str) -> None:
    assert label_key(one) == label_key(other)


@pytest.mark.parametrize(("one", "other"), [("COVID-19", "КОВИД-19"), ("Свет", "Цвет"), ("Дом 1", "Дом 2")])
def test_other_labels_stay_apart(one: str, other: str) -> None:
    assert label_key(one) != label_key(other)
