"""The desk as a real process: roles, sessions, answers, what hosts ask for, kills in the middle of a click."""

import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import new
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import run_cli
from tests.test_service import Server
from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.errors import TableError
from tsur_nlp.journal import outbox
from tsur_nlp.journal.queue import take
from tsur_nlp.journal.records import Entry, Verdict
from tsur_nlp.journal.store import Journal
from tsur_nlp.service.staff import Staff, add_person, read_staff

NOW = datetime.now().replace(microsecond=0)
YARD = "Неисправность или отсутствие освещения на территории (кроме дорог)"
ROAD = "Неисправность или отсутствие освещения на дорогах и тротуарах"
BODY = "Администрация Советского района города Нижнего Новгорода"
TOKEN = "administrators-token-0123456789"


def filled(file: Path, count: int, texts: Any = "masked") -> Path:
    """A journal with messages to be looked at."""
    verdict = Verdict(YARD, "Благоустройство", BODY, "модель", 0.4, 0.4, "review", NOW + timedelta(days=1), 0.0, 0)
    with Journal(file, texts) as journal:
        journal.record(
            Entry(
                Appeal(
                    f"Во дворе дома {n} не горят фонари" + ", темно у аптеки" * (n == 47),
                    f"n{n}",
                    created=NOW + timedelta(minutes=n),
                ),
                verdict,
            )
            for n in range(count)
        )
    return file


class Browser:
    """Somebody at the desk who has signed in."""

    def __init__(self, url: str, token: str | None = None):
        self.client = httpx.Client(base_url=url, timeout=20, follow_redirects=True)
        if token is not None:
            self.post("/desk/sign-in", token=token)

    def get(self, address: str) -> httpx.Response:
        response = self.client.get(address)
        # httpx keeps secure cookies from an address without TLS, and does not send them back there.
        self._keep(response)
        return response

    def post(self, address: str, **form: str) -> httpx.Response:
        response = self.client.post(address, data=form, follow_redirects=False)
        self._keep(response)
        return response

    def _keep(self, response: httpx.Response) -> None:
        if found := re.match("__Host-tsur=([^;]*)", response.headers.get("set-cookie", "")):
            self.client.headers["cookie"] = f"__Host-tsur={found[1]}"

    def form(self, page: str, which: str = "settle") -> dict[str, str]:
        """The hidden fields of a form of a page."""
        part = page[page.index(f'<form id="{which}"') :]
        part = part[: part.index("</form>")]
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', part))


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    file = tmp_path_factory.mktemp("staff") / "staff.csv"
    tokens = {"Иванова": "оператор", "Петров": "оператор", "Глава": "читатель"}
    return file, {name: add_person(file, name, role) for name, role in tokens.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, staff: tuple[Path, dict[str, str]]) -> Iterator[Server]:
    journal = filled(tmp_path_factory.mktemp("desk") / "j.db", 60)
    options = ["--journal", str(journal), "--token", TOKEN, "--desk-users", str(staff[0])]
    running = Server(*options, "--proxy-user", "X-Remote-User")
    yield running
    printed = running.stop()
    assert "Traceback" not in printed, printed
    assert "фонари" not in printed


def test_whoever_has_not_signed_in_is_asked_to_and_comes_back(server: Server) -> None:
    response = Browser(server.url).client.get("/desk?q=яма", follow_redirects=False)
    assert (response.status_code, response.headers["location"][:17]) == (303, "/desk/sign-in?to=")
    wrong = Browser(server.url).post("/desk/sign-in", token="не тот", to="/desk?q=яма")
    assert (wrong.status_code, "Токен не подошёл" in wrong.text) == (401, True)
    right = Browser(server.url).post("/desk/sign-in", token=TOKEN, to="/desk?q=1")
    assert (right.status_code, right.headers["location"]) == (303, "/desk?q=1")
    cookie = right.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("secure", "httponly", "samesite=strict", "path=/"))
    elsewhere = Browser(server.url).post("/desk/sign-in", token=TOKEN, to="//evil.example/")
    assert elsewhere.headers["location"] == "/desk"


def test_pages_load_nothing_of_others_and_run_nothing_within(server: Server) -> None:
    browser = Browser(server.url, TOKEN)
    for address in ("/desk", "/desk/summary", "/", "/desk/sign-in", "/desk?m=99999", "/desk/year?year=1900"):
        response = browser.get(address)
        policy = response.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script>|<style|\son\w+=|\sstyle=|https?://(?!www.w3.org)", response.text), address
    assert "сообщений нет" in browser.get("/desk/year?year=1900").text


