"""The shipped tables agree with each other, and mistakes are named where they stand."""

from pathlib import Path

import pytest

from tsur_nlp.catalog.crosswalks import (
    SOURCES,
    authority_crosswalk,
    read_topic_crosswalk,
    topic_crosswalk,
    topics_meant_by,
)
from tsur_nlp.catalog.topics import load_catalog, read_catalog
from tsur_nlp.errors import CatalogError
from tsur_nlp.learning.examples import WIDEST


def test_the_classifier_is_whole() -> None:
    catalog = load_catalog()
    assert len({topic.group for topic in catalog.topics.values()}) == 26
    assert len(catalog.topics) == 359
    assert all(topic.description and topic.phrases for topic in catalog.topics.values())


@pytest.mark.parametrize("source", SOURCES)
def test_crosswalks_lead_to_known_codes(source: str) -> None:
    assert any(topic_crosswalk(source).values())
    assert any(known.roles for known in authority_crosswalk(source).values())


def test_labels_of_perm_are_narrow_enough_to_teach() -> None:
    topics = topic_crosswalk("perm")
    assert len(topics) == 195
    assert all(1 <= len(meant) <= WIDEST and len(set(meant)) == len(meant) for meant in topics.values())
    assert len(authority_crosswalk("perm")) == 10
    assert all(known.roles for known in authority_crosswalk("perm").values())


CROSSWALK_MISTAKES = [
    ("Ямы,roads.pits\nЯмы,roads.repair\n", "строка 3, столбец «label».*уже есть"),
    ("Тёмный двор,roads.pits\nтемный  ДВОР,roads.pits\n", "строка 3, столбец «label».*уже есть"),
    ("Ямы,roads.holes\n", "строка 2, столбец «topics».*roads.holes"),
    (",roads.pits\n", "строка 2, столбец «label»: пусто"),
]


@pytest.mark.parametrize(("rows", "message"), CROSSWALK_MISTAKES)
def test_a_mistake_of_a_crosswalk_is_named(tmp_path: Path, rows: str, message: str) -> None:
    file = tmp_path / "new_topics.csv"
    file.write_text("label,topics\n" + rows, encoding="utf-8")
    with pytest.raises(CatalogError, match=message):
        read_topic_crosswalk(file)


def test_a_label_is_known_by_its_title_however_it_is_written() -> None:
    code = "housing.lifts"
    assert topics_meant_by(load_catalog().topics[code].title.upper()) == (code,)
    assert topics_meant_by("Такой темы нет") == ()


GROUPS = "code,title\nroads,Дороги\n"
ROLES = "code,title,level,fallback\nroads.municipal,Дороги,municipal,\n"
HEADER = "code,group,title,description,phrases,not_to_be_confused_with,roles\n"

MISTAKES = [
    ("roads.pits,roads,Ямы,Ямы,яма,,roads.regional\n", "строка 2, столбец «roles».*roads.regional"),
    ("roads.pits,street,Ямы,Ямы,яма,,roads.municipal\n", "строка 2, столбец «group»"),
    ("roads.pits,roads,,Ямы,яма,,roads.municipal\n", "строка 2, столбец «title»: пусто"),
    ("roads.pits,roads,Ямы,Ямы,яма,,roads.municipal\n" * 2, "строка 3, столбец «code».*уже есть"),
    ("roads.pits,roads,Ямы,Ямы,яма,roads.x,roads.municipal\n", "столбец «not_to_be_confused_with».*roads.x"),
    ("roads.pits,roads,Ямы,Ямы,яма,,\n", "нет ни одной роли"),
    ("roads.pits,roads,Ямы,да,нет,яма,,roads.municipal\n", "лишней запятой"),
]


@pytest.mark.parametrize(("rows", "message"), MISTAKES)
def test_a_mistake_is_named_by_line_and_column(tmp_path: Path, rows: str, message: str) -> None:
    (tmp_path / "groups.csv").write_text(GROUPS, encoding="utf-8")
    (tmp_path / "roles.csv").write_text(ROLES, encoding="utf-8")
    (tmp_path / "topics.csv").write_text(HEADER + rows, encoding="utf-8")
    (tmp_path / "institution_kinds.csv").write_text("code,title,words,role\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=message):
        read_catalog(tmp_path)
