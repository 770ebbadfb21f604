"""Router: an appeal in, a decision out. The place where a model meets a region.

text → topics (model)      → roles that answer for them (model and catalogue)
text, host → territory     → role × territory → body (region)
account → its owner        → the owner answers, or the message is redirected
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from importlib.resources import files
from itertools import islice
from pathlib import Path

import numpy as np

from tsur_nlp import storage
from tsur_nlp.appeal import Appeal
from tsur_nlp.catalog import Catalog, load_catalog, role_shares, topics_meant_by
from tsur_nlp.decision import NO_AUTHORITY, NO_TOPIC, Action, Choice, Decision
from tsur_nlp.errors import ModelError
from tsur_nlp.features import Floats
from tsur_nlp.model import AppealModel
from tsur_nlp.noise import is_courtesy
from tsur_nlp.places import Gazetteer
from tsur_nlp.region import Authority, Region, load_region
from tsur_nlp.text import MAX_CHARS, words

DEFAULT_REGION = "nizhny"
DEFAULT_PRECISION = 0.8
BLOCK = 256
"""Texts scored at once by `route_many`."""
SHOWN = 5
"""Candidates kept in a decision."""
FEW_WORDS = 3
TOP_ROLES = 10
TELLING_WORDS = 3
DEFAULT_CHANNEL = "social"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an appeal is about and how that is known."""

    territory: str
    reason: str
    known: bool