def test_each_role_may_what_it_may(server: Server, staff: tuple[Path, dict[str, str]]) -> None:
    reader = Browser(server.url, staff[1]["Глава"])
    page = reader.get("/desk").text
    assert ('id="settle"' in page, YARD in page) == (False, True)
    csrf = re.search('name="csrf" value="(\\w+)"', page)
    assert csrf is not None
    assert reader.post("/desk/messages/1", csrf=csrf[1], right_topic=YARD).status_code == 403
    operator = Browser(server.url, staff[1]["Иванова"])
    held = operator.form(operator.get("/desk?m=60").text)
    assert operator.post("/desk/messages/60/take", **held).status_code == 403
    administrator = Browser(server.url, TOKEN)
    seen = administrator.get("/desk?m=60").text
    assert ("другой сотрудник: Иванова" in seen, "Взять себе" in seen) == (True, True)
    csrf = re.search('name="csrf" value="(\\w+)"', seen)
    assert csrf is not None
    assert administrator.post("/desk/messages/60/take", csrf=csrf[1]).headers["location"] == "/desk?m=60"
    assert 'id="settle"' in administrator.get("/desk?m=60").text


def test_a_proxy_on_this_machine_names_people_of_the_list(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        known = client.get("/desk/summary", headers={"X-Remote-User": "Петров".encode()})
        unknown = client.get("/desk/summary", headers={"X-Remote-User": "Чужой".encode()})
    assert (known.status_code, "Петров, оператор" in known.text) == (200, True)
    assert (unknown.status_code, "нет в списке" in unknown.text) == (403, True)


def test_an_answer_is_written_with_its_author_and_may_be_undone(
    server: Server, staff: tuple[Path, dict[str, str]]
) -> None:
    browser = Browser(server.url, staff[1]["Иванова"])
    form = browser.form(browser.get("/desk?m=1").text)
    answer = browser.post("/desk/messages/1", **form, right_topic=ROAD, right_authority=BODY, comment="у дороги")
    assert answer.headers["location"] == "/desk?next=2"
    following = browser.get(answer.headers["location"]).text
    assert (f"Записано: {ROAD}" in following, 'aria-label="Сообщение n1"' in following) == (True, True)
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}) as host:
        found = host.get("/messages/1").json()
        assert [(one["author"], one["topic"], one["comment"]) for one in found["corrections"]] == [
            ("Иванова", ROAD, "у дороги")
        ]
        undone = browser.post("/desk/undo", **browser.form(following, "undo"))
        assert undone.headers["location"] == "/desk?m=1"
        found = host.get("/messages/1").json()
    assert (found["topic"], found["reviewed"], found["corrections"][0]["undone"] is None) == (YARD, None, False)
    assert browser.post("/desk/undo", **browser.form(following, "undo")).status_code == 409


def test_two_do_not_answer_one_message(server: Server, staff: tuple[Path, dict[str, str]]) -> None:
    one, other = (Browser(server.url, staff[1][name]) for name in ("Иванова", "Петров"))
    form = one.form(one.get("/desk?m=10").text)
    assert "другой сотрудник: Иванова" in other.get("/desk?m=10").text
    refused = other.post("/desk/messages/10", **other.form(other.get("/desk?m=11").text), right_topic=ROAD)
    assert (refused.status_code, "Не записано: сообщение взял" in refused.text) == (409, True)
    # Her time is over when she looks elsewhere; he answers; she clicks on the page she still has.
    one.get("/desk?m=30")
    done = other.post(
        "/desk/messages/10", **other.form(other.get("/desk?m=10").text), right_topic=YARD, right_authority=BODY
    )
    assert done.status_code == 303
    late = one.post("/desk/messages/10", **form, right_topic=ROAD)
    assert (late.status_code, "уже ответил другой сотрудник: Петров" in late.text) == (409, True)


WRONG: list[tuple[str, dict[str, str], int, str]] = [
    ("20", {"right_topic": "Освещение дворовв"}, 422, "Не записано: темы «Освещение дворовв» нет; ближе всего"),
    ("20", {"right_other": "ЙЦУКЕН"}, 422, "Не записано: темы «ЙЦУКЕН» нет"),
    ("20", {"right_topic": YARD, "right_authority": "Марс"}, 422, "органа «Марс» нет"),
    ("99999", {"right_topic": YARD}, 404, "Такого сообщения в журнале нет"),
    ("20", {"right_topic": YARD, "csrf": "чужой"}, 403, "страница устарела"),
]


