"""A queue worked off by keyboard in headless Chromium, and the pages checked by axe."""

import csv
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.conftest import SAMPLE
from tests.test_service import BROWSER, Server
from tsur_nlp import Appeal, Router
from tsur_nlp.journal.records import Entry, Verdict
from tsur_nlp.journal.store import Journal

DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium with its driver on this machine")
COUNT = 30
AXE_VERSION = "4"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server with thirty written messages to look at."""
    router, now = Router.load(), datetime.now().astimezone().replace(microsecond=0)
    with SAMPLE.open(encoding="utf-8-sig") as stream:
        texts = [row["Текст инцидента"] for row in csv.DictReader(stream) if len(row["Текст инцидента"]) > 30][:COUNT]
    appeals = [Appeal(text, f"b{n}", created=now + timedelta(minutes=n)) for n, text in enumerate(texts)]
    file = tmp_path_factory.mktemp("browser") / "j.db"
    with Journal(file, "masked") as journal:
        for appeal, decision in zip(appeals, router.route_many(appeals), strict=True):
            found = Verdict.of(decision, "модель")
            verdict = Verdict(found.topic, found.topic_group, found.authority, "модель", 0.4, 0.4, "review", found.due)
            journal.record([Entry(appeal, verdict, decision.territory)])
    running = Server("--journal", str(file))
    yield running, file
    running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER or ""
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1360,1000"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(DRIVER))
    yield driver
    driver.quit()


def press(driver: webdriver.Chrome, keys: str) -> None:
    ActionChains(driver).send_keys(keys).perform()


def until(driver: webdriver.Chrome, script: str) -> None:
    WebDriverWait(driver, 20, 0.03).until(lambda found: found.execute_script(f"return {script}"))


CHOSEN = "document.getElementById('message')?.getAttribute('aria-label')"


def test_a_queue_is_worked_off_by_keyboard(desk: tuple[Server, Path], chromium: webdriver.Chrome) -> None:
    server, file = desk
    chromium.get(f"{server.url}/desk")
    until(chromium, f"{CHOSEN} === 'Сообщение b0'")
    # Around first: further, back, the search and out of it.
    press(chromium, "j")
    until(chromium, f"{CHOSEN} === 'Сообщение b1'")
    press(chromium, "k")
    until(chromium, f"{CHOSEN} === 'Сообщение b0'")
    press(chromium, "/")
    until(chromium, "document.activeElement.id === 'q'")
    press(chromium, "jka" + Keys.ESCAPE)
    until(chromium, "document.activeElement.id !== 'q'")
    second: dict[int, str] = {}
    for n in range(COUNT):
        until(chromium, f"{CHOSEN} === 'Сообщение b{n}'")
        if n % 3 == 1:
            press(chromium, "2")
            second[n] = chromium.execute_script("return document.querySelector('[name=right_topic]:checked').value")
            wanted = "document.querySelector('[name=right_topic]:checked').dataset.authority"
            until(chromium, f"!{wanted} || document.getElementById('authority').value === {wanted}")
        if n == 4:
            # By hand, from the list of all topics.
            field = chromium.find_element("id", "other")
            field.send_keys("Капитальный ремонт домов")
            # At once, before the page knows who answers for it.
            field.send_keys(Keys.ENTER)
            second[n] = "Капитальный ремонт домов"
            continue
        time.sleep(0.25)
        press(chromium, "a")
    until(chromium, "document.body.textContent.includes('По этим условиям сообщений нет')")
    press(chromium, "u")
    until(chromium, f"{CHOSEN} === 'Сообщение b{COUNT - 1}'")
    time.sleep(0.25)
    press(chromium, "a")
    until(chromium, "document.body.textContent.includes('По этим условиям сообщений нет')")
    with Journal(file) as journal:
        labelled = list(journal.labelled())
        assert len(labelled) == COUNT, "what was accepted and what was corrected can be learned from"
        assert all(labelled[n].topic == topic for n, topic in second.items())
        repairs = {one.title for one in Router.load().responsible("Капитальный ремонт домов")}
        assert labelled[4].authority in repairs, "who answers for the topic chosen by hand, not for the first one"
        assert sum(one.corrected for one in labelled) == len(second)
        assert all(journal.reviews(n + 1)[-1].made is not None for n in range(COUNT))
        assert len(journal.reviews(COUNT)) == 2, "what was undone stays, marked as such"
    severe = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert not severe, "nothing was blocked by the policy of the pages, nothing failed"


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core: from AXE_CORE, else from the package registry."""
    if given := os.environ.get("AXE_CORE"):
        return Path(given).read_text(encoding="utf-8")
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("axe")
    if npm is None:
        pytest.skip("no npm to take axe-core from")
    package = f"axe-core@{AXE_VERSION}"
    done = subprocess.run([npm, "pack", "--silent", package], cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip("the registry of packages does not answer")
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder, "gztar")
    return (folder / "package" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "address",
    [
        "/desk?action=all&seen=1",
        "/desk?m=1",
        "/desk/summary",
        "/desk/sign-in",
        "/#Во дворе на Бекетова темно",
        "/desk?m=999",
    ],
)
def test_axe_finds_nothing(desk: tuple[Server, Path], chromium: webdriver.Chrome, axe: str, address: str) -> None:
    chromium.get("about:blank")
    chromium.get(f"{desk[0].url}{address}")
    if address.startswith("/#"):
        until(chromium, "document.getElementById('answer')")
    chromium.execute_script(axe)
    found = chromium.execute_async_script("axe.run().then((result) => arguments[0](result.violations))")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
