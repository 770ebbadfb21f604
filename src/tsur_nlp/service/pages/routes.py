"""The addresses of the pages. Whoever has not signed in is sent to do so; whatever goes wrong is a page in words."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.errors import TsurError
from tsur_nlp.journal.corrections import Answers
from tsur_nlp.journal.listing import message
from tsur_nlp.journal.overview import overview
from tsur_nlp.journal.queue import TakenError, let_go, settle, undo
from tsur_nlp.journal.statistics import summarize
from tsur_nlp.journal.store import Journal
from tsur_nlp.journal.year_report import page as year_page
from tsur_nlp.service.desk import Desk
from tsur_nlp.service.journal_thread import NO_JOURNAL, JournalThread
from tsur_nlp.service.pages.queue import FILTERS, Asked, View, values_of, view
from tsur_nlp.service.pages.rendering import page, query, secured, static
from tsur_nlp.service.pages.shown import look, who_answers
from tsur_nlp.service.problems import TITLES, Refusal, answered
from tsur_nlp.service.sessions import Session, Sessions, check_origin, forget, keep

LONGEST_TRIED = 100_000
MOST_FIELDS = 50
HOME = "/desk"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class SignInError(Exception):
    """Nobody has signed in."""


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInError:
                wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/desk/sign-in?to={quote(wanted)}", 303)
            except (TsurError, Refusal) as error:
                status, detail, _ = answered(error)
                return page("error.html", None, status, title=TITLES.get(status, "Ошибка"), detail=detail)

        return shown


class Pages:
    """The pages over a desk. `sessions` is set when the service starts."""

    def __init__(self, desk: Desk, journal: JournalThread):
        self._desk, self._journal = desk, journal
        self.sessions: Sessions | None = None

    def endpoints(self) -> APIRouter:
        router = APIRouter(route_class=PageRoute, include_in_schema=False)
        for path, work, method in (
            ("/", self.try_form, "GET"),
            ("/", self.try_message, "POST"),
            ("/desk", self.queue, "GET"),
            ("/desk/messages/{number:int}", self.settle, "POST"),
            ("/desk/messages/{number:int}/take", self.take_over, "POST"),
            ("/desk/undo", self.undo, "POST"),
            ("/desk/responsible", self.responsible, "GET"),
            ("/desk/summary", self.summary, "GET"),
            ("/desk/year", self.year, "GET"),
            ("/desk/sign-in", self.sign_in_form, "GET"),
            ("/desk/sign-in", self.sign_in, "POST"),
            ("/desk/sign-out", self.sign_out, "POST"),
            ("/desk/static/{name}", self.static, "GET"),
        ):
            router.add_api_route(path, work, methods=[method], response_model=None)
        return router

    # --------------------------------------------------------------------------
    #   The queue
    # --------------------------------------------------------------------------

    async def queue(self, request: Request) -> Response:
        session = self._session(request)
        if not self._journal.is_there:
            return self._kept(
                page("error.html", session, 404, title="Очереди нет", detail=NO_JOURNAL), request, session
            )
        whole = "x-swap" not in request.headers
        shown = await self._queue_page(session, Asked.of(request.query_params), whole=whole)
        return self._kept(shown, request, session)

    async def settle(self, number: int, request: Request) -> Response:
        session, form = await self._form(request, answers=True)
        asked = _asked(form)
        topic, authority, comment = values_of(form)
        try:
            answers = await self._answers()
            topic, authority = answers.topic(topic) or "", answers.authority(authority) or ""
        except ValueError as problem:
            stay = Asked(asked.filters, asked.page, number)
            return await self._queue_page(session, stay, 422, f"Не записано: {problem}", dict(form))
        last = str(form.get("last", ""))
        try:
            await self._journal.do(
                lambda journal: settle(
                    journal, number, topic, authority, session.person.name, comment,
                    int(last) if last.isdecimal() and len(last) < 16 else 0,
                )
            )  # fmt: skip
        except TakenError as problem:
            return await self._queue_page(session, asked, 409, f"Не записано: {problem}")
        return _to_queue(form)

    async def take_over(self, number: int, request: Request) -> Response:
        """An administrator takes a message out of another's hands."""
        session, form = await self._form(request, answers=True)
        if not session.person.manages:
            raise Refusal(403, "взять чужое сообщение может администратор")
        await self._journal.do(lambda journal: let_go(journal, number, None))
        return _to_queue(form, m=str(number))

    async def undo(self, request: Request) -> Response:
        session, form = await self._form(request, answers=True)
        number = str(form.get("correction", ""))
        correction = int(number) if number.isdecimal() and len(number) < 16 else 0
        found = await self._journal.do(lambda journal: undo(journal, session.person.name, correction))
        if found is None:
            asked = _asked(form)
            return await self._queue_page(
                session, asked, 409, "Отменить уже нельзя: после вас ответил другой сотрудник"
            )
        return _to_queue(form, m=str(found))

    async def responsible(self, request: Request) -> Response:
        """Who answers for a topic that was chosen by hand."""
        self._session(request)
        topic, number = request.query_params.get("topic", ""), request.query_params.get("m", "")
        known = int(number) if number.isdecimal() and len(number) < 16 else 0
        about = await self._journal.do(lambda journal: message(journal, known))
        territory, channel = (about.territory, about.channel) if about else ("", "")
        return JSONResponse({"authority": who_answers(self._desk.router, topic, territory, channel)})

    async def _queue_page(
        self,
        session: Session,
        asked: Asked,
        status: int = 200,
        problem: str = "",
        given: dict[str, Any] | None = None,
        whole: bool = True,
    ) -> HTMLResponse:
        """`given`: what was written into a form that is shown again; `whole`: with the lists of topics and bodies."""
        router = self._desk.router

        def viewed(journal: Journal) -> View:
            return view(journal, router, asked, session.person)

        found = await self._journal.do(viewed)
        region = router.region
        return page(
            "queue.html",
            session,
            status,
            view=found,
            filters=asked.filters,
            problem=problem,
            given=given or {},
            whole=whole,
            topics=[title for _, title, _ in router.topics],
            authorities=sorted({one.title for one in region.authorities.values()}) if region else [],
        )

    async def _answers(self) -> Answers:
        router = self._desk.router
        topics = [(code, title) for code, title, _ in router.topics]
        region = router.region
        bodies = [(one.code, one.title) for one in region.authorities.values()] if region else []
        return await self._journal.do(lambda journal: Answers.of(journal, topics, bodies))

    # --------------------------------------------------------------------------
    #   Summaries, a message to try
    # --------------------------------------------------------------------------

    async def summary(self, request: Request) -> Response:
        session = self._session(request)
        found = await self._journal.do(lambda journal: overview(journal, datetime.now(journal.zone)))
        return self._kept(page("summary.html", session, found=found), request, session)

    async def year(self, request: Request) -> Response:
        self._session(request)
        wanted = request.query_params.get("year", "")
        if not (wanted.isdecimal() and len(wanted) == 4):
            raise Refusal(422, "год — четыре цифры")
        found = await self._journal.do(lambda journal: summarize(journal, int(wanted)))
        # The report is one file that is also saved and sent on: its style is within.
        return secured(HTMLResponse(year_page(found)), "'unsafe-inline'")

    async def try_form(self, request: Request) -> Response:
        session = self._session(request)
        return self._kept(self._tried(session, Appeal("")), request, session)

    async def try_message(self, request: Request) -> Response:
        """Decide a message without writing it anywhere."""
        session, form = await self._form(request)
        text, territory = (
            str(form.get("text", ""))[:LONGEST_TRIED].strip(),
            str(form.get("territory", ""))[:500].strip(),
        )
        return self._tried(session, Appeal(text, territory=territory or None))

    def _tried(self, session: Session, appeal: Appeal) -> HTMLResponse:
        router = self._desk.router
        places = sorted(one.title for one in router.region.territories.values()) if router.region else []
        shown = look(router, appeal) if appeal.text else None
        return page("try.html", session, appeal=appeal, shown=shown, places=places)

    # --------------------------------------------------------------------------
    #   Who asks
    # --------------------------------------------------------------------------

    async def sign_in_form(self, request: Request) -> Response:
        return page("sign_in.html", None, to=_own_path(request.query_params.get("to", "")), problem="")

    async def sign_in(self, request: Request) -> Response:
        check_origin(request)
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            token, to = str(form.get("token", "")).strip(), _own_path(str(form.get("to", "")))
        session = self._opened().sign_in(token)
        if session is None:
            return page("sign_in.html", None, 401, to=to, problem="Токен не подошёл: проверьте, весь ли он скопирован")
        response = RedirectResponse(to, 303)
        keep(response, session)
        return response

    async def sign_out(self, request: Request) -> Response:
        await self._form(request)
        response = RedirectResponse("/desk/sign-in", 303)
        forget(response)
        return response

    async def static(self, name: str) -> Response:
        found = static(name)
        if found is None:
            raise Refusal(404, "такого адреса нет")
        return found

    def _opened(self) -> Sessions:
        assert self.sessions is not None, "the service has not started"
        return self.sessions

    def _session(self, request: Request) -> Session:
        found = self._opened().found(request)
        if found is None:
            raise SignInError
        return found

    async def _form(self, request: Request, answers: bool = False) -> tuple[Session, FormData]:
        """Who sent a form of our own page, and what is in it. Raises Refusal."""
        check_origin(request)
        session = self._session(request)
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            self._opened().check_form(session, str(form.get("csrf", "")))
        if answers and not session.person.answers:
            raise Refusal(403, "вам можно смотреть, а отвечать — нет; попросите администратора")
        return session, form

    def _kept(self, response: Response, request: Request, session: Session) -> Response:
        """Where nobody signs in, the first page begins the session."""
        if session.cookie not in request.cookies.values() and not session.cookie.startswith("proxy:"):
            keep(response, session)
        return response


def _asked(form: FormData) -> Asked:
    return Asked.of({name: str(value) for name, value in form.items()})


def _to_queue(form: FormData, **more: str) -> Response:
    """Back to the queue as it was filtered; the next message is chosen, or the one that is named."""
    kept = {name: str(form.get(name, "")) for name in (*FILTERS, "page")}
    if not more:
        more = {"next": str(form.get("next", ""))}
    return RedirectResponse(f"{HOME}?{query(kept | more)}", 303)


def _own_path(wanted: str) -> str:
    """Only addresses of these pages are gone to after signing in."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else HOME