@pytest.mark.parametrize(("number", "sent", "status", "said"), WRONG)
def test_what_is_wrong_with_a_click_is_told_and_nothing_written(
    server: Server, number: str, sent: dict[str, str], status: int, said: str
) -> None:
    browser = Browser(server.url, TOKEN)
    form = browser.form(browser.get("/desk?m=20").text)
    response = browser.post(f"/desk/messages/{number}", **(form | sent))
    assert response.status_code == status
    assert said.lower() in response.text.lower()
    assert "Что уже сказали" not in browser.get("/desk?m=20").text


def test_a_form_of_another_site_is_refused(server: Server) -> None:
    browser = Browser(server.url, TOKEN)
    form = browser.form(browser.get("/desk?m=21").text) | {"right_topic": YARD}
    browser.client.headers["origin"] = "https://evil.example"
    assert browser.post("/desk/messages/21", **form).status_code == 403


def test_filters_search_pages_and_the_body_for_a_topic(server: Server) -> None:
    browser = Browser(server.url, TOKEN)
    assert "страница 1 из 2" in browser.get("/desk?action=all&seen=1").text
    assert "1 сообщение<" in browser.get("/desk?q=" + "фонарь аптека").text
    assert "сообщений нет" in browser.get("/desk?overdue=1").text
    assert "сообщений нет" in browser.get('/desk?q="*)(%27').text
    found = browser.get("/desk/responsible?m=1&topic=" + "Неисправность или отключение лифтов").json()
    assert found["authority"]


WRONG_CORRECTIONS = [
    ({"author": ""}, "author: пусто"),
    ({"author": " \x85\x1c\u2028"}, "author: пусто"),
    ({"author": "с" * 100 + " "}, "author: слишком длинно"),
    ({"message": 0}, "message: слишком мало"),
    ({"text": "фонари"}, "годятся message, number, topic, authority, author, comment"),
]


def test_hosts_read_the_queue_and_correct(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=20) as host:
        assert host.get("/queue").status_code == 401
        host.headers["authorization"] = f"Bearer {TOKEN}"
        queue = host.get("/queue", params={"limit": 2, "offset": 30}).json()
        assert (len(queue["messages"]), queue["total"] > 50) == (2, True)
        sent = {"number": "n40", "topic": ROAD, "author": "система", "comment": "по фото"}
        for _ in range(2):
            answer = host.post("/corrections", json=sent)
            assert (answer.status_code, answer.json()["topic"], answer.json()["authority"]) == (200, ROAD, BODY)
        assert len(host.get(f"/messages/{answer.json()['id']}").json()["corrections"]) == 1
        assert host.post("/corrections", json={"number": "нет", "author": "с"}).status_code == 404
        wrong = host.post("/corrections", json={"number": "n41", "topic": "Освещение дворовв", "author": "с"})
        assert (wrong.status_code, "ближе всего" in wrong.json()["detail"]) == (404, True)
        assert host.get("/messages/0").status_code == 404
        for more, told in WRONG_CORRECTIONS:
            refused = host.post("/corrections", json={"number": "n42", "author": "с"} | more)
            assert (refused.status_code, told in refused.json()["detail"]) == (422, True), refused.text
        assert host.post("/corrections", json={"number": "n42", "author": " с "}).status_code == 200
        bodies = host.get("/responsible", params={"topic": YARD, "territory": "Советский район"}).json()
        assert bodies[0]["title"] == BODY
        assert host.get("/responsible", params={"topic": "Освещение дворовв"}).status_code == 404


def test_a_journal_of_hashes_says_why_the_queue_is_empty(tmp_path: Path) -> None:
    running = Server("--journal", str(filled(tmp_path / "j.db", 3, "hash")))
    try:
        assert "хранит только хеши текстов" in httpx.get(f"{running.url}/desk").text
        # Without a token any name could be made to point here; only this machine's own are served.
        for host, status in (("evil.example", 421), ("127.0.0.1.evil.example", 421), ("LOCALHOST:80", 200)):
            for address in ("/desk", "/version"):
                assert httpx.get(f"{running.url}{address}", headers={"Host": host}).status_code == status
        refused = httpx.post(f"{running.url}/route", headers={"Host": "evil.example"}, json={"text": "яма"})
        assert refused.status_code == 421
        allow = httpx.put(f"{running.url}/open311/v2/requests.json").headers["allow"]
        assert {"GET", "POST"} <= set(allow.split(", "))
    finally:
        running.stop()


