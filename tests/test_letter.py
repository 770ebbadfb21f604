"""The author's own words told from quotes, signatures, greetings and set phrases."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_text import NASTY
from tsur_nlp import Router
from tsur_nlp.catalog.letter_markers import letter_reader
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.tokens import word_spans, words

LETTERS = [
    (
        "> Дорогу сделают летом\n> ждите\nОтопления так и нет!",
        {"quote": "> Дорогу сделают летом"},
        "отопления так и нет",
    ),
    (
        "Администрация ответила: «Ремонт дороги. Ждите лета». А отопления так и нет!",
        {"quote": "ответила: «Ремонт дороги. Ждите лета»"},
        "администрация а отопления так и нет",
    ),
    (
        "Иван Петров пишет:\nДорога в ямах\nкошмар\n\nУ нас нет отопления",
        {"quote": "Иван Петров пишет:\nДорога в ямах\nкошмар"},
        "у нас нет отопления",
    ),
    (
        "Отопления нет третий день\n----Исходное сообщение----\nОт: УК\n\nДорога будет",
        {"quote": "----Исходное сообщение----\nОт: УК\n\nДорога будет"},
        "отопления нет третий день",
    ),
    (
        "Исходное сообщение:\nДорога будет\n\nСпасибо, но отопления нет",
        {"quote": "Исходное сообщение:\nДорога будет"},
        "спасибо но отопления нет",
    ),
    (
        "Ответ на ваше обращение № 15: дорогу не включили.\nА с отоплением что делать?",
        {"quote": "Ответ на ваше обращение № 15: дорогу не включили."},
        "а с отоплением что делать",
    ),
    (
        "Нет воды в доме. Прошу рассмотреть моё обращение в установленном законом порядке.",
        {"boilerplate": "рассмотреть моё обращение в установленном законом порядке"},
        "нет воды в доме прошу",
    ),
    (
        "На основании вышеизложенного прошу починить лифт",
        {"boilerplate": "На основании вышеизложенного"},
        "прошу починить лифт",
    ),
    (
        "В соответствии с Федеральным законом от 02.05.2006 № 59-ФЗ прошу починить лифт",
        {"boilerplate": "В соответствии с Федеральным законом от 02.05.2006 № 59-ФЗ"},
        "прошу починить лифт",
    ),
    (
        "Лифт сломан. В противном случае буду вынуждена обратиться в прокуратуру.",
        {"boilerplate": " В противном случае буду вынуждена обратиться в прокуратуру."},
        "лифт сломан",
    ),
    (
        "Здравствуйте! Лифт сломан.\nС уважением, Пётр Сидоров, ул. Мира 5",
        {"greeting": "Здравствуйте!", "signature": "С уважением, Пётр Сидоров, "},
        "здравствуйте лифт сломан ул мира",
    ),
    ("Мне пишет сосед, что воды нет", {}, "мне пишет сосед что воды нет"),
    ("Соседка писала: приходите. Вода течёт", {}, "соседка писала приходите вода течет"),
    ("Нам ответили, что дорогу не сделают", {}, "нам ответили что дорогу не сделают"),
    ("Яма > метра", {}, "яма метра"),
]


@pytest.mark.parametrize(("text", "parts", "own"), LETTERS)
def test_parts_of_a_letter(text: str, parts: dict[str, str], own: str) -> None:
    reader = letter_reader()
    found = {part.role: text[part.start : part.stop] for part in reversed(reader.parts_of(text))}
    assert found == parts
    assert reader.read_many([text]).words == [own.split()]


@pytest.mark.parametrize("text", ["> Яма на дороге", "Репост: яма на дороге", "> Яма на дороге\nИ где?"])
def test_where_the_author_says_nothing_the_quote_is_read(text: str) -> None:
    read = letter_reader().read_many(["Нет воды", text])
    assert read.only_quoted == {1}
    assert read.words[1] == words(text)


BROKEN = [
    ("прави-\nтельство", ["правительство"]),
    ("прави- \nтельство", ["правительство"]),
    ("прави-<br>тельство", ["правительство"]),
    ("какой-\nнибудь", ["какой-нибудь"]),
    ("список:\n- вода\n- газ", ["список", "вода", "газ"]),
    ("вода -\nгаз", ["вода", "газ"]),
]


@pytest.mark.parametrize(("text", "found"), BROKEN)
def test_words_broken_at_the_end_of_a_line(text: str, found: list[str]) -> None:
    assert letter_reader().read_many([text]).words == [found] == [words(text)]
    assert [word for word, _, _ in word_spans(text)] == found


PIECES = st.sampled_from([text for text, _, _ in LETTERS] + ["\n", "> ", "<b>", "«", "»", "пишет:", "С уважением"])


@given(st.lists(PIECES | NASTY, max_size=5).map("".join))
def test_spans_hold_the_words_that_are_read(text: str) -> None:
    reader = letter_reader()
    read = reader.read_many([text])
    assert [word for word, _, _ in reader.word_spans(text)] == read.words[0]
    assert len(read.texts[0]) == len(clean(text))
    assert all(0 <= start < stop <= len(text) for _, start, stop in reader.word_spans(text))


def test_topic_and_explanation_are_of_the_own_words() -> None:
    router = Router.load()
    quoted = "> Яма на дороге, пробил колесо, ямы на дороге\n"
    own = "Лифт в подъезде не работает вторую неделю, лифт сломан"
    d = router.route(quoted + own)
    assert d.topic.code == router.route(own).topic.code == "housing.lifts"
    found = d.explain()
    assert all(word.start >= len(quoted) for word in found.words)
    assert found.intercept + sum(word.score for word in found.words) == pytest.approx(found.score, abs=1e-4)
    only = router.route(quoted)
    assert only.topic.code == "roads.pits"
    assert only.action == "review"
    assert any("цитате" in reason for reason in only.reasons)


@pytest.mark.parametrize(
    "piece", ["> а\n", "ответила: «а ", "Иван Петров пишет:\n", "с уважением ", "в соответствии с "]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    started = time.process_time()
    letter_reader().read_many([text])
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text",
    [
        "Иван Иванов пишет: «У нас нет воды». А у нас света нет уже сутки",
        'Пётр Сидоров пишет: "Дороги нет". Света нет уже сутки',
    ],
)
def test_after_a_quote_in_one_line_the_author_goes_on(text: str) -> None:
    read = letter_reader().read_many([text])
    assert not read.only_quoted
    assert "света" in read.words[0]
    assert not {"воды", "дороги"} & set(read.words[0])
