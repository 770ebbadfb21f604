"""People's names in training texts, found by natasha, so that no model learns them."""

from collections import Counter
from collections.abc import Sequence

from joblib import Parallel, delayed

from tsur_nlp.text.cleaning import clean, normalize
from tsur_nlp.text.tokens import WORD

MOSTLY = 0.3
"""A word that names a person in this share of its occurrences is left out of the vocabulary."""
BATCH = 500


def personal_names(texts: Sequence[str], jobs: int = 1) -> frozenset[str]:
    """Normalised words that natasha mostly takes for parts of a person's name in these texts."""
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    named: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for in_names, everywhere in Parallel(n_jobs=min(jobs, len(batches)))(delayed(_count)(batch) for batch in batches):
        named += in_names
        met += everywhere
    return frozenset(word for word, count in named.items() if count >= MOSTLY * met[word])


def people(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """For each cleaned text, the names of people that natasha finds in it."""
    from natasha import NewsEmbedding, NewsNERTagger

    # Texts of like length together are padded less, which halves the time.
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found: list[tuple[str, ...]] = [()] * len(texts)
    tagger = NewsNERTagger(NewsEmbedding())
    for i, markup in zip(order, tagger.map([texts[i] for i in order]), strict=True):
        found[i] = tuple(markup.text[span.start : span.stop] for span in markup.spans if span.type == "PER")
    return found


def _count(texts: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    """How often each word stands in a person's name, and how often at all."""
    named: Counter[str] = Counter()
    met: Counter[str] = Counter()
    cleaned = [clean(text) for text in texts]
    for text, names in zip(cleaned, people(cleaned), strict=True):
        met.update(WORD.findall(normalize(text)))
        named.update(word for name in names for word in WORD.findall(normalize(name)))
    return named, met
