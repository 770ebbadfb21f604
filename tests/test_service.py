"""The service as a real process: a real client, a real browser, real signals."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from georeport import GeoReport

from tests.conftest import ROOT, run_cli
from tsur_nlp.journal.store import Journal
from tsur_nlp.model import persistence as storage
from tsur_nlp.model.versions import promote

LINES = {"Content-Type": "application/x-ndjson"}
LAMP = "Во дворе на Бекетова, 13 третий день не горят фонари"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Server:
    """A running `tsur-nlp serve`."""

    def __init__(self, *options: str):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "tsur_nlp", "serve", "--port", str(port), *options]
        environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", env=environment
        )
        for _ in range(200):
            try:
                httpx.get(f"{self.url}/health", timeout=5)
                return
            except httpx.TransportError:
                assert self.process.poll() is None, self.process.stdout and self.process.stdout.read()
                time.sleep(0.1)
        raise AssertionError("the service does not answer")

    def stop(self) -> str:
        """What it printed in its life."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=40)[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server("--journal", str(tmp_path_factory.mktemp("service") / "j.db"))
    yield running
    printed = running.stop()
    assert running.process.returncode in (0, -signal.SIGTERM)
    # Whatever the tests sent, good or bad, the service printed nothing of it.
    assert "фонари" not in printed
    assert "Traceback" not in printed


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as opened:
        yield opened


def test_a_message_is_routed_as_the_library_routes_it(client: httpx.Client) -> None:
    from tsur_nlp import Router

    answer = client.post("/route", json={"text": LAMP, "id": "4501", "created": "2024-05-13T10:00:00"}).json()
    decision = Router.load().route(LAMP)
    assert (answer["id"], answer["action"], answer["territory"]) == ("4501", decision.action, decision.territory)
    assert answer["topic"]["code"] == decision.topic.code
    assert answer["authority"]["title"] == decision.authority.title
    assert answer["topic"]["confidence"] == pytest.approx(decision.topic.confidence, abs=1e-3)
    assert answer["deadline"].startswith("2024-05-13T")
    assert "words" not in answer


def test_the_description_has_every_field_of_a_decision(client: httpx.Client) -> None:
    shown = client.get("/openapi.json").json()["components"]["schemas"]["DecisionOut"]["properties"]
    assert set(shown) - {"words"} == set(client.post("/route", json={"text": LAMP}).json())


def test_the_words_that_spoke_for_the_topic_are_places_of_the_text(client: httpx.Client) -> None:
    answer = client.post("/route", params={"explain": True}, json={"text": LAMP}).json()
    scores = {LAMP[word["start"] : word["stop"]]: word["score"] for word in answer["words"]}
    assert list(scores) == ["Во", "дворе", "на", "Бекетова", "третий", "день", "не", "горят", "фонари"]
    assert scores["фонари"] > 0
    assert client.post("/route", params={"explain": True}, json={"text": "Спасибо!"}).json()["words"] == []


WRONG = [
    ({"json": {}}, 422, "text: не хватает"),
    ({"json": {"text": 5}}, 422, "text: нужна строка"),
    ({"json": {"text": "фонари", "фонари не горят": "синий"}}, 422, "неизвестных полей: 1; годятся text, id"),
    ({"json": {"text": "ф", "territory": {"фонари": 1}}}, 422, "territory: нужна строка"),
    ({"json": ["фонари"]}, 422, "нужен объект JSON"),
    ({"params": {"explain": "фонари"}, "json": {"text": "ф"}}, 422, "explain: нужно true или false"),
    ({"params": {"explain": ""}, "json": {"text": "ф"}}, 422, "explain: нужно true или false"),
    ({"json": {"text": "ф", "lat": "56.3"}}, 422, "lat: нужно число"),
    ({"json": {"text": "ф", "lat": 91, "lon": 44}}, 422, "lat: слишком велико"),
    ({"json": {"text": "ф", "lon": -181}}, 422, "lon: слишком мало"),
    ({"json": {"text": "ф", "thread": "т" * 501}}, 422, "thread: слишком длинно"),
    ({"json": {"text": "ф", "created": "-8.1e-307"}}, 422, "created: это не дата"),
    ({"content": b'{"text": "\xff"}', "headers": {"Content-Type": "application/json"}}, 422, "это не JSON"),
    ({"content": b'{"text": "\\ud800"}', "headers": {"Content-Type": "application/json"}}, 422, "это не JSON"),
    ({"content": b'{"text": "x"}'}, 415, "application/json"),
    ({"content": b'{"text": "x"}', "headers": {"Content-Type": "text/plain"}}, 415, "application/json"),
    ({"data": {"text": "фонари"}}, 415, "application/json"),
    (
        {"content": b'{"text": "x"}', "headers": {"Content-Type": "application/json; charset=cp1251"}},
        415,
        "application/json",
    ),
    ({"json": {"text": "фонари", "created": "вчера"}}, 422, "created: это не дата"),
    ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422, "это не JSON"),
    ({"json": {"text": "фонари" * 500_000}}, 413, "больше 2000000 байт"),
]


