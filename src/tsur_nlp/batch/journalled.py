"""What a run notes in a journal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from tsur_nlp.batch.job import BESIDE, RESULT_COLUMNS, Job, Result
from tsur_nlp.batch.workers import router_for
from tsur_nlp.journal.records import ZONE, Entry, Verdict, region_accounts
from tsur_nlp.journal.store import Journal
from tsur_nlp.tables.appeals import appeal_from
from tsur_nlp.tables.column_mapping import Columns
from tsur_nlp.tables.readers import Row


@contextmanager
def noted(job: Job, file: Path, columns: Columns) -> Iterator[Callable[[Row, Result], None]]:
    """What notes a row and its result in a journal."""
    router = router_for(job.config)
    zone = router.region.working_time.zone if router.region else ZONE
    with Journal(file, zone=zone, **job.new_journal) as journal, journal.recorder() as recorder:
        if router.region is not None:
            journal.add_accounts(region_accounts(router.region))
        yield lambda row, result: recorder.add(entry(job, columns, router.version, row, result))


def entry(job: Job, columns: Columns, model: str, row: Row, result: Result) -> Entry:
    """A row and its result as the journal takes them."""
    appeal, _ = appeal_from(row.cells, columns)
    said: dict[str, Any] = dict(zip(RESULT_COLUMNS, result, strict=False))
    topic_named, authority_named, unknown, _ = result[len(RESULT_COLUMNS) : len(RESULT_COLUMNS) + BESIDE]
    verdict = Verdict(
        topic=said["topic"] if topic_named else "",
        topic_group=said["topic_group"],
        authority=said["authority"] if authority_named else "",
        model=model,
        topic_confidence=said["topic_confidence"],
        authority_confidence=said["authority_confidence"],
        action=said["action"],
        due=datetime.fromisoformat(said["deadline"]) if said["deadline"] else None,
        unknown_words=cast(float, unknown),
        urgency=said["urgency"],
        kind=said["kind"],
    )
    return Entry(appeal, verdict, said["territory"], routed=job.received)
