"""The queue of a journal: leases, answers, undoing, the outbox, figures of the day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.journal import outbox
from tsur_nlp.journal.listing import message
from tsur_nlp.journal.overview import overview, rises
from tsur_nlp.journal.queue import (
    TakenError,
    UnknownMessageError,
    holders,
    last_correction,
    last_done,
    let_go,
    numbered,
    settle,
    take,
    undo,
)
from tsur_nlp.journal.records import Entry, Verdict
from tsur_nlp.journal.store import Journal

NOW = datetime.now().replace(microsecond=0)
VERDICT = Verdict("Дворы", "Город", "Администрация", "модель", 0.4, 0.4, "review", NOW + timedelta(days=1), 0.0, 1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "j.db", "masked") as opened:
        opened.record(Entry(Appeal(f"фонарь {n} не горит", f"n{n}", created=NOW), VERDICT) for n in range(5))
        yield opened


def test_one_message_is_taken_by_one_person_until_its_time_is_over(journal: Journal) -> None:
    assert take(journal, 1, "Иванова").author == "Иванова"
    assert take(journal, 1, "Петров").author == "Иванова"
    assert {number: lease.author for number, lease in holders(journal, [1, 2]).items()} == {1: "Иванова"}
    with pytest.raises(TakenError, match="Иванова"):
        settle(journal, 1, "Дворы", "Администрация", "Петров")
    take(journal, 1, "Иванова", minutes=-1)
    assert take(journal, 1, "Петров").author == "Петров"
    with pytest.raises(TakenError, match="Петров"):
        settle(journal, 1, "Дворы", "Администрация", "Иванова")
    let_go(journal, 1, "Иванова")
    assert holders(journal, [1])[1].author == "Петров", "nobody lets go what another holds"
    let_go(journal, 1, None)
    assert not holders(journal, [1])


def test_an_answer_after_the_lease_ran_out_counts_if_nobody_else_came(journal: Journal) -> None:
    take(journal, 1, "Иванова", minutes=-1)
    settle(journal, 1, "Дороги", "Администрация", "Иванова", "яма")
    found = message(journal, 1)
    assert found is not None
    assert (found.topic, found.authority, found.reviewed is not None) == ("Дороги", "Администрация", True)
    with pytest.raises(TakenError, match="уже ответил"):
        settle(journal, 1, "Дворы", "", "Петров")
    settle(journal, 1, "Дворы", "", "Петров", seen=last_correction(journal, 1))
    assert [review.author for review in journal.reviews(1)] == ["Иванова", "Петров"]


def test_the_same_click_twice_is_one_answer(journal: Journal) -> None:
    for _ in range(2):
        settle(journal, 2, "Дворы", "Администрация", "Иванова")
    assert len(journal.reviews(2)) == 1
    labelled = [(one.topic, one.authority, one.corrected) for one in journal.labelled()]
    assert labelled == [("Дворы", "Администрация", False)], "what was accepted teaches, and is no mistake"


def test_undo_brings_back_what_was_and_keeps_what_was_said(journal: Journal) -> None:
    settle(journal, 1, "Дороги", "Администрация", "Иванова")
    settle(journal, 2, "Дороги", "Министерство", "Иванова")
    done = last_done(journal, "Иванова")
    assert done is not None
    assert (done.message, done.topic) == (2, "Дороги")
    assert undo(journal, "Петров", done.correction) is None, "only one's own"
    assert undo(journal, "Иванова", done.correction) == 2
    assert undo(journal, "Иванова", done.correction) is None, "once"
    found = message(journal, 2)
    assert found is not None
    assert (found.topic, found.authority, found.reviewed) == ("Дворы", "Администрация", None)
    assert journal.reviews(2)[0].undone is not None
    following = last_done(journal, "Иванова")
    assert following is not None
    assert following.message == 1
    settle(journal, 1, "Дворы", "", "Петров", seen=following.correction)
    assert last_done(journal, "Иванова") is None, "others spoke after it"


def test_a_message_the_journal_does_not_know_is_told(journal: Journal) -> None:
    with pytest.raises(UnknownMessageError, match="вернитесь к очереди"):
        take(journal, 99, "Иванова")
    with pytest.raises(UnknownMessageError):
        settle(journal, 99, "Дворы", "", "Иванова")
    assert (numbered(journal, "n3"), numbered(journal, "нет")) == (4, None)


def test_urgent_messages_wait_in_the_outbox_until_they_were_told(journal: Journal) -> None:
    urgent = Verdict("Газ", "Город", "Служба", "модель", 0.4, 0.4, "review", None, 0.0, 3)
    journal.record([Entry(Appeal("пахнет газом", "u0", created=NOW), urgent)])
    assert outbox.claim(journal, 60) is None, "nobody asked to be told"
    outbox.tell_urgent(journal, 2)
    journal.record([Entry(Appeal("пахнет газом", "u1", created=NOW), urgent)])
    journal.record([Entry(Appeal("фонарь 0 не горит", "n0", created=NOW), urgent)])
    journal.record([Entry(Appeal("фонарь 9 не горит", "n9", created=NOW), VERDICT)])
    assert outbox.waiting(journal) == 2, "one came urgent, one became it"
    first = outbox.claim(journal, 60)
    assert first is not None
    assert (first.event, numbered(journal, "u1")) == ("urgent", first.message)
    second = outbox.claim(journal, 60)
    assert second is not None
    assert second.message == 1
    assert outbox.claim(journal, 60) is None, "both are being told"
    outbox.taken(journal, first)
    outbox.put_off(journal, second)
    assert (outbox.waiting(journal), outbox.claim(journal, 60)) == (1, None)
    outbox.tell_urgent(journal, None)
    journal.record([Entry(Appeal("пахнет газом", "u2", created=NOW), urgent)])
    assert outbox.waiting(journal) == 1


def test_a_surge_is_told_once_a_week(journal: Journal) -> None:
    journal.record(Entry(Appeal(f"снег {n}", f"s{n}", created=NOW + timedelta(seconds=n)), VERDICT) for n in range(20))
    found = rises(journal, datetime.now(journal.zone) + timedelta(minutes=1))
    assert [(rise.topic, rise.week) for rise in found] == [("Дворы", 25)]
    assert (outbox.tell_surges(journal, found), outbox.tell_surges(journal, found)) == (1, 0)
    told = outbox.claim(journal, 60)
    assert told is not None
    assert (told.event, told.message) == ("surge", numbered(journal, "s19"))


def test_figures_of_the_day(journal: Journal) -> None:
    old = NOW - timedelta(days=40)
    late = Verdict("Дороги", "Город", "Администрация", "модель", 0.9, 0.9, "auto", NOW - timedelta(hours=30), 0.0, 0)
    journal.record([Entry(Appeal("яма", "a", created=NOW - timedelta(days=3)), late, answered=NOW)])
    journal.record(Entry(Appeal(f"яма {n}", f"o{n}", created=old), late) for n in range(4))
    journal.record(Entry(Appeal(f"снег {n}", f"s{n}", created=NOW), VERDICT) for n in range(10))
    settle(journal, 1, "Дворы", "", "Иванова")
    found = overview(journal, datetime.now(journal.zone) + timedelta(minutes=1))
    assert (found.week, found.waiting, found.overdue, found.reviewed, found.in_time) == (16, 14, 4, 1, 0.0)
    assert [(share.title, share.week) for share in found.topics] == [("Дворы", 15), ("Дороги", 1)]
    assert [(rise.topic, rise.week) for rise in found.rises] == [("Дворы", 15)]
    assert (old.year in found.years, NOW.year in found.years) == (True, True)
