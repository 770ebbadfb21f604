"""The competence matrix: the most specific rule answers, and a clerk's mistake is named by its place."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tsur_nlp import Appeal, RegionError, Router
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.model.calibration import HeldOutScores, operating_point
from tsur_nlp.pipeline.promise import promise
from tsur_nlp.region.competence import MOST_ANSWERS, CompetenceMatrix
from tsur_nlp.region.loader import PACKS, load_region

HEAD = "topics;roles;authority;share;territory;kind;channel;condition;note;source;confirmed;valid_from;valid_to"


def matrix_of(folder: Path, *rows: str, head: str = HEAD) -> CompetenceMatrix:
    """The matrix of Нижегородская область with these rules alone."""
    mine = folder / "mine"
    if not mine.exists():
        shutil.copytree(str(PACKS / "nizhny"), mine)
    # As a Russian Excel saves it.
    (mine / "competence.csv").write_bytes("\r\n".join([head, *rows, ""]).encode("cp1251"))
    return CompetenceMatrix(load_region(mine), load_catalog().topics)


ANY = "roads.pits;roads.regional;;;;;;;для всех;;;;"
GROUP = "roads.*;policy.regional;;;;;;;для группы;;;;"
BOR = "roads.pits;;nizhny.gzhi;;bor;;;;в Бору;;;;"
DISTRICT = "roads.pits;health.regional;;;;city_district;;;в районах города;;;;"
PORTAL = "roads.pits;culture.regional;;;;;pos;;с портала;;;;"
YARD = "roads.pits;sport.regional;;;;;;yard;во дворе;;;;"
GROUP_IN_BOR = "roads.*;;nizhny.health;;bor;;;;группа в Бору;;;;"


@pytest.mark.parametrize(
    ("rows", "topic", "place", "channel", "condition", "said"),
    [
        ([ANY, GROUP], "roads.pits", "bor", "", "", "для всех"),
        ([ANY, GROUP], "roads.snow", "bor", "", "", "для группы"),
        ([ANY, BOR], "roads.pits", "bor", "", "", "в Бору"),
        ([ANY, BOR], "roads.pits", "kstovo", "", "", "для всех"),
        ([ANY, DISTRICT], "roads.pits", "nn.sovetsky", "", "", "в районах города"),
        ([ANY, DISTRICT], "roads.pits", "nn", "", "", "для всех"),
        ([ANY, BOR, PORTAL], "roads.pits", "bor", "pos", "", "с портала"),
        ([ANY, BOR, PORTAL], "roads.pits", "bor", "social", "", "в Бору"),
        ([ANY, BOR, PORTAL, YARD], "roads.pits", "bor", "pos", "yard", "во дворе"),
        ([ANY, GROUP_IN_BOR], "roads.pits", "bor", "", "", "группа в Бору"),
        ([BOR], "roads.pits", "kstovo", "", "", None),
    ],
)
def test_the_most_specific_rule_answers(
    tmp_path: Path, rows: list[str], topic: str, place: str, channel: str, condition: str, said: str | None
) -> None:
    cell = matrix_of(tmp_path, *rows).cell(topic, place, channel, frozenset({condition} - {""}))
    assert cell.answers
    assert (said in cell.step.facts) if said else (cell.step.code == "matrix_catalog")


GROUP_YARD = "roads.*;sport.regional;;;;;;yard;дворы группы;;;;"


@pytest.mark.parametrize("place", ["bor", "nn.sovetsky"])
@pytest.mark.parametrize(
    ("channel", "conditions"), [("pos", ()), ("social", ("yard",)), ("pos", ("yard", "institution"))]
)
def test_a_table_has_what_each_of_its_cells_has(
    tmp_path: Path, place: str, channel: str, conditions: tuple[str, ...]
) -> None:
    """Only the rows with rules of the channel or a condition are made anew."""
    matrix = matrix_of(tmp_path, ANY, GROUP, BOR, DISTRICT, PORTAL, GROUP_YARD)
    table = matrix.at(place, channel, frozenset(conditions))
    for row, topic in enumerate(matrix.topics):
        cell = matrix.cell(topic, place, channel, frozenset(conditions))
        found = zip(table.bodies[row], table.shares[row], strict=True)
        named = [(matrix.bodies[at].code, share) for at, share in found if at >= 0]
        assert named == [(body.code, np.float32(share)) for body, share in cell.answers[:MOST_ANSWERS]], topic
        assert (table.steps[row], table.answers[row]) == (cell.steps, {body.code for body, _ in cell.answers})


def test_shares_of_one_key_stand_in_rows_of_their_own(tmp_path: Path) -> None:
    matrix = matrix_of(tmp_path, "roads.pits;roads.regional;;0,7;;;;;;;;;", "roads.pits;;nizhny.gzhi;0,3;;;;;;;;;")
    answers = matrix.cell("roads.pits", "bor").answers
    assert [round(share, 2) for _, share in answers] == [0.7, 0.3]
    assert answers[1][0].code == "nizhny.gzhi"


def test_roles_of_one_row_are_shared_as_the_catalogue_shares_them(tmp_path: Path) -> None:
    matrix = matrix_of(tmp_path, "housing.lifts;housing.inspection housing.regional;;;;;;;;;;;")
    assert [round(share, 2) for _, share in matrix.cell("housing.lifts", "bor").answers] == [0.67, 0.33]


def test_a_table_of_the_first_version_is_read(tmp_path: Path) -> None:
    matrix = matrix_of(tmp_path, "housing.lifts,housing.regional,по-старому", head="topics,roles,note")
    assert matrix.cell("housing.lifts", "bor").step.facts == ("по-старому",)


@pytest.mark.parametrize(("first", "last", "stands"), [("", "2020-01-01", False), ("2020-01-01", "", True)])
def test_a_rule_holds_while_its_law_does(tmp_path: Path, first: str, last: str, stands: bool) -> None:
    cell = matrix_of(tmp_path, f"roads.pits;roads.regional;;;;;;;закон;;;{first};{last}").cell("roads.pits", "bor")
    assert (cell.step.code == "matrix_topic") == stands


MISTAKES = [
    (["roads.holes;roads.regional;;;;;;;;;;;"], "topics", "roads.holes"),
    (["roads.pits;roads.of_gold;;;;;;;;;;;"], "roles", "roads.of_gold"),
    (["roads.pits;;nobody;;;;;;;;;;"], "authority", "nobody"),
    (["roads.pits;;;;;;;;;;;;"], "roles", "нужна роль"),
    (["roads.pits;roads.regional;;;atlantis;;;;;;;;"], "territory", "atlantis"),
    (["roads.pits;roads.regional;;;;planet;;;;;;;"], "kind", "planet"),
    (["roads.pits;roads.regional;;;;;;on_mars;;;;;"], "condition", "on_mars"),
    (["roads.pits;roads.regional;;1,5;;;;;;;;;"], "share", "1,5"),
    (["roads.pits;roads.regional;;половина;;;;;;;;;"], "share", "половина"),
    (["roads.pits;roads.regional;;0,7;;;;;;;;;", "roads.pits;;nizhny.gzhi;0,7;;;;;;;;;"], "share", "1.40"),
    (["roads.pits;roads.regional;;0,7;;;;;;;;;"], "share", "0.70"),
    (["roads.pits;roads.regional;;0,5;;;;;;;;;", "roads.pits;roads.regional;;0,5;;;;;;;;;"], "roles", "дважды"),
    (["roads.pits;roads.regional housing.regional;;0,5;;;;;;;;;"], "share", "одной роли"),
]


@pytest.mark.parametrize(("rows", "column", "said"), MISTAKES)
def test_mistakes_are_named_by_file_line_and_column(tmp_path: Path, rows: list[str], column: str, said: str) -> None:
    with pytest.raises(RegionError) as told:
        matrix_of(tmp_path, *rows)
    message = str(told.value)
    assert "competence.csv" in message
    assert f"строка {len(rows) + 1}" in message
    assert f"«{column}»" in message
    assert said in message


# ------------------------------------------------------------------------------
#   What can be promised
# ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "precision", "promised"),
    [
        ([True] * 400, 0.9, True),
        ([True] * 10, 0.9, False),
        ([False] * 400, 0.5, False),
        ([True] * 200 + [False] * 200, 0.9, True),
        ([True, False] * 200, 0.9, False),
    ],
)
def test_a_precision_is_promised_only_where_texts_prove_it(right: list[bool], precision: float, promised: bool) -> None:
    confidence = np.linspace(1, 0, len(right))
    point = operating_point(confidence, np.array(right), precision)
    assert (point is not None) == promised
    if point is not None:
        let_through = np.array(right)[confidence >= point.threshold]
        assert let_through.mean() >= precision
        assert point.coverage == pytest.approx(len(let_through) / len(right))


def test_topics_of_one_body_are_as_sure_as_the_body(tmp_path: Path) -> None:
    """Two topics that nobody can tell apart: sure if one body has both, a coin's toss if two bodies do."""
    pits, snow = (list(load_catalog().topics).index(code) for code in ("roads.pits", "roads.snow"))
    texts = 600
    scores = HeldOutScores(
        topics=np.tile(np.array([pits, snow], np.int16), (texts, 1)),
        shares=np.full((texts, 2), 0.5, np.float16),
        truths=np.where(np.arange(texts) % 2, pits, snow).astype(np.int16)[:, None],
        sources=np.zeros(texts, np.uint8),
        settings=np.zeros(texts, np.uint8),
        twins=np.zeros((0, 2, 1), np.int16),
    )
    together = promise(matrix_of(tmp_path, "roads.pits roads.snow;roads.regional;;;;;;;;;;;"), scores, 0.9)
    apart = promise(
        matrix_of(tmp_path, "roads.pits;roads.regional;;;;;;;;;;;", "roads.snow;;nizhny.gzhi;;;;;;;;;;"), scores, 0.9
    )
    assert together.of("city_district").point is not None
    assert apart.of("city_district").point is None