class Router:
    """Decides on appeals with one model and, if given, one region. Safe to share between threads for reading.

    `precision`: the share of right topics wanted among those sent on by themselves (action «auto»);
    thresholds come from the model's calibration.
    """

    def __init__(self, model: AppealModel, region: Region | None, precision: float = DEFAULT_PRECISION):
        self.model = model
        self.region = region
        self.catalog: Catalog = load_catalog()
        self.thresholds = {name: head.threshold(precision) for name, head in model.heads.items()}

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
        weights = storage.load(Path(model) if model else shipped_model())
        return cls(weights, load_region(region) if region is not None else None, precision)

    def route(self, appeal: Appeal | str) -> Decision:
        """The decision on one appeal; a bare string is an appeal without anything else."""
        return next(self.route_many([appeal]))

    def route_many(self, appeals: Iterable[Appeal | str]) -> Iterator[Decision]:
        """Decisions in the order of the appeals. Any iterable is taken, a block at a time."""
        stream = iter(appeals)
        while block := [self._as_appeal(item) for item in islice(stream, BLOCK)]:
            found = self.model.probabilities([appeal.text for appeal in block])
            for i, appeal in enumerate(block):
                yield self._decide(appeal, {name: values[i] for name, values in found.items()})

    @staticmethod
    def _as_appeal(item: Appeal | str) -> Appeal:
        if isinstance(item, str):
            return Appeal(item)
        if isinstance(item, Appeal) and isinstance(item.text, str):
            return item
        raise TypeError(f"ожидалось обращение (Appeal) или строка, а передан {type(item).__name__}")

    # --------------------------------------------------------------------------
    #   One decision
    # --------------------------------------------------------------------------

    def _decide(self, appeal: Appeal, probabilities: dict[str, Floats]) -> Decision:
        found = words(appeal.text)
        if not found:
            return self._not_an_appeal(appeal, "В сообщении нет слов: отвечать не на что")
        if is_courtesy(found):
            return self._not_an_appeal(appeal, "В сообщении только приветствие, пожелание или благодарность")

        topics = self._topics(probabilities["topic"])
        reasons = [self._why_topic(appeal.text, int(probabilities["topic"].argmax()))]
        if len(appeal.text) > MAX_CHARS:
            reasons.append(f"Текст длиннее {MAX_CHARS} знаков: разобрано начало")
        place = self._place(appeal)
        if place is None:
            authorities = self._own_authorities(probabilities)
        else:
            reasons.append(place.reason)
            authorities = self._bodies(self._roles(probabilities), place)
        action = self._action(topics[0], authorities[0], len(found), reasons)
        if place is not None and appeal.account:
            authorities, action = self._at_account(appeal.account, authorities, action, reasons)
        return Decision(
            topics=topics,
            authorities=authorities,
            action=action,
            reasons=tuple(reasons),
            territory=self.region.territories[place.territory].title if self.region and place else "",
            deadline=self._deadline(appeal, reasons),
            appeal_id=appeal.id,
        )

    def _not_an_appeal(self, appeal: Appeal, reason: str) -> Decision:
        return Decision((NO_TOPIC,), (NO_AUTHORITY,), "not_an_appeal", (reason,), appeal_id=appeal.id)

    def _action(self, topic: Choice, authority: Choice, length: int, reasons: list[str]) -> Action:
        """auto if the topic and the authority are both above their thresholds; every doubt is said."""
        doubts = []
        if length < FEW_WORDS:
            doubts.append("Слов слишком мало, чтобы судить")
        if topic.confidence < self._threshold("topic"):
            doubts.append(
                f"Тема под вопросом: уверенность {topic.confidence:.2f}, нужно {self._threshold('topic'):.2f}"
            )
        if authority is not NO_AUTHORITY and authority.confidence < self._threshold("authority"):
            needed = self._threshold("authority")
            doubts.append(f"Орган под вопросом: уверенность {authority.confidence:.2f}, нужно {needed:.2f}")
        reasons += doubts
        return "review" if doubts else "auto"

    def _threshold(self, head: str) -> float:
        return self.thresholds.get(head, self.thresholds["topic"])

    def _deadline(self, appeal: Appeal, reasons: list[str]) -> datetime | None:
        """By the norm of the channel, from the moment of writing or, if it is not known, from now."""
        if self.region is None:
            return None
        norm = self.region.deadlines.get(appeal.channel or DEFAULT_CHANNEL)
        if norm is None:
            reasons.append(f"Срок не назван: канала «{appeal.channel}» нет в таблице сроков региона")
            return None
        written = appeal.created or datetime.now(self.region.working_time.zone).replace(second=0, microsecond=0)
        return self.region.working_time.due(norm, written)

    # --------------------------------------------------------------------------
    #   Topics
    # --------------------------------------------------------------------------

    def _topics(self, probabilities: Floats) -> tuple[Choice, ...]:
        labels = self.model.heads["topic"].labels
        return tuple(self._topic(labels[i], float(probabilities[i])) for i in best(probabilities))

    def _topic(self, label: str, confidence: float) -> Choice:
        """A label as the catalogue's topic where it is one, or where a region asks for the catalogue's."""
        code = label if self.model.catalog_topics else ""
        if not code and self.region:
            code = next(iter(topics_meant_by(label)), "")
        if not code:
            return Choice(label, label, confidence)
        topic = self.catalog.topics[code]
        return Choice(code, topic.title, confidence, topic.group_title)

    def _why_topic(self, text: str, best_label: int) -> str:
        head = self.model.heads["topic"]
        label = head.labels[best_label]
        # A word outside the vocabulary may be somebody's name: it is never quoted.
        telling = [
            contribution.word
            for contribution in self.model.contributions(text, "topic", label)
            if contribution.score > 0
            and contribution.word in self.model.vocabulary.forms
            and len(contribution.word) > 2
        ][:TELLING_WORDS]
        quoted = ", ".join(f"«{word}»" for word in telling)
        learned = "" if head.examples[best_label] else "; тема известна только по описанию"
        return (f"За тему говорят слова {quoted}" if quoted else "Явных слов за тему нет") + learned

    # --------------------------------------------------------------------------
    #   Authorities
    # --------------------------------------------------------------------------

    def _own_authorities(self, probabilities: dict[str, Floats]) -> tuple[Choice, ...]:
        """Without a region: the labels of the model's own table, or roles as the model names them."""
        if "authority" not in self.model.heads:
            return (NO_AUTHORITY,)
        values = probabilities["authority"]
        labels = self.model.heads["authority"].labels
        titles = {code: role.title for code, role in self.catalog.roles.items()} if self.model.roles else {}
        return tuple(Choice(labels[i], titles.get(labels[i], labels[i]), float(values[i])) for i in best(values))

    def _roles(self, probabilities: dict[str, Floats]) -> dict[str, float]:
        """Probability of each role; of each label of the table, if the model was trained on other labels.

        A model without authorities leaves it to the catalogue: who usually answers for the likely topics.
        """
        if "authority" in self.model.heads:
            values, names = probabilities["authority"], self.model.heads["authority"].labels
            return {names[i]: float(values[i]) for i in np.argsort(-values)[:TOP_ROLES]}
        from_topics: dict[str, float] = {}
        labels = self.model.heads["topic"].labels
        for i in best(probabilities["topic"]):
            topic = self.catalog.topics.get(self._topic(labels[i], 0.0).code)
            for role, share in role_shares(topic.roles if topic else ()):
                from_topics[role] = from_topics.get(role, 0.0) + share * float(probabilities["topic"][i])
        return from_topics

    def _bodies(self, roles: dict[str, float], place: Place) -> tuple[Choice, ...]:
        """Concrete bodies for roles at a place; confidences of roles that one body plays add up."""
        assert self.region is not None
        confidence: dict[str, float] = {}
        for role, value in roles.items():
            if role in self.catalog.roles:
                authority = self.region.resolve(role, place.territory)
                local = self.region.is_local(role)
            else:
                authority, local = self.region.authority_named(role), False
            if authority is not None:
                share = self.region.capital_share if local and not place.known else 1.0
                confidence[authority.code] = confidence.get(authority.code, 0.0) + share * value
        ranked = sorted(confidence.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
        return tuple(self._body(self.region.authorities[code], value) for code, value in ranked) or (NO_AUTHORITY,)

    @staticmethod
    def _body(authority: Authority, confidence: float) -> Choice:
        return Choice(authority.code, authority.title, min(confidence, 1.0))

    def _at_account(
        self, account: str, authorities: tuple[Choice, ...], action: Action, reasons: list[str]
    ) -> tuple[tuple[Choice, ...], Action]:
        """A message on a body's own account is for its owner, unless it is surely for another."""
        assert self.region is not None
        owner = self.region.owner_of(account)
        if owner is None:
            reasons.append("Аккаунта нет в таблице региона: орган выбран по тексту")
            return authorities, action
        if owner.code == authorities[0].code:
            reasons.append(f"Оставлено на странице этого же органа: {owner.short_title}")
            return authorities, action
        if authorities[0].confidence >= self._threshold("authority"):
            reasons.append(f"Оставлено на странице «{owner.short_title}», но отвечает {authorities[0].title}")
            return authorities, "redirect"
        among = next((choice.confidence for choice in authorities if choice.code == owner.code), 0.0)
        reasons.append(f"Оставлено на странице «{owner.short_title}», и другого органа уверенно не назвать")
        others = tuple(choice for choice in authorities if choice.code != owner.code)
        return (self._body(owner, among), *others)[:SHOWN], "review"

    # --------------------------------------------------------------------------
    #   Places
    # --------------------------------------------------------------------------

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        assert self.region is not None
        territories = self.region.territories.values()
        return Gazetteer((territory.code, alias) for territory in territories for alias in territory.aliases)

    def _place(self, appeal: Appeal) -> Place | None:
        """Where it is about: what the host says, made narrower by the text; else the text; else the capital."""
        if self.region is None:
            return None
        mentions = list(self._gazetteer.find(appeal.text))
        given = self.region.territory_named(appeal.territory) if appeal.territory else None
        if given is not None:
            inner = [m for m in mentions if given.code in self.region.around(m.territory) and m.territory != given.code]
            if inner:
                return Place(
                    inner[0].territory, self._placed(f"назван в тексте: «{inner[0].word}»", inner[0].territory), True
                )
            return Place(given.code, self._placed("указано вместе с сообщением", given.code), True)
        if mentions:
            # The smallest place wins over one around it: «Нижний Новгород, Сормовский район».
            deepest = max(mentions, key=lambda m: len(list(self.region.around(m.territory))) if self.region else 0)
            place = Place(
                deepest.territory, self._placed(f"назван в тексте: «{deepest.word}»", deepest.territory), True
            )
        else:
            place = Place(
                self.region.capital, self._placed("не названо, взят областной центр", self.region.capital), False
            )
        if appeal.territory:
            return replace(place, reason=f"{place.reason}; территории «{appeal.territory}» нет в таблице региона")
        return place

    def _placed(self, how: str, territory: str) -> str:
        assert self.region is not None
        return f"Место: {self.region.territories[territory].title} ({how})"


def best(probabilities: Floats) -> list[int]:
    """Positions of the likeliest labels, best first."""
    top = np.argpartition(-probabilities, min(SHOWN, len(probabilities) - 1))[:SHOWN]
    return [int(i) for i in top[np.argsort(-probabilities[top], kind="stable")]]


def shipped_model() -> Path:
    """The folder of the shipped model: inside the installed package, or beside it in a checkout."""
    inside = Path(str(files("tsur_nlp"))) / "models" / "default"
    checkout = Path(__file__).parents[2] / "models" / "default"
    return inside if inside.is_dir() else checkout
