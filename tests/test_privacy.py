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

from tsur_nlp.errors import PrivacyError
from tsur_nlp.privacy import Vault, find, mask, unmask
from tsur_nlp.privacy.finders import FINDERS
from tsur_nlp.text.masks import MASKS
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
    half = (piece * (50_000 // len(piece) + 1))[:50_000]
    mask(half[:1000])
    before, now = seconds(half), min(seconds(half * 2) for _ in range(2))
    assert now < max(3 * before, 0.5), f"{before:.3f} s for 50 000 characters, {now:.3f} s for 100 000"
