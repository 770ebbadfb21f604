"""One incident from many messages: what belongs together, restarts, surges, the command."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import run_cli, write_csv
from tsur_nlp import Appeal, Router
from tsur_nlp.decision.decision import Decision
from tsur_nlp.decision.record import Choice, Record
from tsur_nlp.errors import JournalError
from tsur_nlp.incidents import Incidents, Surge, listed_incidents, surges
from tsur_nlp.incidents.listing import members
from tsur_nlp.incidents.matching import words_shared
from tsur_nlp.incidents.signature import PERMUTATIONS, Said, Signature, bands, keyed_hasher, minhash, signature
from tsur_nlp.incidents.surges import at_least, tell
from tsur_nlp.journal import Entry, Journal, Verdict, outbox, summarize
from tsur_nlp.region.exact_place import exact_place

START = datetime(2026, 3, 2, 9)
TOPICS = {"вода": ("Водоснабжение", "ЖКХ"), "свет": ("Освещение", "Благоустройство"), "лифт": ("Лифты", "ЖКХ")}


def decided(topic: str = "", territory: str = "", kind: str = "complaint", action: str = "review") -> Decision:
    title, group = TOPICS.get(topic, ("", ""))
    choice = Choice(topic, title, 0.6, group)
    return Decision.of(Record((choice,), (Choice("", "", 0.0),), action, (), territory, kind=kind))  # type: ignore[arg-type]


def put(
    journal: Journal, *messages: tuple[float, str, Decision], threads: Sequence[str | None] = ()
) -> list[int | None]:
    """Numbers of the incidents of messages, each with its day."""
    incidents = Incidents(journal)
    found = []
    for n, (day, text, decision) in enumerate(messages):
        thread = threads[n] if threads else None
        appeal = Appeal(text, id=f"{n}", created=START + timedelta(days=day), thread=thread)
        incident = incidents.add(appeal, decision)
        found.append(incident.id if incident else None)
    return found


@pytest.fixture
def journal(tmp_path: Path):
    with Journal(tmp_path / "j.db", texts="masked") as opened:
        yield opened


WATER = "Нет холодной воды на Бекетова, 13, диспетчер не отвечает"


@pytest.mark.parametrize(
    ("text", "topic", "day", "together"),
    [
        (WATER, "вода", 0.1, True),
        ("Бекетова д. 13: из крана не течёт вода", "вода", 1, True),
        ("во всём доме 13 по улице Бекетова отключили воду", "вода", 2, True),
        ("ул. бекетова дом 13, когда дадут воду", "вода", 13, True),
        ("Бекетова 13: воды нет, хотя тема другая", "свет", 1, True),
        ("Нет холодной воды на Бекетова, 15, диспетчер не отвечает", "вода", 0.1, False),
        ("Нет холодной воды на Ванеева, 13, диспетчер не отвечает", "вода", 0.1, False),
        ("Лифт на Бекетова, 13 застрял между этажами", "лифт", 0.1, False),
        (WATER, "вода", 30, False),
    ],
)
def test_what_belongs_together(journal: Journal, text: str, topic: str, day: float, together: bool) -> None:
    one, other = put(journal, (0, WATER, decided("вода")), (day, text, decided(topic)))
    assert (one == other) == together


COPY = "Соседи сверху каждую ночь включают громкую музыку, топают, кричат, полиция приезжать отказывается"


@pytest.mark.parametrize(
    ("text", "together"),
    [(COPY.upper(), True), (COPY.replace("каждую", "всякую") + "!!!", True), ("Соседи шумят, примите меры", False)],
)
def test_copies_without_a_place_are_found(journal: Journal, text: str, together: bool) -> None:
    one, other = put(journal, (0, COPY, decided("свет")), (1, text, decided("свет")))
    assert (one == other) == together


def test_me_too_joins_its_thread(journal: Journal) -> None:
    support = decided(kind="support", action="not_an_appeal")
    messages = [
        (0.0, WATER, decided("вода")),
        (0.1, "На Горной, 5 темно", decided("свет")),
        (0.2, "у нас то же самое", support),
        (0.3, "у нас то же самое", support),
        (0.4, "Куплю гараж", decided(kind="advertising", action="not_an_appeal")),
    ]
    water, light, second, alone, nothing = put(journal, *messages, threads=["а", "б", "а", None, "а"])
    assert second == water != light
    assert alone is nothing is None


def test_an_incident_says_what_it_is(journal: Journal) -> None:
    number = put(journal, (0, WATER, decided("вода")), (1, WATER + "!", decided("вода")))[0]
    [found] = listed_incidents(journal)
    assert (found.id, found.title, found.place, found.messages) == (number, "Водоснабжение", "Бекетова, 13", 2)
    assert (found.first.replace(tzinfo=None), found.last.replace(tzinfo=None)) == (START, START + timedelta(days=1))
    assert members(journal, found.id) == ["0", "1"]
    assert list(listed_incidents(journal, since=START + timedelta(days=2))) == []


def test_the_same_message_counts_once(journal: Journal) -> None:
    incidents = Incidents(journal)
    appeal = Appeal(WATER, id="7", created=START)
    incidents.add(appeal, decided("вода"))
    again = incidents.add(appeal, decided("вода"))
    assert again is not None
    assert again.messages == 1


def messages_of(count: int) -> list[tuple[Appeal, Decision]]:
    made = random.Random(4)
    matters = {"вода": "Нет воды", "свет": "Не горит фонарь, темно", "лифт": "Лифт сломан"}
    streets = ("Бекетова", "Ванеева", "Горького")
    found = []
    for n in range(count):
        topic = made.choice([*matters])
        text = f"{matters[topic]} на {made.choice(streets)}, {made.randint(1, 4)} {made.choice(['опять', 'почините'])}"
        moment = START + timedelta(hours=6 * n + made.randint(-100, 100))
        found.append((Appeal(text, id=f"{n}", created=moment), decided(topic)))
    return found


def test_a_restart_after_any_message_changes_nothing(tmp_path: Path) -> None:
    messages = messages_of(150)
    with Journal(tmp_path / "whole.db") as journal:
        whole = [one and one.id for one in Incidents(journal).add_many(messages)]
        counted = [(one.id, one.messages, one.first, one.last) for one in listed_incidents(journal)]
    torn = []
    for n, message in enumerate(messages):
        if n % 7 == 0 or n < 20:
            with Journal(tmp_path / "torn.db") as journal:
                opened = Incidents(journal)
                torn.append(opened.add(*message))
        else:
            with Journal(tmp_path / "torn.db") as journal:
                torn += Incidents(journal).add_many([message])
    assert [one and one.id for one in torn] == whole
    with Journal(tmp_path / "torn.db") as journal:
        assert [(one.id, one.messages, one.first, one.last) for one in listed_incidents(journal)] == counted
    assert len(set(whole)) < len(whole) / 2


def test_a_failed_write_leaves_no_trace(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    incidents = Incidents(journal)
    with pytest.raises(RuntimeError), journal.transaction():
        raise RuntimeError
    journal.query("CREATE TRIGGER full BEFORE INSERT ON incident_messages BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(JournalError):
        incidents.add(Appeal(WATER, id="1", created=START), decided("вода"))
    journal.query("DROP TRIGGER full")
    found = incidents.add(Appeal(WATER, id="1", created=START), decided("вода"))
    assert found is not None
    assert found.messages == 1


def test_a_journal_catches_up_where_it_stopped(journal: Journal) -> None:
    messages = messages_of(60)

    def record(some: Sequence[tuple[Appeal, Decision]]) -> None:
        journal.record(Entry(appeal, Verdict.of(decision, "м")) for appeal, decision in some)

    record(messages[:40])
    assert Incidents(journal).catch_up() == 40
    record(messages)
    assert Incidents(journal).catch_up() == 20
    assert Incidents(journal).catch_up() == 0
    assert sum(one.messages for one in listed_incidents(journal)) == 60
    assert summarize(journal, 2026).incidents == len(list(listed_incidents(journal)))


def test_a_journal_of_hashes_keeps_no_words(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.db") as journal:
        one, other = put(journal, (0, WATER, decided("вода")), (1, "Бекетова 13, воды нет", decided("вода")))
        assert one == other
        assert [found.place for found in listed_incidents(journal)] == [""]
        with pytest.raises(JournalError, match="хеши"):
            Incidents(journal).catch_up()
    assert "екетов".encode() not in (tmp_path / "j.db").read_bytes()


# ------------------------------------------------------------------------------
#   Signatures and places
# ------------------------------------------------------------------------------

HASHED = keyed_hasher(b"salt")


def test_a_signature_comes_back_from_its_bytes() -> None:
    one, _ = signature(WATER, Said("Вода", "ЖКХ", "Водоканал", "Кстово", True, "пост", True), HASHED)
    assert Signature.unpack(one.pack()) == one


def test_minhash_tells_the_share_of_common_words() -> None:
    words = [HASHED(f"слово{n}") for n in range(60)]
    one, other = frozenset(words[:40]), frozenset(words[20:])
    same = (minhash(one) == minhash(other)).mean()
    assert abs(same - 1 / 3) < 3 * (1 / 3 * 2 / 3 / PERMUTATIONS) ** 0.5
    assert set(bands(one)) & set(bands(frozenset(words[1:40])))
    assert words_shared(one, one) == 1.0


@pytest.mark.parametrize(
    ("text", "houses", "numbered", "streets"),
    [
        ("на Бекетова, 13 нет света", ["13"], [], 1),
        ("ул. Бекетова д. 13а", ["13а"], [], 1),
        ("во дворе дома 5 по улице Горной", ["5"], [], 1),
        ("Казанское шоссе, 7/2, лифт", ["7/2"], [], 1),
        ("казанское ш. 7", ["7"], [], 1),
        ("на Культуры, 12", ["12"], [], 1),
        ("Коминтерна 160, помойка", ["160"], [], 1),
        ("На улице холодно, 5 градусов", [], [], 0),
        ("Жду 20 минут на остановке", [], [], 0),
        ("автобус 64 не пришёл", [], [("автобус", "64")], 0),
        ("64-й маршрут", [], [("автобус", "64")], 0),
        ("в 45 школе и школе № 45", [], [("школа", "45")], 0),
        ("автобус 2 часа не идёт", [], [], 0),
        ("", [], [], 0),
    ],
)
def test_exact_places(text: str, houses: list[str], numbered: list[tuple[str, str]], streets: int) -> None:
    place = exact_place(text)
    assert [house for _, house in place.houses] == houses
    assert sorted(place.numbered) == numbered
    assert len(place.streets) == streets


@pytest.mark.parametrize("text", ["ул. " * 50_000, "дом 5, " * 20_000, "Бекетова, д. " * 10_000, "№" * 100_000])
def test_exact_places_of_anything_take_linear_time(text: str) -> None:
    started = datetime.now()
    exact_place(text)
    assert datetime.now() - started < timedelta(seconds=5)


# ------------------------------------------------------------------------------
#   Surges
# ------------------------------------------------------------------------------


def fill(journal: Journal, a_day: int, last_day: int, days: int = 40) -> None:
    """So many messages of one topic each day, and of another topic one a day."""
    entries = []
    for day in range(days):
        for n in range(last_day if day == days - 1 else a_day):
            moment = START + timedelta(days=day, minutes=n)
            entries.append(Entry(Appeal(f"Нет воды {n}", id=f"{day}.{n}", created=moment), Verdict("Вода"), "Бор"))
        moment = START + timedelta(days=day, hours=2)
        entries.append(Entry(Appeal("Темно", id=f"т{day}", created=moment), Verdict("Свет"), "Бор"))
    journal.record(entries)


@pytest.mark.parametrize(
    ("a_day", "last_day", "surging"), [(2, 20, True), (2, 5, False), (20, 30, False), (0, 9, True)]
)
def test_surges(journal: Journal, a_day: int, last_day: int, surging: bool) -> None:
    fill(journal, a_day, last_day)
    found = surges(journal)
    assert [(one.topic, one.territory, one.count) for one in found] == [("Вода", "Бор", last_day)] * surging


def test_a_young_or_empty_journal_has_no_surges(journal: Journal) -> None:
    assert surges(journal) == []
    fill(journal, 0, 50, days=3)
    assert surges(journal) == []


def test_a_surge_is_told_once_a_day(journal: Journal) -> None:
    fill(journal, 2, 20)
    found: list[Surge] = surges(journal)
    assert (tell(journal, found), tell(journal, found), outbox.waiting(journal)) == (1, 0, 1)
    told = outbox.claim(journal, 1)
    assert told is not None
    assert told.event == "surge"


@pytest.mark.parametrize(
    ("successes", "tries", "chance", "expected"),
    [(0, 5, 0.1, 1.0), (5, 5, 0.1, 1e-5), (1, 3, 0.5, 0.875), (2, 3, 0.5, 0.5), (600, 1000, 0.5, 1.3642e-10)],
)
def test_the_tail_of_the_binomial(successes: int, tries: int, chance: float, expected: float) -> None:
    assert at_least(successes, tries, chance) == pytest.approx(expected, rel=1e-3)


def test_the_command(tmp_path: Path) -> None:
    rows = [["Номер", "Текст", "Дата", "Тема"]]
    for day in range(30):
        for n in range(12 if day == 29 else 1):
            moment = START + timedelta(days=day, minutes=n)
            rows.append([f"{day}.{n}", f"Нет воды на Бекетова, {day + 1}", f"{moment:%d.%m.%Y %H:%M}", "Вода"])
    file, out = tmp_path / "j.db", tmp_path / "incidents.csv"
    table = write_csv(tmp_path / "past.csv", rows)
    assert run_cli("journal", "import", str(table), "--journal", str(file), "--keep-texts").returncode == 0
    done = run_cli("incidents", str(file), "-o", str(out), "--tell")
    assert done.returncode == 3, done.stderr
    assert "инцидентов 30, из них с повторами 1" in done.stdout
    assert "Всплеск: Вода — 12 за сутки" in done.stdout
    assert "webhook: 1" in done.stdout
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 31
    again = run_cli("incidents", str(file), "--since", "2026-03-31")
    assert "Новых сообщений в инцидентах: 0" in again.stdout


def test_the_region_tells_an_assumed_place_from_a_known_one(journal: Journal) -> None:
    router = Router.load()
    texts = [
        "В Кстове нет отопления вторые сутки",
        "Кстово замерзает без отопления",
        "В Бору нет отопления вторые сутки",
    ]
    appeals = [Appeal(text, id=str(n), created=START) for n, text in enumerate(texts)]
    found = list(Incidents(journal, router.region).add_many(zip(appeals, router.route_many(appeals), strict=True)))
    first, second, other = (one and one.id for one in found)
    assert first == second != other
