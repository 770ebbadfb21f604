import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsur_nlp.learning.features import WordFeatures
from tsur_nlp.learning.names import personal_names
from tsur_nlp.model.features import GRAM_SHARE, LEMMA_SHARE, char_grams, weigh

TEXTS = ["Не горят фонари во дворе", "Яма на дороге, фонарь не горит", "Яма во дворе"]


def test_grams_are_cut_as_scikit_learn_cuts_them() -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    analyze = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    for word in ("яма", "на", "фонарь", "я"):
        assert sorted(char_grams(word)) == sorted(analyze(word))


def test_a_text_is_the_weighted_sum_of_its_words() -> None:
    features = WordFeatures().fit(TEXTS)
    one, other, both = features.transform(["яма", "двор", "яма двор"]).toarray()
    vocabulary = features.vocabulary_
    idf = np.array([vocabulary.idf(vocabulary.lemma_column(word)) for word in ("яма", "двор")])
    weights = weigh(np.array([0, 1]), np.array([2]), idf).weights
    np.testing.assert_allclose(both, weights[0] * one + weights[1] * other, rtol=1e-5)


def test_forms_of_a_word_share_its_lemma() -> None:
    features = WordFeatures().fit(TEXTS)
    column = features.vocabulary_.lemmas["фонарь"]
    assert (features.transform(["фонарями", "фонарь"]).toarray()[:, column] == LEMMA_SHARE).all()
    grams = features.transform(["фонарь"]).toarray()[0, len(features.vocabulary_.lemmas) :]
    assert np.linalg.norm(grams) == pytest.approx(GRAM_SHARE, rel=1e-5)


def test_names_of_columns_match_their_number() -> None:
    features = WordFeatures(min_texts=2).fit(TEXTS)
    assert len(features.get_feature_names_out()) == features.transform(TEXTS).shape[1]


def test_it_is_a_scikit_learn_estimator() -> None:
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(clone(WordFeatures(min_texts=1)), LogisticRegression()).fit(TEXTS, ["свет", "яма", "яма"])
    assert list(pipeline.predict(["ямы на дороге"])) == ["яма"]


@pytest.mark.parametrize("wrong", ["один текст", ["текст", None], [1, 2]])
def test_only_lists_of_strings_are_taken(wrong: object) -> None:
    with pytest.raises(ValueError, match="ожидал"):
        WordFeatures().fit(wrong)


def test_names_are_not_learned() -> None:
    features = WordFeatures().fit(["Иван Петрович Сидоров не чинит свет, яма у дома"])
    assert {"сидоров", "иван", "петрович"}.isdisjoint(features.vocabulary_.forms)
    assert {"яма", "свет"} <= set(features.vocabulary_.lemmas)


def test_natasha_finds_names_that_morphology_does_not() -> None:
    texts = ["Обещал чиновник Джеймс Кислинский, но ничего не сделал", "Фонарь не горит, дорога разбита"]
    found = personal_names(texts)
    assert "кислинский" in found
    assert "дорога" not in found


def test_what_is_said_first_weighs_more_and_nothing_is_lost() -> None:
    places = [0, *[1] * 3, *range(2, 502), 502]
    idf = np.ones(503)
    found = weigh(np.array(places), np.array([len(places)]), idf)
    presence = dict(
        zip(found.numbers.tolist(), 2 ** (found.weights / found.weights[found.numbers == 0]) - 1, strict=True)
    )
    assert presence[0] == pytest.approx(1)
    assert presence[502] == pytest.approx(0.3, abs=1e-3)
    assert 2.5 < presence[1] < 3
    assert np.linalg.norm(found.weights) == pytest.approx(1, rel=1e-5)


DOCUMENTS = st.lists(st.lists(st.integers(0, 9), max_size=12), min_size=1, max_size=6)


@given(DOCUMENTS)
def test_texts_are_weighed_alike_alone_and_together(documents: list[list[int]]) -> None:
    idf = np.linspace(1, 5, 10)
    numbers = np.array([number for document in documents for number in document], np.int64)
    together = weigh(numbers, np.array([len(document) for document in documents]), idf)
    for i, document in enumerate(documents):
        alone = weigh(np.array(document, np.int64), np.array([len(document)]), idf)
        part = slice(together.bounds[i], together.bounds[i + 1])
        assert together.numbers[part].tolist() == alone.numbers.tolist() == list(dict.fromkeys(document))
        np.testing.assert_allclose(together.weights[part], alone.weights, rtol=1e-6)
