"""What a decision tells when asked: its topics by name, telling words, prediction sets, exact explanations."""

import re
from collections import Counter
from collections.abc import Mapping

from tsur_nlp.catalog.letter_markers import letter_reader
from tsur_nlp.catalog.topics import Catalog
from tsur_nlp.decision.explanation import Explanation, WordShare
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import Choice, Span
from tsur_nlp.model.classifier import AppealModel, likeliest
from tsur_nlp.pipeline.ask import to_ask
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.gist import gist
from tsur_nlp.pipeline.reasons import said
from tsur_nlp.text.tokens import words, words_of_cleaned

SHOWN_PHRASES = 3
QUOTED = re.compile("«[^«»]*»")
Title = tuple[str, str, str]
"""Code, title and group of a topic."""


class Explainer:
    """Knows the model's labels by the catalogue's names. `titles`: of each label, in the order of its columns."""

    def __init__(self, model: AppealModel, catalog: Catalog, titles: list[Title]):
        self.model = model
        self.catalog = catalog
        self.titles = titles
        self._seen = model.heads["topic"].examples

    def topic(self, position: int, confidence: float) -> Choice:
        """A label as the catalogue's topic where it is one, or where a region asks for the catalogue's."""
        code, title, group = self.titles[position]
        return Choice(code, title, confidence, group)

    def why(self, block: Block, row: int) -> list[Reason]:
        """Reasons that only need words when somebody reads them: why this topic, and why this body."""
        reasons = [self.why_topic(block, row)]
        table, bodies = block.tables[row], block.bodies[row]
        if table is not None and bodies:
            topics, code = block.likely_topics(row), bodies[0][0].code
            behind = topics[0]
            if code not in table.answers[behind]:
                behind = next((topic for topic in topics if code in table.answers[topic]), behind)
            steps = table.steps[behind]
            reasons.append(steps.get(code) or next(iter(steps.values())))
        return reasons

    def why_topic(self, block: Block, row: int) -> Reason:
        """The words that speak for the topic against the runner-up."""
        described = "" if self._seen[block.likely_topics(row)[0]] else "_described"
        phrases = block.telling_phrases(row)
        if placed := _words_of_place(block, row):
            # The name of the place tells where, not what; alone it is better than nothing.
            phrases = [phrase for phrase in phrases if not placed.issuperset(phrase.split())] or phrases
        if not phrases:
            return Reason(f"topic_silent{described}")
        return Reason(f"topic_words{described}", (f"«{'», «'.join(phrases)}»",))

    def gist(self, block: Block, row: int) -> tuple[str, tuple[Span, ...]]:
        """The sentences that carry the request; see pipeline/gist.py."""
        return gist(block, row)

    def ask(self, block: Block, row: int) -> str:
        """The one question to put to the author, empty if nothing is missing; see pipeline/ask.py."""
        return to_ask(block, row, self.titles[block.likely_topics(row)[0]][0])

    def topics_set(self, block: Block, row: int, coverage: float) -> tuple[Choice, ...]:
        cut = self.model.heads["topic"].set_cut(coverage).cut
        probabilities = self.model.probabilities_of_words([block.words[row]], [block.texts[row]])["topic"]
        positions, shares = likeliest(probabilities, probabilities.shape[1])
        ranked = zip(positions[0].tolist(), shares[0].tolist(), strict=True)
        # The likeliest topic is always in: an empty answer helps nobody.
        return tuple(self.topic(i, share) for n, (i, share) in enumerate(ranked) if n == 0 or share >= cut)

    def explain(self, block: Block, row: int) -> Explanation:
        model, text = self.model, block.appeals[row].text
        head = model.heads["topic"]
        position = int(block.topics[row, 0])
        spans = letter_reader().word_spans(text)
        found = [word for word, _, _ in spans]
        added: Mapping[str, float] = {one.word: one.score for one in model.contributions(found, "topic", position)}
        times = Counter(found)
        topic = self.topic(position, 0.0)
        return Explanation(
            text=text,
            topic=topic.title,
            score=float(model.scores([found])[0, head.start + position]),
            intercept=float(model.weights.intercept[head.start + position]),
            words=tuple(WordShare(start, stop, added[word] / times[word]) for word, start, stop in spans),
            examples=self.nearest_phrases(text, topic.code),
            reasons=said([*block.reasons[row], *block.doubts[row]]),
        )

    def nearest_phrases(self, text: str, topic: str) -> tuple[str, ...]:
        """Phrases of a catalogue topic that share most with a text: by the idf of common lemmas."""
        if topic not in self.catalog.topics:
            return ()
        vocabulary = self.model.vocabulary
        spoken = {vocabulary.lemma_column(word) for word in words(text)} - {None}
        shared = {
            phrase: sum(vocabulary.idf(column) for column in spoken & set(map(vocabulary.lemma_column, words(phrase))))
            for phrase in self.catalog.topics[topic].phrases
        }
        ranked = sorted(shared, key=lambda phrase: -shared[phrase])[:SHOWN_PHRASES]
        return tuple(phrase for phrase in ranked if shared[phrase] > 0)


def _words_of_place(block: Block, row: int) -> frozenset[str]:
    """Words of a text by which its place was found."""
    place = block.places[row]
    said = "".join(place.reason.facts) if place is not None else ""
    return frozenset(words_of_cleaned(" ".join(QUOTED.findall(said)))) if "«" in said else frozenset()
