"""What the service takes and gives, as JSON."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision

LONGEST_FIELD = 500
LONGEST_TEXT = 1_000_000
VISIBLE = r"[^\s\x1c-\x1f\x85]"
"""A character that stripping leaves; which of these are in \\s differs between Python, Rust and the browsers."""
DATE = re.compile(r"\d{4}-\d\d-\d\d")

Short = Annotated[str | None, StringConstraints(max_length=LONGEST_FIELD)]
Name = Annotated[str, StringConstraints(max_length=LONGEST_FIELD), AfterValidator(str.strip)] | None
"""A word of a table. It is measured as it is described, before the spaces around it are taken away."""


def _written_out(value: Any) -> Any:
    """Only ISO 8601: a bare number, `-8e-3` too, would be taken for seconds since 1970."""
    if value is not None and not (isinstance(value, str) and DATE.match(value)):
        raise PydanticCustomError("datetime_type", "a moment looks like 2024-12-31T15:30:00")
    return value


Moment = Annotated[datetime | None, BeforeValidator(_written_out)]
Degrees = Annotated[float | None, Field(strict=True, allow_inf_nan=False)]


class AppealIn(BaseModel):
    """Одно сообщение жителя. Обязателен только текст."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="Текст как есть: с разметкой, смайлами, упоминаниями", max_length=LONGEST_TEXT)
    id: Short = Field(None, description="Номер в хозяйской системе; вернётся без изменений")
    channel: Name = Field(None, description="Канал из таблицы сроков: social, pos, formal")
    account: Name = Field(None, description="Аккаунт, на котором оставлено")
    territory: Name = Field(None, description="Где это, если известно")
    created: Moment = Field(None, description="Когда написано; от этого считаются сроки")
    topic: Name = Field(None, description="Тема, если её уже кто-то выбрал: код или название")
    lat: Degrees = Field(None, ge=-90, le=90, description="Широта места, градусы WGS 84")
    lon: Degrees = Field(None, ge=-180, le=180, description="Долгота места, градусы WGS 84")
    thread: Name = Field(None, description="Пост или обсуждение, под которым написано: адрес или номер")

    def appeal(self) -> Appeal:
        return Appeal(
            self.text, self.id, self.channel, self.account, self.territory, self.created, self.topic,
            self.lat, self.lon, self.thread,
        )  # fmt: skip


class ChoiceOut(BaseModel):
    """Тема или орган с уверенностью 0 … 1."""

    code: str
    title: str
    confidence: float
    group: str = ""


class WordOut(BaseModel):
    """Слово исходного текста text[start:stop] и сколько оно добавило теме; меньше нуля — против."""

    start: int
    stop: int
    score: float


class UrgencyOut(BaseModel):
    """Срочность: 0 — обычная, 1 — раньше других, 2 — сегодня, 3 — сразу; чем вызвана и кого известить."""

    level: int
    words: list[str]
    notify: list[str]


class DecisionOut(BaseModel):
    """Решение: что, кому, как скоро и почему."""

    id: str | None
    topic: ChoiceOut
    topics: list[ChoiceOut]
    authority: ChoiceOut
    authorities: list[ChoiceOut]
    action: str = Field(description="auto, review, redirect или not_an_appeal")
    outcome: str
    reasons: list[str]
    territory: str
    deadline: datetime | None
    due: dict[str, datetime]
    kind: str = Field(description="Вид сообщения: complaint, question, request, thanks и другие")
    kind_confidence: float
    urgency: UrgencyOut
    vulnerable: list[str] = Field(description="Кого касается: дети, больные и другие")
    gist: str = Field(description="Суть словами самого сообщения")
    gist_spans: list[tuple[int, int]]
    ask: str = Field(description="Что спросить, если сведений не хватает")
    span: tuple[int, int] | None = Field(description="Место этой части в тексте, если вопросов несколько")
    parts: list["DecisionOut"] = Field(description="Решения по отдельным вопросам, если их несколько")
    words: list[WordOut] | None = Field(None, description="Только если просили explain=true")


class Problem(BaseModel):
    """Ошибка по RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def decision_json(decision: Decision, explain: bool = False) -> dict[str, Any]:
    """A decision as DecisionOut has it, ready for JSON."""
    content = decision.to_dict()
    if explain:
        words = decision.explain().words if decision.topic.code else ()
        content["words"] = [{"start": w.start, "stop": w.stop, "score": round(w.score, 4)} for w in words]
    return content


def problem_json(status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem as RFC 9457 has it."""
    return {"type": "about:blank", "title": title, "status": status, "detail": detail} | more