@pytest.mark.parametrize(("sent", "status", "detail"), WRONG)
def test_bad_requests_get_a_problem_that_quotes_nothing(
    client: httpx.Client, sent: dict[str, Any], status: int, detail: str
) -> None:
    response = client.post("/route", **sent)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["status"] == status
    assert detail in response.json()["detail"]
    assert "фонари" not in response.text


def test_other_addresses_and_methods_are_problems_too(client: httpx.Client) -> None:
    for response, status in ((client.get("/фонари/не горят"), 404), (client.get("/route"), 405)):
        assert (response.status_code, response.json()["status"]) == (status, status)
        assert "фонари" not in response.text
        assert re.search("[а-я]", response.json()["detail"])


def test_a_batch_streams_and_a_bad_line_stops_nobody(client: httpx.Client) -> None:
    messages = [json.dumps({"text": LAMP, "id": str(i)}) for i in range(1000)]
    messages[500] = "не json"
    messages[700] = json.dumps({"id": "без текста"})
    response = client.post("/route/batch", content=("\n".join(messages) + "\n\n").encode(), headers=LINES)
    answers = [json.loads(line) for line in response.text.splitlines()]
    assert response.headers["content-type"] == "application/x-ndjson"
    assert len(answers) == 1000
    assert [answer["line"] for answer in answers if "problem" in answer] == [501, 701]
    assert [answer["id"] for answer in answers if "id" in answer] == [
        str(i) for i in range(1000) if i not in (500, 700)
    ]


def test_a_batch_of_unknown_length_is_answered_while_it_comes(server: Server) -> None:
    """The first block is answered before the last line is sent."""
    host, port = server.url.removeprefix("http://").split(":")
    line = json.dumps({"text": LAMP}).encode() + b"\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST /route/batch HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-ndjson\r\n"
        head += "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        block = line * 256
        connection.sendall(head.encode() + f"{len(block):x}\r\n".encode() + block + b"\r\n")
        early = b""
        while b'"topic"' not in early:
            early += connection.recv(65536)
        connection.sendall(f"{len(line):x}\r\n".encode() + line + b"\r\n0\r\n\r\n")
        late = b"".join(iter(lambda: connection.recv(65536), b""))
    assert (early + late).count(b'"authorities"') == 257


def test_catalogues_health_version_and_metrics(client: httpx.Client) -> None:
    assert len(client.get("/topics").json()) == 359
    assert any("Бор" in one["title"] for one in client.get("/authorities").json())
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/version").json()["region"] == "Нижегородская область"
    assert {"/route", "/route/batch", "/topics"} <= set(client.get("/openapi.json").json()["paths"])
    page = client.get("/docs").text
    assert "cdn." not in page, "the description works without the network"
    metrics = client.get("/metrics").text
    assert 'tsur_requests_total{method="GET",path="/health",status="200"}' in metrics
    assert "tsur_decisions_total" in metrics


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_client_of_open311_reads_services_and_requests(server: Server, client: httpx.Client, form: str) -> None:
    sent = {"description": "Лифт не работает третий день", "address_string": "Сормовский район"}
    (posted,) = client.post("/open311/v2/requests.json", json=sent).json()
    city = GeoReport(f"{server.url}/open311/v2", output_format=form)
    services = city.get_service_list()
    assert len(services) == 359
    code = services[0]["service_code"]
    assert city.get_service_definition(code)["service_code"] == code
    found = city.get_service_request(posted["service_request_id"])
    assert found["service_code"] == "housing.lifts"
    assert found["agency_responsible"] in posted["service_notice"]
    assert (found["status"], bool(found["expected_datetime"])) == ("open", True)
    numbers = [one["service_request_id"] for one in client.get("/open311/v2/requests.json").json()]
    assert posted["service_request_id"] in numbers
    listed = city.get_service_requests(service_code="housing.lifts,roads.pits", status="open,closed")
    assert {one["service_code"] for one in ([listed] if isinstance(listed, dict) else listed)} <= {
        "housing.lifts",
        "roads.pits",
    }
    assert client.get("/open311/v2/requests.json", params={"status": "closed"}).json() == []


def test_open311_in_xml_and_its_errors(client: httpx.Client) -> None:
    from xml.etree import ElementTree

    tree = ElementTree.fromstring(client.get("/open311/v2/services.xml").content)
    assert (tree.tag, len(tree), tree[0][0].tag) == ("services", 359, "service_code")
    for path, status in (("requests/none.xml", 404), ("services/none.xml", 404)):
        response = client.get(f"/open311/v2/{path}")
        assert (response.status_code, ElementTree.fromstring(response.content).tag) == (status, "errors")
    response = client.post("/open311/v2/requests.json", json={"description": " "})
    assert (response.status_code, response.json()[0]["code"]) == (400, 400)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_page_shows_the_decision_in_a_browser(server: Server) -> None:
    assert BROWSER is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom"]
    done = subprocess.run(
        [BROWSER, *options, f"{server.url}/#{quote(LAMP)}"], capture_output=True, text=True, timeout=90, check=True
    )
    assert "Неисправность или отсутствие освещения на территории" in done.stdout
    assert "ответить до" in done.stdout
    assert ">фонари</mark>" in done.stdout