def test_labels_that_contradict_each_other_do_not_lower_the_promise(tmp_path: Path) -> None:
    """Nine answers in ten are called right by labels of which two on one text agree in 81 % of cases: all are right."""
    lifts, snow = (list(load_catalog().topics).index(code) for code in ("housing.lifts", "roads.snow"))
    texts = 2000
    wrong = np.arange(texts) % 10 == 0
    pairs = [[[lifts], [lifts if n % 100 < 81 else snow]] for n in range(1000)]
    scores = HeldOutScores(
        topics=np.full((texts, 1), lifts, np.int16),
        shares=np.full((texts, 1), 0.9, np.float16),
        truths=np.where(wrong, snow, lifts).astype(np.int16)[:, None],
        sources=np.zeros(texts, np.uint8),
        settings=np.zeros(texts, np.uint8),
        twins=np.array(pairs, np.int16),
    )
    matrix = matrix_of(tmp_path, "roads.*;roads.regional;;;;;;;;;;;", "housing.*;;nizhny.gzhi;;;;;;;;;;")
    assert promise(matrix, scores, 0.95).of("city_district").point is not None
    alone = replace(scores, twins=scores.twins[:0])
    assert promise(matrix, alone, 0.95).of("city_district").point is None


@pytest.mark.parametrize("pack", ["nizhny", "kursk", "ryazan"])
def test_a_body_likelier_wrong_than_right_is_never_sent_by_itself(pack: str) -> None:
    """Where one administration answers for nearly all, the average alone would let every guess through."""
    found = Router.load(region=pack, precision=0.7).promise
    beliefs = found.beliefs if found is not None else {}
    assert beliefs
    assert {kind: belief.threshold for kind, belief in beliefs.items() if belief.threshold < 0.5} == {}


def test_a_body_answers_for_two_likely_topics_together(tmp_path: Path) -> None:
    """The sum over topics names a body that neither topic alone would."""
    router = Router.load()
    text = Appeal("Во дворе не чистят снег, дорога вся в ямах", territory="Бор")
    d = router.route(text)
    assert d.authority.confidence > d.topic.confidence * 0.9