def test_the_list_of_staff_is_written_read_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    first = run_cli("desk-user", str(file), "Иванова А. П.")
    assert (first.returncode, "оператор. Токен" in first.stdout) == (0, True)
    token = first.stdout.split()[-1]
    staff = Staff(file, TOKEN)
    person = staff.with_token(token)
    assert person is not None
    assert (person.name, person.answers, person.manages) == ("Иванова А. П.", True, False)
    assert token not in file.read_text(encoding="utf-8-sig")
    fresh = add_person(file, "Иванова А. П.", "читатель")
    assert (staff.with_token(token), staff.with_token(fresh) is not None) == (None, True)
    for row, said in (
        ("Петров;начальник;", "бывают: читатель"),
        ("Петров;оператор;пароль", "не токен, а его хеш"),
        (";оператор;", "пусто"),
        ("администратор;оператор;", "занято"),
    ):
        file.write_text(f"Имя;Роль;Токен\n{row}\n", encoding="utf-8")
        with pytest.raises(TableError, match=said):
            list(read_staff(file))


def test_no_answer_that_was_confirmed_is_lost_in_a_kill(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j.db", 200)
    confirmed: list[int] = []
    number = 1
    for pause in (0.05, 0.4):
        running = Server("--journal", str(journal))
        browser = Browser(running.url)
        killer = threading.Timer(pause, running.process.send_signal, [signal.SIGKILL])
        try:
            form = browser.form(browser.get("/desk").text)
            killer.start()
            while number < 200:
                if (
                    browser.post(f"/desk/messages/{number}", **form, right_topic=ROAD, right_authority=BODY).status_code
                    == 303
                ):
                    confirmed.append(number)
                number += 1
        except httpx.TransportError:
            pass
        finally:
            killer.join()
            running.process.wait()
    running = Server("--journal", str(journal))
    try:
        # The session outlives the kill, and what was not confirmed may be clicked once more.
        browser.client.base_url = httpx.URL(running.url)
        again = browser.post(f"/desk/messages/{number}", **form, right_topic=ROAD, right_authority=BODY)
    finally:
        running.stop()
    assert again.status_code == 303
    confirmed.append(number)
    with Journal(journal) as found:
        for one in confirmed:
            assert [review.topic for review in found.reviews(one)] == [ROAD]
    assert confirmed


class Listener:
    """Another system that takes webhooks, and at first does not."""

    def __init__(self, failures: int):
        got: list[tuple[dict[str, str], bytes]] = []
        self.got = got
        left = [failures]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((dict(self.headers), body))
                left[0] -= 1
                self.send_response(503 if left[0] >= 0 else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


def eventually(true: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_urgent_messages_are_told_signed_and_until_they_are_taken(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TSUR_NLP_WEBHOOK_SECRET", "тайна")
    listener = Listener(failures=1)
    journal = filled(tmp_path / "j.db", 1)
    running = Server("--journal", str(journal), "--webhook", listener.url)
    try:
        with Journal(journal) as opened:
            urgent = Verdict("Газ", "Город", BODY, "модель", 0.4, 0.4, "review", None, 0.0, 3)
            opened.record([Entry(Appeal("пахнет газом", "u1", created=NOW), urgent)])
            eventually(lambda: len(listener.got) == 1)
            opened.query("UPDATE outbox SET next = 0")
            eventually(lambda: len(listener.got) == 2 and outbox.waiting(opened) == 0)
    finally:
        running.stop()
        listener.server.shutdown()
    (first, body), (again, _) = listener.got
    assert first["X-Tsur-Delivery"] == again["X-Tsur-Delivery"]
    signature = new("тайна".encode(), first["X-Tsur-Timestamp"].encode() + b"." + body, sha256).hexdigest()
    assert first["X-Tsur-Signature"] == f"sha256={signature}"
    told = json.loads(body)
    assert (told["event"], told["message"]["number"], told["message"]["urgency"]) == ("urgent", "u1", 3)
    assert "газом" not in body.decode(), "the text is not told, only where to read it"


def test_a_message_that_nobody_holds_is_chosen(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j.db", 3)
    with Journal(journal) as opened:
        take(opened, 1, "Сидорова")
    running = Server("--journal", str(journal))
    try:
        page = httpx.get(f"{running.url}/desk").text
    finally:
        running.stop()
    assert 'aria-label="Сообщение n1"' in page
    assert "у другого: Сидорова" in page