def test_what_the_docs_show_of_the_service_runs(server: Server) -> None:
    shown = 0
    for page in sorted((ROOT / "docs").glob("*.md")):
        for language, block in re.findall(r"```(python|sh)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for part in [block] if language == "python" else block.splitlines():
                if "http://127.0.0.1:8080" in part:
                    shown += 1
                    command = [sys.executable, "-c"] if language == "python" else ["bash", "-c"]
                    own = part.replace("http://127.0.0.1:8080", server.url)
                    done = subprocess.run([*command, own], capture_output=True, text=True, timeout=30)
                    assert done.returncode == 0, done.stderr
                    assert done.stdout
                    assert "problem" not in done.stdout
    assert shown >= 4


def test_what_was_routed_is_in_the_journal(client: httpx.Client, server: Server) -> None:
    client.post("/route", json={"text": "Яма на дороге у вокзала", "id": "журнал-1"})
    (file,) = [part for part in server.process.args if str(part).endswith("j.db")]  # type: ignore[union-attr]
    thanks = {"text": "Спасибо коммунальщикам нашего двора, всё починили"}
    for _ in range(3):
        client.post("/route", json=thanks)
    with Journal(str(file)) as journal:
        known = journal.known("журнал-1")
        found = journal.query("SELECT count(*) FROM messages WHERE number IS NULL AND length(key) = 16").fetchone()
    assert known is not None
    assert found[0] >= 3, "messages in the same words are messages of their own"
    assert known.topic.startswith("Некачественное покрытие")


def test_without_the_token_nothing_is_told() -> None:
    server = Server("--token", "секрет-1")
    try:
        for path in ("/route", "/route/batch", "/open311/v2/requests.json"):
            assert httpx.post(f"{server.url}{path}", json={"text": LAMP}).status_code == 401
        assert httpx.get(f"{server.url}/topics").status_code == 401
        wrong = {"Authorization": "Bearer другой".encode()}
        assert httpx.get(f"{server.url}/topics", headers=wrong).status_code == 401
        right = {"Authorization": "Bearer секрет-1".encode()}
        assert httpx.post(f"{server.url}/route", json={"text": LAMP}, headers=right).status_code == 200
    finally:
        assert "секрет" not in server.stop()


def asking(server: Server, answers: list[int], until: threading.Event) -> threading.Thread:
    """A thread that asks again and again and notes the statuses."""

    def ask() -> None:
        with httpx.Client(base_url=server.url, timeout=20) as client:
            while not until.is_set():
                answers.append(client.post("/route", json={"text": LAMP}).status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_another_model_is_taken_up_without_a_lost_request(trained: Path, tmp_path: Path) -> None:
    place, other = tmp_path / "current", tmp_path / "other"
    model = storage.load(trained)
    model.about["name"] = "другая"
    storage.save(model, other, "Карточка\n")
    promote(place, trained)
    server = Server("--model", str(place))
    answers: list[int] = []
    enough = threading.Event()
    threads = [asking(server, answers, enough) for _ in range(4)]
    try:
        promote(place, other)
        server.process.send_signal(signal.SIGHUP)
        for _ in range(100):
            if "другая" in httpx.get(f"{server.url}/version").json()["model"]:
                break
            time.sleep(0.1)
        else:
            pytest.fail("the new model was not taken up")
        time.sleep(0.5)
    finally:
        enough.set()
        for thread in threads:
            thread.join()
        server.stop()
    assert set(answers) == {200}
    assert len(answers) > 20


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_graceful_stop_finishes_what_was_accepted() -> None:
    server = Server()
    messages = "".join(json.dumps({"text": f"{LAMP} {i}"}) + "\n" for i in range(4000)).encode()
    with httpx.stream("POST", f"{server.url}/route/batch", content=messages, headers=LINES, timeout=40) as response:
        lines = response.iter_lines()
        next(lines)
        server.process.send_signal(signal.SIGTERM)
        rest = sum(1 for _ in lines)
    assert rest == 3999
    assert server.process.wait(timeout=40) in (0, -signal.SIGTERM)


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--model", "нет такой"], "здесь нет модели"), (["--region", "нет"], "нет"), (["--port", "0"], "--port")],
)
def test_a_service_that_can_not_start_says_why_in_one_line(options: list[str], message: str) -> None:
    done = run_cli("serve", *options)
    assert done.returncode != 0
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
