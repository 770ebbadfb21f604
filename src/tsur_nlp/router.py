"""Router: an appeal in, a decision out. The place where a model meets a region.

text → topics (model)      → roles that answer for them (model and catalogue)
text, host → territory     → role × territory → body (region)
account → its owner        → the owner answers, or the message is redirected
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from math import isnan
from pathlib import Path

from tsur_nlp.catalog.channels import channel_code
from tsur_nlp.catalog.crosswalks import topics_meant_by
from tsur_nlp.catalog.topics import Catalog, load_catalog, role_shares
from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import NO_AUTHORITY, NO_TOPIC, Action, Choice, Decision, Outcome
from tsur_nlp.decision.explanation import Explanation, WordShare
from tsur_nlp.errors import ModelError
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.calibration import NEVER
from tsur_nlp.model.classifier import BLOCK, SHORTEST_TELLING, Answer, AppealModel, likeliest
from tsur_nlp.pipeline.authority import SHOWN, at_account, at_institution, bodies, named_institution, outside
from tsur_nlp.pipeline.not_an_appeal import courtesy_words, is_courtesy
from tsur_nlp.region.loader import load_region
from tsur_nlp.region.locator import Locator, Place
from tsur_nlp.region.region import Region
from tsur_nlp.text.cleaning import MAX_CHARS
from tsur_nlp.text.tokens import word_spans, words
from tsur_nlp.text.vectorized import read_many

DEFAULT_REGION = "nizhny"
DEFAULT_PRECISION = 0.8
DEFAULT_CHANNEL = "social"
FEW_WORDS = 2
"""A text with fewer telling words says too little to be sure of anything."""
TOP_ROLES = 10
SHOWN_ROLES = 3
SHOWN_PHRASES = 3
TELLING_WORDS = 3


class Router:
    """Decides on appeals with one model and, if given, one region.

    `precision`: the share of right topics wanted among those sent on by themselves (action «auto»), and of
    right roles likewise; thresholds come from the model's calibration. `promised`: for each head the threshold
    and the share of messages expected to reach it, None where the precision can't be promised. `version`: what
    tells the model from every other, if it was loaded from a folder. `topics`: what may be answered: code, title and
    group of each topic, each once.
    """

    def __init__(self, model: AppealModel, region: Region | None, precision: float = DEFAULT_PRECISION):
        self.model = model
        self.version = ""
        self.region = region
        self.catalog: Catalog = load_catalog()
        self._check_labels()
        self.promised = {name: head.selected(precision) for name, head in model.heads.items()}
        self._locator = Locator(region) if region else None
        self._competence = region.competence if region else {}
        self._titles = [self._title(label) for label in model.heads["topic"].labels]
        self.topics = tuple(dict.fromkeys(self._titles))
        # Rows without a date share one moment.
        self._steps = lru_cache(maxsize=4096)(region.steps_due) if region else None

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        region: str | Path | None = None,
        precision: float = DEFAULT_PRECISION,
    ) -> "Router":
        """The shipped model with the default region, or a folder of each.

        A model of one's own without a region answers with its own labels.
        Raises ModelError, RegionError.
        """
        if not 0 < precision < 1:
            raise ModelError(f"точность {precision} не годится: нужно число между 0 и 1, например 0.9")
        if region is None and model is None:
            region = DEFAULT_REGION
        folder = Path(model) if model else shipped_model()
        weights = storage.load(folder)
        router = cls(weights, load_region(region) if region is not None else None, precision)
        router.version = f"{weights.about.get('name', 'модель')} {storage.version(folder)}"
        return router

    def _check_labels(self) -> None:
        """Raises ModelError for a model that says its labels are the catalogue's when they are not."""
        heads = self.model.heads
        topics = heads["topic"].labels if self.model.catalog_topics else ()
        roles = heads["authority"].labels if self.model.roles and "authority" in heads else ()
        for labels, known, what in ((topics, self.catalog.topics, "тем"), (roles, self.catalog.roles, "ролей")):
            if unknown := [label for label in labels if label not in known]:
                raise ModelError(
                    f"модель называет {len(unknown)} {what}, которых нет в каталоге; нужна модель этой версии"
                )

    def route(self, appeal: Appeal | str) -> Decision:
        """The decision on one appeal; a bare string is an appeal without anything else."""
        return next(self.route_many([appeal]))

    def route_many(self, appeals: Iterable[Appeal | str]) -> Iterator[Decision]:
        """Decisions in the order of the appeals. Any iterable is taken, a block at a time."""
        stream = iter(appeals)
        while block := [_as_appeal(item) for item in islice(stream, BLOCK)]:
            cleaned, read = read_many([appeal.text for appeal in block])
            answers = self.model.answers(read, TOP_ROLES, TELLING_WORDS)
            for appeal, text, found, answer in zip(block, cleaned, read, answers, strict=True):
                yield self._decide(appeal, text, found, answer)

    # --------------------------------------------------------------------------
    #   One decision
    # --------------------------------------------------------------------------

    def _decide(self, appeal: Appeal, cleaned: str, found: Sequence[str], answer: Answer) -> Decision:
        """The decision on an appeal from its cleaned text, its words and what the model says of them."""
        if not found:
            return _not_an_appeal(appeal, "В сообщении нет слов: отвечать не на что")
        if is_courtesy(found):
            return _not_an_appeal(appeal, "В сообщении только приветствие, пожелание или благодарность")

        topics = tuple([self.topic(i, share) for i, share in answer.ranked["topic"][:SHOWN]])
        reasons = [self._why_topic(answer)]
        if len(appeal.text) > MAX_CHARS:
            reasons.append(f"Текст длиннее {MAX_CHARS} знаков: разобрано начало")

        outcome: Outcome = "decided"
        territory = ""
        place: Place | None = None
        if self.region is None or self._locator is None:
            authorities = self._own_authorities(answer)
        else:
            place = self._locator.place(appeal, cleaned, found)
            institution, named = named_institution(self.region, self.region.institutions.find(cleaned, found), place)
            if institution and institution.confirmed and not place.known:
                place = self._locator.at(institution.territory, institution.short_title)
            territory = self.region.territories[place.territory].title
            reasons += [reason for reason in (place.reason, named) if reason]
            unsure = topics[0].confidence < self.threshold("topic")
            candidates = bodies(self.region, self._roles(answer), place)
            if institution:
                candidates = at_institution(self.region, institution, candidates)
            authorities, why = outside(self.region, found, unsure, candidates, place)
            if why:
                outcome = "outside_competence"
                reasons.append(why)

        doubts = self._doubts(topics[0], authorities[0])
        if place is not None:
            doubts += self._doubts_of_place(place, authorities[0])
        if doubts and self._says_little(found):
            outcome = "insufficient_information"
            reasons.append("Сведений мало: по таким словам не понять, о чём сообщение; уточните у автора")
        reasons += doubts
        action: Action = "review" if doubts else "auto"
        if self.region is not None and appeal.account:
            sure = authorities[0].confidence >= self.threshold("authority")
            authorities, action, why = at_account(self.region, appeal.account, authorities, action, sure)
            reasons.append(why)
        due = self._due(appeal, topics[0].code, reasons)
        if action == "redirect" and "forwarding" in due:
            reasons.append(f"Переслать по принадлежности до {due['forwarding']:%d.%m.%Y}")
        basis = TopicBasis(self, appeal.text, tuple(reasons))
        deadline = due.get("answer")
        unknown = self._unknown_words(found)
        return Decision(
            topics, authorities, action, tuple(reasons), territory, deadline, appeal.id, outcome, due, unknown, basis
        )

    def threshold(self, head: str) -> float:
        """The least confidence to send on by itself; above 1 where the model can't promise the precision."""
        promised = self.promised.get(head, self.promised["topic"])
        return promised.threshold if promised else NEVER

    def _doubts(self, topic: Choice, authority: Choice) -> list[str]:
        """What is below its threshold, in words."""
        doubts = []
        for name, choice, head in (("Тема", topic, "topic"), ("Орган", authority, "authority")):
            needed = self.threshold(head)
            if choice is not NO_AUTHORITY and choice.confidence < needed:
                promised = f"нужно {needed:.2f}" if needed <= 1 else "а порога для этой точности у модели нет"
                doubts.append(f"{name} под вопросом: уверенность {choice.confidence:.2f}, {promised}")
        return doubts

    def _says_little(self, found: Sequence[str]) -> bool:
        """Whether a text has too few words that mean anything to the model."""
        forms, courtesies = self.model.vocabulary.forms, courtesy_words()
        telling: set[str] = set()
        for word in found:
            if len(word) >= SHORTEST_TELLING and word in forms and word not in courtesies:
                telling.add(word)
                if len(telling) == FEW_WORDS:
                    return False
        return True

    def _unknown_words(self, found: Sequence[str]) -> float:
        forms = self.model.vocabulary.forms
        return sum([word not in forms for word in found]) / len(found)

    def _doubts_of_place(self, place: Place, authority: Choice) -> list[str]:
        """Why the place keeps a body that depends on it from being named by itself."""
        found = self.region.authorities.get(authority.code) if self.region else None
        if found is None or found.level not in ("municipal", "institution"):
            return []
        if not place.known:
            return ["Место не названо, а орган от него зависит: уточните населённый пункт или район"]
        return [place.doubt] if place.doubt else []

    def _due(self, appeal: Appeal, topic: str, reasons: list[str]) -> dict[str, datetime]:
        """When each step is due by the norms of the channel, from the moment of writing or, if not known, from now."""
        if self.region is None or self._steps is None:
            return {}
        channel = channel_code(appeal.channel or DEFAULT_CHANNEL)
        if channel not in self.region.deadlines:
            reasons.append(f"Срок не назван: канала «{channel}» нет в таблице сроков региона")
            return {}
        if appeal.created and not self.region.working_time.is_plausible(appeal.created):
            reasons.append(f"Срок не назван: дата сообщения {appeal.created:%d.%m.%Y} не похожа на настоящую")
            return {}
        zone = self.region.working_time.zone
        written = appeal.created or datetime.now(zone).replace(second=0, microsecond=0)
        return dict(self._steps(channel, topic, written))

    def path(self, text: str, decision: Decision) -> list[tuple[str, float, str]]:
        """The likeliest roles of a text: title, probability, and the body that plays each where it was decided."""
        place = self.region.territory_named(decision.territory) if self.region and decision.territory else None
        if self.region is None or place is None:
            return []
        (answer,) = self.model.answers([words(text)], TOP_ROLES, 0)
        found = []
        for role, share in list(self._roles(answer).items())[:SHOWN_ROLES]:
            played = self.region.resolve(role, place.code)
            title = self.catalog.roles[role].title if role in self.catalog.roles else role
            found.append((title, share, played.title if played else "никто в регионе"))
        return found

    # --------------------------------------------------------------------------
    #   Topics
    # --------------------------------------------------------------------------

    def topic(self, position: int, confidence: float) -> Choice:
        """A label as the catalogue's topic where it is one, or where a region asks for the catalogue's."""
        code, title, group = self._titles[position]
        return Choice(code, title, confidence, group)

    def _title(self, label: str) -> tuple[str, str, str]:
        """Code, title and group of a label."""
        code = label if self.model.catalog_topics else ""
        if not code and self.region:
            code = next(iter(topics_meant_by(label)), "")
        if not code:
            return label, label, ""
        topic = self.catalog.topics[code]
        return code, topic.title, topic.group_title

    def _why_topic(self, answer: Answer) -> str:
        quoted = ", ".join(f"«{word}»" for word in answer.telling)
        seen = self.model.heads["topic"].examples[answer.ranked["topic"][0][0]]
        learned = "" if seen else "; тема известна только по описанию"
        return (f"За тему говорят слова {quoted}" if quoted else "Явных слов за тему нет") + learned

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

    # --------------------------------------------------------------------------
    #   Authorities
    # --------------------------------------------------------------------------

    def _own_authorities(self, answer: Answer) -> tuple[Choice, ...]:
        """Without a region: the labels of the model's own table, or roles as the model names them."""
        if "authority" not in answer.ranked:
            return (NO_AUTHORITY,)
        labels = self.model.heads["authority"].labels
        titles = {code: role.title for code, role in self.catalog.roles.items()} if self.model.roles else {}
        ranked = answer.ranked["authority"][:SHOWN]
        return tuple(Choice(labels[i], titles.get(labels[i], labels[i]), share) for i, share in ranked)

    def _roles(self, answer: Answer) -> dict[str, float]:
        """Probability of each role; of each label of the table, if the model was trained on other labels.

        A model without authorities leaves it to the catalogue: who usually answers for the likely topics. Where
        the region settles itself who answers for a topic, that goes before both.
        """
        topics = [(self._titles[i][0], share) for i, share in answer.ranked["topic"][:SHOWN]]
        settled = {code: self._competence[code] for code, _ in topics if code in self._competence}
        left = 1 - sum(share for code, share in topics if code in settled)
        if "authority" in answer.ranked:
            names = self.model.heads["authority"].labels
            roles = {names[i]: left * share for i, share in answer.ranked["authority"]}
            if not settled:
                return roles
        else:
            known = [(code, share) for code, share in topics if code in self.catalog.topics and code not in settled]
            roles = _shared((self.catalog.topics[code].roles, share) for code, share in known)
        for role, share in _shared((settled[code], share) for code, share in topics if code in settled).items():
            roles[role] = roles.get(role, 0.0) + share
        return dict(sorted(roles.items(), key=lambda item: -item[1]))


