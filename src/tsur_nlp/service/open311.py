"""The service as Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2/), in JSON and XML.

Topics are services. A new request is decided like any appeal: whatever service the client chose, the answer names
the authority; what was decided is read back from the journal, so the requests need one.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.journal.records import Known
from tsur_nlp.service.access import JSON, check_kind, media_type
from tsur_nlp.service.desk import MOST_LISTED, Desk
from tsur_nlp.service.problems import PROBLEM, Refusal
from tsur_nlp.service.schemas import Moment, Problem

RECENT = timedelta(days=90)
"""How far back requests are listed if nothing is said: the standard's rule."""
LONGEST_DESCRIPTION = 1_000_000
LONGEST_FORM_FIELD = 2_000_000

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_FIELDS = 50
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML may hold (XML 1.0, «Char»): a number with one of them would spoil the answer of all."""

Record = dict[str, Any]
Kind = Literal["json", "xml"]


class RequestIn(BaseModel):
    """Новое обращение; другие поля стандарта принимаются и не читаются."""

    description: str = Field(max_length=LONGEST_DESCRIPTION, pattern=r"\S")
    service_code: str = Field("", max_length=500)
    address_string: str = Field("", max_length=500)


BOTH: dict[str, Any] = {"application/json": {"schema": {}}, "application/xml": {"schema": {"type": "string"}}}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Ответ по стандарту", "content": BOTH},
    "4XX": {"description": "Ошибка", "content": BOTH | {PROBLEM: {"schema": Problem.model_json_schema()}}},
}
"""Errors of the standard come in its own shape, those of the whole service as problems."""


def endpoints(desk: Desk) -> APIRouter:
    """The endpoints over a desk; `form` is json or xml."""
    router = APIRouter(responses=ANSWERS)
    _add_services(router, desk)
    _add_new_requests(router, desk)
    _add_requests(router, desk)
    return router


def _add_services(router: APIRouter, desk: Desk) -> None:
    @router.get("/services.{form}")
    async def services(form: Kind) -> Response:
        """Список тем."""
        found = [
            {
                "service_code": code,
                "service_name": title,
                "description": title,
                "metadata": False,
                "type": "realtime",
                "keywords": "",
                "group": group,
            }
            for code, title, group in desk.router.topics
        ]
        return _answer(form, "services", "service", found)

    @router.get("/services/{code}.{form}")
    async def service(code: str, form: Kind) -> Response:
        """Описание темы: дополнительных полей нет ни у одной."""
        if code not in {one for one, _, _ in desk.router.topics}:
            return _error(form, 404, "такой темы нет: service_code")
        return _answer(form, "service_definition", "", {"service_code": code, "attributes": []})


def _add_new_requests(router: APIRouter, desk: Desk) -> None:
    kinds = (*JSON, *FORMS[:1]) if desk.settings.token is not None else JSON
    body = {"required": True, "content": {kind: {"schema": RequestIn.model_json_schema()} for kind in kinds}}

    @router.post(
        "/requests.{form}", status_code=201, responses={201: ANSWERS[200]}, openapi_extra={"requestBody": body}
    )
    async def post(form: Kind, request: Request) -> Response:
        """Новое обращение: тема и орган определяются по описанию и адресу."""
        sent = await _sent(request, forms_too=desk.settings.token is not None)
        if sent is None:
            return _error(form, 400, "не хватает description, или поля слишком длинны")
        number = uuid4().hex
        text = f"{sent.description}\n{sent.address_string}" if sent.address_string else sent.description
        decision = await desk.decide(Appeal(text, number, created=datetime.now().astimezone()))
        notice = f"{decision.topic.title}. Отвечает: {decision.authority.title}"
        record = {"service_request_id": number, "service_notice": notice, "account_id": ""}
        return _answer(form, "service_requests", "request", [record], 201)


def _add_requests(router: APIRouter, desk: Desk) -> None:
    @router.get("/requests/{number}.{form}")
    async def request(number: str, form: Kind) -> Response:
        """Обращение по номеру: тема, орган, срок, ответ ли уже."""
        known = await desk.known(number)
        if known is None:
            return _error(form, 404, "обращения с таким номером в журнале нет: service_request_id")
        return _answer(form, "service_requests", "request", _records([known], desk))

    @router.get("/requests.{form}")
    async def requests(
        form: Kind,
        service_request_id: str = "",
        service_code: str = "",
        status: str = "",
        start_date: Moment = None,
        end_date: Moment = None,
    ) -> Response:
        """Обращения по номерам или за срок, без него — за 90 дней; последние впереди, не больше тысячи."""
        if service_request_id:
            numbers = _listed(service_request_id)[:MOST_LISTED]
            found = [known for number in numbers if (known := await desk.known(number)) is not None]
        else:
            codes, statuses = _listed(service_code), _listed(status)
            titles = {title for code, title, _ in desk.router.topics if code in codes}
            end = end_date or datetime.now().astimezone()
            found = await desk.known_between(
                start_date or _recent(end),
                end,
                lambda known: (not codes or known.topic in titles) and (not statuses or _status(known) in statuses),
            )
        return _answer(form, "service_requests", "request", _records(found, desk))


async def _sent(request: Request, forms_too: bool) -> RequestIn | None:
    """A new request as JSON or, where a token keeps other sites' pages out, as a form; None for wrong values.

    Raises Refusal.
    """
    headers = request.scope["headers"]
    if media_type(headers).partition(";")[0].strip() in FORMS:
        if not forms_too:
            raise Refusal(415, "формы принимаются, только если служба запущена с токеном; иначе — application/json")
        try:
            async with request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FORM_FIELD) as form:
                sent: Any = dict(form)
        except HTTPException:
            raise Refusal(400, "форма не разобрана") from None
    else:
        check_kind(headers, JSON)
        sent = await request.body()
    try:
        return RequestIn.model_validate(sent) if isinstance(sent, dict) else RequestIn.model_validate_json(sent)
    except ValidationError:
        return None


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _recent(end: datetime) -> datetime:
    try:
        return end - RECENT
    except OverflowError:
        return datetime.min.replace(tzinfo=end.tzinfo)


def _status(known: Known) -> str:
    return "closed" if known.answered else "open"


def _records(found: Sequence[Known], desk: Desk) -> list[Record]:
    codes = {title: code for code, title, _ in desk.router.topics}
    return [
        {
            "service_request_id": known.number,
            "status": _status(known),
            "service_name": known.topic,
            "service_code": codes.get(known.topic, ""),
            "agency_responsible": known.authority,
            "requested_datetime": _shown(known.received),
            "updated_datetime": _shown(known.answered or known.received),
            "expected_datetime": _shown(known.due),
        }
        for known in found
    ]


def _shown(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _error(form: Kind, status: int, description: str) -> Response:
    """Errors as the standard has them, not as problem details: its clients know no other."""
    return _answer(form, "errors", "error", [{"code": status, "description": description}], status)


def _answer(form: Kind, root: str, item: str, content: Sequence[Record] | Record, status: int = 200) -> Response:
    if form == "xml":
        return Response(_xml(root, item, content), status, media_type="application/xml")
    return JSONResponse(content, status)


def _xml(root: str, item: str, content: Sequence[Record] | Record) -> str:
    if isinstance(content, dict):
        inner = _fields(content)
    else:
        inner = "".join(f"<{item}>{_fields(record)}</{item}>" for record in content)
    return f'<?xml version="1.0" encoding="utf-8"?><{root}>{inner}</{root}>'


def _fields(record: Record) -> str:
    return "".join(f"<{name}>{_text(value)}</{name}>" for name, value in record.items())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value in (None, []) else escape(NOT_IN_XML.sub("\ufffd", str(value)))
