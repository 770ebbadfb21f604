"""One client does not hurt another: bounded queue, lines that cost only themselves, slow and oversize requests."""

import asyncio
import json
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT, run_cli
from tests.test_service import LAMP, LINES, Server
from tsur_nlp import Appeal, JournalError
from tsur_nlp.incidents.store import Incidents
from tsur_nlp.journal.store import Journal
from tsur_nlp.service.app import create_app
from tsur_nlp.service.desk import Desk, Settings
from tsur_nlp.service.lines import LONGEST_LINE, Cutter, Line
from tsur_nlp.service.problems import BusyError
from tsur_nlp.service.protocol import ImpatientProtocol


def cut(*parts: bytes) -> list[tuple[int, bytes | None]]:
    cutter = Cutter()
    lines: list[Line] = []
    for part in parts:
        lines += cutter.feed(part)
    return [(line.number, line.content) for line in [*lines, *cutter.end()]]


LONG = b"x" * (LONGEST_LINE + 1)
CUT = [
    ((b"a\nb",), [(1, b"a"), (2, b"b")]),
    ((b"\xef\xbb\xbfa\n",), [(1, b"a")]),
    ((b"\xef", b"\xbb\xbf", b"a\n"), [(1, b"a")]),
    ((b"a\n\n \r\nb\n",), [(1, b"a"), (4, b"b")]),
    ((b"a\n", LONG, b"tail\nb\n"), [(1, b"a"), (2, None), (3, b"b")]),
    ((LONG + b"\n" + LONG,), [(1, None), (2, None)]),
    ((b"", b""), []),
]


