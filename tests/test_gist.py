"""The gist: the sentences that carry the request."""

import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_text import NASTY
from tsur_nlp import Router
from tsur_nlp.pipeline.gist import LONGEST


@cache
def _router() -> Router:
    return Router.load()


@pytest.fixture
def router() -> Router:
    return _router()


TALK = "Я давно собирался вам написать, да всё откладывал. А вчера сын говорит: хватит тянуть, садись и пиши. " * 2
LONG = [
    (f"Здравствуйте. {TALK}В третьем подъезде не работает лифт. {TALK}", "не работает лифт"),
    (f"{TALK}\nПрошу починить лифт в подъезде, лифт сломан.\n{TALK}", "Прошу починить лифт"),
    (f"<p>{TALK}</p><p>Дорога на ул. Лесной вся в&nbsp;ямах!</p><p>{TALK}</p>", "на ул. Лесной вся в ямах"),
    (f"{TALK}В подъезде сломан\nлифт, ездить нельзя. {TALK}", "сломан лифт"),
    (f"> Дорога в ямах. {TALK}\n{TALK}Лифт в подъезде не работает.", "Лифт в подъезде не работает"),
]


@pytest.mark.parametrize(("text", "said"), LONG)
def test_the_request_is_found_in_a_long_message(router: Router, text: str, said: str) -> None:
    d = router.route(text)
    assert said in d.gist
    assert len(d.gist) <= LONGEST
    assert "Здравствуйте" not in d.gist
    assert "> Дорога" not in d.gist
    marked = " ".join(text[start:stop] for start, stop in d.gist_spans).replace("&nbsp;", " ")
    assert said in " ".join(marked.split())


@pytest.mark.parametrize("text", ["Не горит фонарь", "  Не горит\nфонарь ", "<b>Не горит</b> фонарь"])
def test_a_short_message_is_its_own_gist(router: Router, text: str) -> None:
    d = router.route(text)
    assert d.gist == "Не горит фонарь"
    assert [text[start:stop] for start, stop in d.gist_spans] == [text.strip()]


def test_what_has_no_topic_has_no_gist(router: Router) -> None:
    assert (router.route("Поддерживаю!").gist, router.route("").gist_spans) == ("", ())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([text for text, _ in LONG]) | NASTY, max_size=3).map("".join))
def test_spans_are_within_the_text(text: str) -> None:
    d = _router().route(text)
    assert len(d.gist) <= LONGEST
    assert all(0 <= start <= stop <= len(text) for start, stop in d.gist_spans)


@pytest.mark.parametrize("piece", ["лифт. ", "лифт, ", "а", "\n", "прошу ", "лифт"])
def test_a_text_of_100_000_characters_takes_no_time(router: Router, piece: str) -> None:
    d = router.route(("Лифт не работает. " + piece * 100_000)[:100_000])
    started = time.process_time()
    assert len(d.gist) <= LONGEST
    assert time.process_time() - started < 1
