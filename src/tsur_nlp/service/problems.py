"""What the service answers when it can't do what was asked: problem details (RFC 9457) in Russian.

Nothing of what was sent is in them, nor names of its fields, nor the address: all of it may be somebody's message.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Send

from tsur_nlp.errors import JournalError, TsurError
from tsur_nlp.journal.queue import TakenError, UnknownMessageError
from tsur_nlp.service.schemas import problem_json

PROBLEM = "application/problem+json"
TITLES = {
    400: "Запрос не понят",
    401: "Нужен токен",
    403: "Нельзя",
    404: "Не найдено",
    405: "Метод не годится",
    408: "Слишком долго",
    413: "Слишком велико",
    415: "Не тот вид данных",
    409: "Уже занято",
    421: "Не тот адрес",
    422: "Данные не годятся",
    500: "Служба не смогла",
    503: "Служба сейчас не может",
}
DETAILS = {
    404: "такого адреса нет; все адреса — на /docs",
    405: "по этому адресу такой метод не принимается; что принимается — на /docs",
}
FAILED = "на этом сообщении разбор прервался; остальные не задеты"
RETRY_SECONDS = 1
"""What a client that came while the queue was full is told to wait."""
REASONS = {
    "missing": "не хватает",
    "json_invalid": "это не JSON в UTF-8",
    "string_type": "нужна строка",
    "string_too_long": "слишком длинно",
    "string_pattern_mismatch": "пусто",
    "float_type": "нужно число",
    "finite_number": "нужно число",
    "int_type": "нужно целое число",
    "int_parsing": "нужно целое число",
    "greater_than_equal": "слишком мало",
    "less_than_equal": "слишком велико",
    "datetime_from_date_parsing": "это не дата",
    "datetime_parsing": "это не дата",
    "datetime_type": "это не дата",
    "bool_parsing": "нужно true или false",
    "model_attributes_type": "нужен объект JSON",
    "model_type": "нужен объект JSON",
}
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
SHOWN = 5
"""Mistakes of one message that are told."""


class Refusal(HTTPException):
    """What the service itself refuses, in its own words."""


class BusyError(Exception):
    """So many messages wait already that another would wait too long."""


def answered(error: Exception) -> tuple[int, str, Mapping[str, str]]:
    """The status, the words and the headers for what went wrong with a message."""
    match error:
        case BusyError():
            return 503, "сообщений ждёт слишком много; повторите позже", {"Retry-After": str(RETRY_SECONDS)}
        case Refusal():
            return error.status_code, error.detail, error.headers or {}
        case TakenError():
            return 409, str(error), {}
        case UnknownMessageError():
            return 404, str(error), {}
        case JournalError():
            return 503, str(error), {"Retry-After": str(RETRY_SECONDS)}
        case TsurError():
            return 500, str(error), {}
        case _:
            return 500, FAILED, {}


def problem(status: int, detail: str) -> dict[str, Any]:
    """A problem with the title of its status."""
    return problem_json(status, TITLES.get(status, "Ошибка"), detail)


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(problem(status, detail)), status, headers, PROBLEM)


async def refuse(send: Send, status: int, detail: str) -> None:
    """Answer with a problem where there is no framework around; the connection ends, whatever is still on its way."""
    body = orjson.dumps(problem(status, detail))
    headers = [
        (b"content-type", PROBLEM.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def handle_problems(app: FastAPI) -> None:
    """Make every error of an application a problem."""

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        # Others' words are English, and may quote what was sent.
        detail = error.detail if isinstance(error, Refusal) else DETAILS.get(error.status_code, "")
        # The framework names the methods of the first route of an address; there may be several.
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return problem_response(error.status_code, detail or TITLES.get(error.status_code, "Ошибка"), headers)

    async def of_values(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if any(one["loc"][0] == "path" for one in error.errors()):
            return problem_response(404, DETAILS[404])
        return problem_response(422, in_words(error.errors()))

    async def of_work(request: Request, error: Exception) -> Response:
        return problem_response(*answered(error))

    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_values)
    app.add_exception_handler(TsurError, of_work)
    app.add_exception_handler(BusyError, of_work)


def _allowed(request: Request) -> str:
    """Methods by which the address of a request may be asked (RFC 9110, 15.5.6)."""

    def is_served(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] == Match.FULL for route in request.app.routes)

    return ", ".join(filter(is_served, METHODS))


def in_words(errors: Iterable[Any], fields: Iterable[str] = ()) -> str:
    """Which fields are wrong and how. A name that is not one of ours is not repeated: it may be the message itself.

    `fields`: the names that there are.
    """
    said = []
    unknown = 0
    for one in errors:
        if one["type"] == "extra_forbidden":
            unknown += 1
            continue
        place = ".".join(str(part) for part in one["loc"] if part not in ("body", "query", "path"))
        reason = REASONS.get(one["type"], "не годится")
        said.append(f"{place or 'тело запроса'}: {reason}")
    if unknown:
        said.append(f"неизвестных полей: {unknown}; годятся {', '.join(fields)}")
    return "; ".join(said[:SHOWN])