def _shared(answered: Iterable[tuple[Sequence[str], float]]) -> dict[str, float]:
    """Probabilities of topics handed to the roles that answer for them, the usual one first."""
    shares: dict[str, float] = {}
    for roles, probability in answered:
        for role, share in role_shares(roles):
            shares[role] = shares.get(role, 0.0) + share * probability
    return shares


@dataclass(frozen=True, slots=True)
class TopicBasis:
    """The text behind a decision and the router that made it; works only when asked."""

    router: Router
    text: str
    reasons: tuple[str, ...]

    def topics_set(self, coverage: float) -> tuple[Choice, ...]:
        cut = self.router.model.heads["topic"].set_cut(coverage).cut
        probabilities = self.router.model.probabilities([self.text])["topic"][0]
        (ranked,) = likeliest(probabilities[None], len(probabilities))
        # The likeliest topic is always in: an empty answer helps nobody.
        return tuple(self.router.topic(i, share) for n, (i, share) in enumerate(ranked) if n == 0 or share >= cut)

    def explain(self) -> Explanation:
        model = self.router.model
        head = model.heads["topic"]
        position = int(model.probabilities([self.text])["topic"][0].argmax())
        spans = word_spans(self.text)
        found = [word for word, _, _ in spans]
        added = {one.word: one.score for one in model.contributions(found, "topic", position)}
        times = Counter(found)
        topic = self.router.topic(position, 0.0)
        return Explanation(
            text=self.text,
            topic=topic.title,
            score=float(model.scores([found])[0, head.start + position]),
            intercept=float(model.weights.intercept[head.start + position]),
            words=tuple(WordShare(start, stop, added[word] / times[word]) for word, start, stop in spans),
            examples=self.router.nearest_phrases(self.text, topic.code),
            reasons=self.reasons,
        )


def _as_appeal(item: Appeal | str) -> Appeal:
    if isinstance(item, str):
        return Appeal(item)
    if isinstance(item, Appeal):
        return item if isinstance(item.text, str) else replace(item, text=_no_text(item.text))
    return Appeal(_no_text(item))


def _no_text(value: object) -> str:
    """An empty text for what data frames have where there is none: None, NaN, NA. Raises TypeError for the rest."""
    if value is None or (isinstance(value, float) and isnan(value)) or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    raise TypeError(f"ожидалось обращение (Appeal) или строка, а передан {type(value).__name__}")


def _not_an_appeal(appeal: Appeal, reason: str) -> Decision:
    return Decision((NO_TOPIC,), (NO_AUTHORITY,), "not_an_appeal", (reason,), appeal_id=appeal.id)


def shipped_model() -> Path:
    """The folder of the shipped model: inside the installed package, or beside it in a checkout."""
    inside = Path(str(files("tsur_nlp"))) / "models" / "default"
    checkout = Path(__file__).parents[2] / "models" / "default"
    return inside if inside.is_dir() else checkout