@pytest.mark.parametrize(("parts", "lines"), CUT)
def test_a_line_costs_only_itself_and_keeps_its_number(parts, lines) -> None:
    assert cut(*parts) == lines


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\xef\xbb\xbf", b"{}", b" ", b"\xff"])), st.data())
def test_lines_do_not_depend_on_the_parts_they_come_in(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    edges = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    parts = [whole[start:end] for start, end in zip([0, *edges], [*edges, len(whole)], strict=True)]
    assert cut(*parts) == cut(whole)
    assert {number for number, _ in cut(whole)} <= set(range(1, whole.count(b"\n") + 2))


def test_a_line_that_comes_byte_by_byte_costs_no_more_than_its_length() -> None:
    def seconds(length: int) -> float:
        began = time.process_time()
        assert len(cut(*[b"x"] * length)) == 1
        return time.process_time() - began

    seconds(1000)
    assert seconds(200_000) < 40 * max(seconds(20_000), 0.005)


# ------------------------------------------------------------------------------
#   The desk
# ------------------------------------------------------------------------------


@asynccontextmanager
async def desk_of(**settings) -> AsyncIterator[Desk]:
    desk = Desk(Settings(**settings))
    await desk.start()
    yield desk
    await desk.stop()


def numbers(file: Path) -> set[str]:
    with Journal(file) as journal:
        return {number for (number,) in journal.query("SELECT number FROM messages")}


def failing_on(number: str):
    def made(decision):
        if decision.appeal_id == number:
            raise ZeroDivisionError
        return decision.appeal_id

    return made


def test_a_message_that_fails_in_a_shared_block_fails_alone(tmp_path: Path) -> None:
    async def ask() -> list[object]:
        async with desk_of(journal=tmp_path / "j.db") as desk:
            asked = [desk.ask(Appeal(LAMP, str(i)), failing_on("3")) for i in range(8)]
            single = await asyncio.gather(*map(desk.answer, asked), return_exceptions=True)
            return single + await desk.answer_many([Appeal(LAMP, f"п{i}") for i in range(3)], failing_on("п1"))

    answers = asyncio.run(ask())
    assert [str(one) for one in answers if isinstance(one, str)] == ["0", "1", "2", "4", "5", "6", "7", "п0", "п2"]
    assert [type(answers[i]) for i in (3, 9)] == [ZeroDivisionError, ZeroDivisionError]
    assert numbers(tmp_path / "j.db") == {"0", "1", "2", "4", "5", "6", "7", "п0", "п2"}


def test_who_left_before_the_decision_is_neither_decided_nor_written(tmp_path: Path) -> None:
    decided = []
    others_left = threading.Event()

    def first(decision):
        others_left.wait(10)
        return decision.appeal_id

    def made(decision):
        decided.append(decision.appeal_id)
        return decision.appeal_id

    async def ask() -> None:
        async with desk_of(journal=tmp_path / "j.db") as desk:
            busy = desk.ask(Appeal(LAMP, "busy"), first)
            await asyncio.sleep(0.1)
            asked = [desk.ask(Appeal(LAMP, str(i)), made) for i in range(4)]
            assert desk.leave(asked[1])
            waiting = asyncio.create_task(desk.answer(asked[2]))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            others_left.set()
            assert [await desk.answer(one) for one in (busy, asked[0], asked[3])] == ["busy", "0", "3"]

    asyncio.run(ask())
    assert (decided, numbers(tmp_path / "j.db")) == (["0", "3"], {"busy", "0", "3"})


def test_the_queue_is_bounded() -> None:
    async def ask() -> None:
        async with desk_of(waiting=3, batches=1) as desk:
            asked = [desk.ask(Appeal(LAMP), lambda decision: decision.action) for _ in range(3)]
            with pytest.raises(BusyError):
                desk.ask(Appeal(LAMP), lambda decision: decision.action)
            assert len(await asyncio.gather(*map(desk.answer, asked))) == 3
            await desk.decide(Appeal(LAMP))
            desk.begin_batch()
            with pytest.raises(BusyError):
                desk.begin_batch()

    asyncio.run(ask())


def test_a_locked_journal_answers_all_who_wait_within_two_seconds(tmp_path: Path) -> None:
    """Also those who came while others already waited for the lock."""

    async def ask() -> list[float]:
        async with desk_of(journal=tmp_path / "j.db") as desk:
            other = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalError):
                await desk.check()

            async def one(after: float, number: str) -> float:
                await asyncio.sleep(after)
                began = time.monotonic()
                with pytest.raises(JournalError, match="занят"):
                    await desk.decide(Appeal(LAMP, number))
                return time.monotonic() - began

            took = await asyncio.gather(*(one(i / 10, str(i)) for i in range(12)))
            other.execute("ROLLBACK")
            other.close()
            await desk.decide(Appeal(LAMP, "после"))
            await desk.check()
            return took

    assert max(asyncio.run(ask())) < 2
    assert numbers(tmp_path / "j.db") == {"после"}


# ------------------------------------------------------------------------------
#   The application
# ------------------------------------------------------------------------------


