"""For hosts with a desk of their own: the queue, its messages, corrections, and who answers for a topic."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tsur_nlp.errors import CatalogError, RegionError
from tsur_nlp.journal.corrections import Answers
from tsur_nlp.journal.listing import Wanted, listed, message
from tsur_nlp.journal.queue import UnknownMessageError, last_correction, numbered, settle
from tsur_nlp.journal.store import Journal
from tsur_nlp.service.access import JSON, check_kind
from tsur_nlp.service.desk import Desk
from tsur_nlp.service.journal_thread import JournalThread
from tsur_nlp.service.problems import Refusal, in_words
from tsur_nlp.service.schemas import LONGEST_FIELD, VISIBLE, Name, Short
from tsur_nlp.service.webhooks import message_json

UNKNOWN = "такого сообщения в журнале нет"
LARGEST = 2**53
Word = Annotated[str, Query(max_length=LONGEST_FIELD)]


class CorrectionIn(BaseModel):
    """Что верно для сообщения. Без темы и органа — согласие с решением. Нужен `message` или `number`."""

    model_config = ConfigDict(extra="forbid")

    message: int | None = Field(None, ge=1, le=LARGEST, description="Номер в журнале, как в GET /queue")
    number: Short = Field(None, description="Номер в хозяйской системе")
    topic: Name = Field(None, description="Название или код верной темы")
    authority: Name = Field(None, description="Название или код верного органа")
    author: Annotated[str, Field(max_length=100, pattern=VISIBLE), AfterValidator(str.strip)] = Field(
        description="Кто исправил"
    )
    comment: Annotated[str, Field(max_length=1000), AfterValidator(str.strip)] = ""


def endpoints(desk: Desk, journal: JournalThread) -> APIRouter:
    """The endpoints over a desk and its journal."""
    router = APIRouter()
    _add_messages(router, journal)
    _add_corrections(router, desk, journal)

    @router.get("/responsible")
    async def responsible(
        topic: Word, territory: Word = "", account: Word = "", channel: Word = ""
    ) -> list[dict[str, Any]]:
        """Кто отвечает за тему (код или название) на территории: лучший впереди, с долей, причинами и сроком."""
        try:
            found = desk.router.responsible(topic, territory or None, account or None, channel or None)
        except (CatalogError, RegionError) as error:
            raise Refusal(404, str(error)) from None
        return [one.to_dict() for one in found]

    return router


def _add_messages(router: APIRouter, journal: JournalThread) -> None:
    @router.get("/queue")
    async def queue(
        action: Word = "review",
        group: Word = "",
        topic: Word = "",
        authority: Word = "",
        territory: Word = "",
        channel: Word = "",
        overdue: bool = False,
        reviewed: bool = False,
        words: Word = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
        offset: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    ) -> dict[str, Any]:
        """Сообщения, на которые нужно посмотреть: срочные и давние впереди. `action=` — с любым действием."""

        def found(journal: Journal) -> dict[str, Any]:
            if words and journal.texts == "hash":
                raise Refusal(409, "журнал хранит только хеши текстов, искать слова негде")
            wanted = Wanted(
                action, group, topic, authority, territory, channel, reviewed,
                datetime.now(journal.zone) if overdue else None, words,
            )  # fmt: skip
            page = listed(journal, wanted, limit, offset)
            return {"total": page.total, "messages": [message_json(one) for one in page.messages]}

        return await journal.do(found)

    @router.get("/messages/{number}")
    async def one_message(number: int) -> dict[str, Any]:
        """Сообщение журнала по его номеру, как его хранит журнал, и что о нём сказали люди."""

        def found(journal: Journal) -> dict[str, Any]:
            one = message(journal, number) if 0 < number < LARGEST else None
            if one is None:
                raise UnknownMessageError(UNKNOWN)
            said = [
                {
                    "made": review.made.isoformat() if review.made else None,
                    "author": review.author,
                    "topic": review.topic,
                    "authority": review.authority,
                    "comment": review.comment,
                    "undone": review.undone.isoformat() if review.undone else None,
                }
                for review in journal.reviews(number)
            ]
            return message_json(one) | {"corrections": said}

        return await journal.do(found)


def _add_corrections(router: APIRouter, desk: Desk, journal: JournalThread) -> None:
    @router.post(
        "/corrections",
        openapi_extra={
            "requestBody": {"required": True, "content": {JSON[0]: {"schema": CorrectionIn.model_json_schema()}}}
        },
    )
    async def correct(request: Request) -> dict[str, Any]:
        """Записать, что верно. Ответ приходит, когда исправление уже на диске; повтор ничего не удваивает."""
        check_kind(request.scope["headers"], JSON)
        try:
            sent = CorrectionIn.model_validate_json(await request.body())
        except ValidationError as error:
            raise Refusal(
                422, in_words(error.errors(include_input=False, include_url=False), CorrectionIn.model_fields)
            ) from None
        router = desk.router
        bodies = router.region.authorities.values() if router.region else ()

        def written(journal: Journal) -> dict[str, Any]:
            answers = Answers.of(
                journal, [(code, title) for code, title, _ in router.topics], [(one.code, one.title) for one in bodies]
            )
            try:
                topic, authority = answers.topic(sent.topic or ""), answers.authority(sent.authority or "")
            except ValueError as reason:
                raise Refusal(404, str(reason)) from None
            number = sent.message or (numbered(journal, sent.number) if sent.number else None)
            stands = message(journal, number) if number else None
            if stands is None:
                raise UnknownMessageError(UNKNOWN)
            settle(
                journal, stands.id, topic or stands.topic, authority or stands.authority, sent.author, sent.comment,
                last_correction(journal, stands.id),
            )  # fmt: skip
            now = message(journal, stands.id)
            assert now is not None
            return message_json(now, text=False)

        return await journal.do(written)
