"""Institutions named by number or by name."""

import pytest

from tsur_nlp import Appeal, Router
from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.region.institutions import Institutions
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.tokens import words

KNOWN = [
    ("s45", "school", "45", ()),
    ("k12", "kindergarten", "12", ("детский сад солнышко",)),
    ("h1", "hospital", "", ("больница имени Семашко", "больница Семашко")),
    ("f1", "sport", "", ("ФОК Мещерский",)),
    ("p7", "polyclinic", "7", ()),
    ("l8", "school", "", ("лицей № 8 имени Короленко", "школа №77")),
]


@pytest.fixture(scope="module")
def institutions() -> Institutions:
    return Institutions(load_catalog().institution_kinds, KNOWN)


FOUND = [
    ("в школе № 45 холодно", ["s45"]),
    ("школа 45, нет охраны", ["s45"]),
    ("в 45-й школе сломан турникет", ["s45"]),
    ("Лицей №45 закрыт", ["s45"]),
    ("детсад №12 без воды", ["k12"]),
    ("в детском саду «Солнышко» карантин", ["k12"]),
    ("лежал в больнице Семашко", ["h1"]),
    ("В ФОКе «Мещерский» не работает бассейн", ["f1"]),
    ("в поликлинике №7 нет врачей", ["p7"]),
    ("в 7-ой поликлинике очередь", ["p7"]),
    ("в детсаду «Солнышко» карантин", ["k12"]),
    ("лицей № 8 имени Короленко закрыт", ["l8"]),
    ("в лицее №8 имени Короленко нет охраны", ["l8"]),
    ("лицей имени Короленко № 8", ["l8"]),
    ("школа № 77, крыша", ["l8"]),
    ("в больнице имени Семашко очередь", ["h1"]),
]


@pytest.mark.parametrize(("text", "codes"), FOUND)
def test_institutions_are_known_by_number_and_name(institutions: Institutions, text: str, codes: list[str]) -> None:
    found = [code for named in institutions.find(clean(text), words(text)) for code in institutions.codes(named)]
    assert list(dict.fromkeys(found)) == codes


@pytest.mark.parametrize(
    "text",
    [
        "школа 2 года без ремонта",
        "лицей имени Короленко",
        "сад солнышко светит",
        "дом 45, школа рядом",
        "45 школ закрыли",
        "нет воды",
    ],
)
def test_other_numbers_name_nothing(institutions: Institutions, text: str) -> None:
    assert not list(institutions.find(clean(text), words(text)))


def test_an_unknown_number_is_named_but_has_no_code(institutions: Institutions) -> None:
    (named,) = institutions.find("в школе № 999 холодно", ["в", "школе", "холодно"])
    assert (named.kind, named.number, institutions.codes(named)) == ("school", "999", [])


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


def test_an_institution_answers_for_its_own_field(router: Router) -> None:
    d = router.route("Кстовская ЦРБ: не дозвониться в регистратуру")
    assert d.authority.code == "health.crb_kstovo"
    assert "Кстовский" in d.territory
    assert "nizhny.health" in [choice.code for choice in d.authorities]


def test_an_unconfirmed_institution_hands_over_to_its_parent(router: Router) -> None:
    d = router.route("В поликлинике № 50 не записаться к врачу, талонов нет")
    assert d.authority.code == "nizhny.health"
    assert any("Поликлиника № 50" in reason or "поликлинике № 50" in reason.lower() for reason in d.reasons)


def test_an_institution_does_not_answer_for_another_field(router: Router) -> None:
    d = router.route(Appeal("Яма на дороге у больницы Семашко, пробил колесо"))
    assert not d.authority.code.startswith("health")


def test_an_institution_elsewhere_is_not_taken(router: Router) -> None:
    d = router.route(Appeal("В лицее № 40 плохо кормят", territory="Кстовский округ"))
    assert d.authority.code != "edu.lyceum40"


def test_a_number_alone_leaves_the_place_in_doubt(router: Router) -> None:
    d = router.route("В поликлинике № 50 не записаться к врачу, талонов нет")
    assert d.action == "review" or d.authority.code == "nizhny.health"
    d = router.route("В школе № 45 протекла крыша, дети учатся в холоде")
    assert d.action == "review"


def test_an_institution_of_ours_is_not_found_in_another_region(router: Router) -> None:
    d = router.route("В Казани в больнице имени Семашко очередь на пять часов")
    assert d.outcome == "outside_competence"
    assert not any(reason.startswith("Учреждение:") for reason in d.reasons)


def test_thousands_of_names_cost_no_more_than_ten() -> None:
    """Each word is looked up by its stems: the number of names met does not grow with the table."""
    made = [
        (f"k{n}", "kindergarten", "", (f"детский сад «Имя{chr(1072 + n % 32)}{'абвгд'[n % 5] * (n // 32 % 9)}»",))
        for n in range(5_000)
    ]
    institutions = Institutions(load_catalog().institution_kinds, made)
    for word in ("детский", "сад", "садик", "дом", "яма"):
        assert len(institutions._index.met[word]) < 10