@asynccontextmanager
async def client_of(**settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(**settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


def is_problem(response: httpx.Response, status: int, *words: str) -> bool:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert all(word in response.json()["detail"] for word in words), response.text
    return True


def test_too_many_at_once_are_told_to_come_again() -> None:
    async def ask() -> list[httpx.Response]:
        async with client_of(waiting=2) as client:
            return await asyncio.gather(*(client.post("/route", json={"text": LAMP}) for _ in range(20)))

    answers = asyncio.run(ask())
    assert {answer.status_code for answer in answers} == {200, 503}
    for refused in (answer for answer in answers if answer.status_code == 503):
        assert is_problem(refused, 503, "повторите")
        assert int(refused.headers["retry-after"]) >= 1


def test_what_goes_wrong_in_a_batch_is_a_line_of_its_answer() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield json.dumps({"text": LAMP, "id": "1"}).encode() + b"\n"
        yield b"x" * 2000 + b"\n"

    async def slow() -> AsyncIterator[bytes]:
        yield json.dumps({"text": LAMP, "id": "1"}).encode() + b"\n"
        await asyncio.sleep(5)

    async def ask() -> None:
        async with client_of(batch=1000, seconds=0.5) as client:
            for sent, status in ((parts(), 413), (slow(), 408)):
                answer = await client.post("/route/batch", content=sent, headers=LINES)
                first, last = (json.loads(line) for line in answer.text.splitlines())
                assert (first["id"], last["line"], last["problem"]["status"]) == ("1", 2, status)

    asyncio.run(ask())


FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"
BOUNDS = [
    ({"start_date": FIRST}, ["1"]),
    ({"start_date": "0001-01-01T00:00:00Z"}, ["1"]),
    ({"end_date": FIRST}, []),
    ({"end_date": "0001-01-01T00:00:00"}, []),
    ({"start_date": LAST}, []),
    ({"end_date": LAST}, []),
    ({"start_date": FIRST, "end_date": LAST}, ["1"]),
    ({"start_date": LAST, "end_date": FIRST}, []),
]


def test_open311_lists_from_and_to_the_ends_of_time(tmp_path: Path) -> None:
    async def ask() -> None:
        async with client_of(journal=tmp_path / "j.db") as client:
            await client.post("/route", json={"text": LAMP, "id": "1", "created": "2024-05-13T10:00:00"})
            for bounds, numbered in BOUNDS:
                answer = await client.get("/open311/v2/requests.json", params=bounds)
                assert [one["service_request_id"] for one in answer.json()] == numbered, (bounds, answer.text)
            for bound in ("start_date", "end_date"):
                is_problem(await client.get("/open311/v2/requests.json", params={bound: "-8e-3"}), 422, "не дата")

    asyncio.run(ask())


def test_all_that_is_known_of_a_message_reaches_the_decision(tmp_path: Path) -> None:
    """«+1» joins its discussion's incident, a topic chosen already stands, words are where they were sent."""
    sent = [
        {"text": "  \n" + LAMP, "id": " 1 ", "thread": " пост-7 ", "created": "2024-05-13T10:00:00"},
        {"text": "У нас то же самое", "id": "2", "thread": "пост-7", "created": "2024-05-13T12:00:00"},
        {"text": "У нас то же самое", "id": "3", "thread": "пост-8", "created": "2024-05-13T13:00:00"},
        {"text": "Сделайте уже", "id": "4", "topic": "Ямы во дворах", "lat": 56.3, "lon": 44},
    ]

    async def ask() -> list[dict[str, Any]]:
        async with client_of(journal=tmp_path / "j.db") as client:
            params = {"explain": "true"}
            return [(await client.post("/route", params=params, json=one)).json() for one in sent]

    with Journal(tmp_path / "j.db", texts="masked"):
        pass
    answers = asyncio.run(ask())
    assert [one["id"] for one in answers] == [one["id"] for one in sent]
    assert answers[3]["topic"]["title"] == "Ямы во дворах"
    words = {sent[0]["text"][word["start"] : word["stop"]] for word in answers[0]["words"]}
    assert "фонари" in words
    with Journal(tmp_path / "j.db") as journal:
        Incidents(journal).catch_up()
        joined = dict(
            journal.query("SELECT m.number, i.incident FROM incident_messages AS i JOIN messages AS m USING (key)")
        )
    assert (joined["2"], "3" in joined) == (joined[" 1 "], False)


async def chunked(size: int) -> AsyncIterator[bytes]:
    yield b'{"text": "'
    for _ in range(size // 1000):
        yield b"x" * 1000
    yield b'"}'


@pytest.mark.parametrize("path", ["/route", "/open311/v2/requests.json"])
def test_an_oversize_body_of_no_declared_length_is_too_large(path: str) -> None:
    async def ask() -> None:
        async with client_of(body=10_000) as client:
            headers = {"Content-Type": "application/json"}
            is_problem(await client.post(path, content=chunked(20_000), headers=headers), 413, "10000 байт")
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            assert (await client.post(path, content=chunked(20_000), headers=form)).status_code == 415

    asyncio.run(ask())


def test_an_oversize_form_is_too_large_and_a_broken_one_is_not_understood() -> None:
    async def ask() -> None:
        async with client_of(token="t", body=10_000) as client:
            path, token = "/open311/v2/requests.json", {"Authorization": "Bearer t"}
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            is_problem(await client.post(path, content=chunked(20_000), headers=token | kind), 413)
            kind = {"Content-Type": "multipart/form-data; boundary=b"}
            is_problem(await client.post(path, content="--b\r\nфонари".encode(), headers=token | kind), 400)
            many = {f"поле {i}": "фонари" for i in range(100)}
            is_problem(await client.post(path, data=many, headers=token), 400)
            sent = {"description": LAMP, "email": "a@b.ru"}
            assert (await client.post(path, data=sent, headers=token)).status_code == 201

    asyncio.run(ask())


BEARER = [
    ({}, 401, 'Bearer realm="tsur-nlp"'),
    ({"Authorization": "Basic dDp0"}, 401, 'Bearer realm="tsur-nlp"'),
    ({"Authorization": "t-1"}, 401, 'Bearer realm="tsur-nlp"'),
    ({"Authorization": "Bearer t-2"}, 401, 'Bearer realm="tsur-nlp", error="invalid_token"'),
    ({"Authorization": "Bearer"}, 400, 'Bearer realm="tsur-nlp", error="invalid_request"'),
    ({"Authorization": "Bearer t-1 t-1"}, 400, 'Bearer realm="tsur-nlp", error="invalid_request"'),
    ([("Authorization", "Bearer t-1"), ("Authorization", "Bearer t-1")], 400, "invalid_request"),
    ({"Authorization": "Bearer t-1"}, 200, ""),
    ({"Authorization": "bearer   t-1"}, 200, ""),
    ({"Authorization": "BEARER t-1"}, 200, ""),
]


def test_tokens_are_read_as_the_standard_says() -> None:
    async def ask() -> None:
        async with client_of(token="t-1") as client:
            for headers, status, challenge in BEARER:
                for method, path in (("GET", "/topics"), ("POST", "/route"), ("GET", "/open311/v2/services.json")):
                    content = {"json": {"text": LAMP}} if method == "POST" else {}
                    answer = await client.request(method, path, headers=headers, **content)
                    assert answer.status_code == status, (headers, path, answer.text)
                    assert challenge in answer.headers.get("www-authenticate", "")

    asyncio.run(ask())


# ------------------------------------------------------------------------------
#   A real server
# ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def journaled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    file = tmp_path_factory.mktemp("limits") / "j.db"
    server = Server("--journal", str(file), "--keep-texts", "full", "--keep-days", "7")
    yield server, file
    printed = server.stop()
    assert "Traceback" not in printed
    assert "хеши" not in printed


def test_a_service_makes_the_journal_it_is_asked_for(journaled: tuple[Server, Path]) -> None:
    with Journal(journaled[1]) as journal:
        assert (journal.texts, journal.days) == ("full", 7)


def test_health_tells_a_locked_journal_and_who_left_is_not_written(journaled: tuple[Server, Path]) -> None:
    server, file = journaled
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answers = []
    first = threading.Thread(
        target=lambda: answers.append(httpx.post(f"{server.url}/route", json={"text": LAMP, "id": "ждал"}))
    )
    first.start()
    time.sleep(0.2)
    host, port = server.url.removeprefix("http://").split(":")
    body = json.dumps({"text": LAMP, "id": "ушёл"}).encode()
    head = f"POST /route HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body)
        time.sleep(0.3)
    assert is_problem(httpx.get(f"{server.url}/health"), 503, "занят")
    time.sleep(0.2)
    other.execute("ROLLBACK")
    other.close()
    first.join()
    assert answers[0].status_code == 200
    time.sleep(0.5)
    assert httpx.get(f"{server.url}/health").status_code == 200
    assert {"ждал", "ушёл"} & numbers(file) == {"ждал"}


def test_open311_of_an_unknown_form_decides_nothing(journaled: tuple[Server, Path]) -> None:
    server, file = journaled
    before = numbers(file)
    for form in ("foo", "JSON", "json.foo", "html"):
        answer = httpx.post(f"{server.url}/open311/v2/requests.{form}", json={"description": LAMP})
        assert is_problem(answer, 404)
    assert is_problem(httpx.post(f"{server.url}/open311/v2/requests.json", data={"description": LAMP}), 415, "токен")
    assert numbers(file) == before


def test_control_characters_in_a_number_do_not_spoil_the_answer_of_others(journaled: tuple[Server, Path]) -> None:
    server, _ = journaled
    odd = ["a\x01b", "\x00", "\ufffe", "<&>\x1b[0m", "\u2028", "обычный"]
    for number in odd:
        assert httpx.post(f"{server.url}/route", json={"text": LAMP, "id": number}).status_code == 200
    listed = httpx.get(f"{server.url}/open311/v2/requests.xml")
    found = {one.text for one in ElementTree.fromstring(listed.content).iter("service_request_id")}
    assert {"обычный", "a\ufffdb"} <= found


def test_a_full_disk_is_told_and_passes(small_disk: Path) -> None:
    server = Server("--journal", str(small_disk / "j.db"))
    try:
        subprocess.run(["dd", "if=/dev/zero", f"of={small_disk / 'filler'}", "bs=4096"], capture_output=True)
        answers = [httpx.post(f"{server.url}/route", json={"text": LAMP, "id": str(i)}) for i in range(3)]
        assert all(is_problem(answer, 503, "нет места") for answer in answers)
        assert is_problem(httpx.get(f"{server.url}/health"), 503, "нет места")
        subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
        assert httpx.get(f"{server.url}/health").status_code == 200
        assert httpx.post(f"{server.url}/route", json={"text": LAMP, "id": "после"}).status_code == 200
    finally:
        server.stop()
    assert numbers(small_disk / "j.db") == {"после"}


class Hasty(ImpatientProtocol):
    head_seconds = 0.3


@pytest.fixture
def hasty() -> Iterator[int]:
    """The port of a server that waits for headers as little as a test does."""

    async def app(scope, receive, send) -> None:
        assert scope["type"] == "http"
        await asyncio.sleep(0.6)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen()
        server = uvicorn.Server(uvicorn.Config(app, http=Hasty, lifespan="off", log_level="error"))
        thread = threading.Thread(target=server.run, args=([own],))
        thread.start()
        yield own.getsockname()[1]
        server.should_exit = True
        thread.join()


REQUEST = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n"


def test_slow_headers_end_and_slow_answers_do_not(hasty: int) -> None:
    def answered(*sent: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", hasty), timeout=5) as connection:
            for part in sent:
                connection.sendall(part)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    for sent in ((), (b"GET / HT",), (b"GET / HTTP/1.1\r\nHost: t\r\nX: ",)):
        answer = answered(*sent)
        assert answer.startswith(b"HTTP/1.1 408"), sent
        assert "не пришли" in answer.decode()
    answer = answered(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert (answer.startswith(b"HTTP/1.1 200"), answer.endswith(b"ok")) == (True, True)
    answer = answered(REQUEST, b"GET / HTTP")
    assert answer.startswith(b"HTTP/1.1 200"), "an answer on its way is not cut by the next request"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1"])
def test_without_a_token_only_this_machine_is_served(host: str) -> None:
    done = run_cli("serve", "--host", host)
    assert (done.returncode, "--token" in done.stderr, done.stderr.count("\n")) == (2, True, 1)


def test_the_service_answers_as_its_description_says(tmp_path: Path) -> None:
    """A small run of benchmarks/openapi.py, whose seed is always the same."""
    command = [sys.executable, str(ROOT / "benchmarks" / "openapi.py"), "--examples", "5", "-o", str(tmp_path / "o.md")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-5000:]
    counts = re.findall(r"\| (\d+) \| 0 \|", (tmp_path / "o.md").read_text(encoding="utf-8"))
    assert len(counts) == 2
    assert all(int(count) > 100 for count in counts)


def test_a_journal_keeps_its_promises_under_faults(tmp_path: Path) -> None:
    """A small run of what `just faults` does at length."""
    file = tmp_path / "f.md"
    command = [sys.executable, str(ROOT / "benchmarks" / "journal_faults.py"), "--kills", "3", "-o", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "убит при записи" in file.read_text(encoding="utf-8")
