"""When each step is due by the norms of the channel, from the moment of writing or, if not known, from now."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from tsur_nlp.catalog.channels import channel_code
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.component import Component
from tsur_nlp.pipeline.urgency import TODAY
from tsur_nlp.region.region import Region

DEFAULT_CHANNEL = "social"


class DeadlineComponent(Component):
    """Names no date rather than a wrong one."""

    name = "deadline"
    requires = ("topics", "urgencies")
    assigns = ("due",)
    always = True

    def __init__(self, region: Region, codes: Sequence[str]):
        """`codes`: of the topics, by the position of their labels."""
        self._region = region
        self._codes = codes
        # Rows without a date share one moment.
        self._steps = lru_cache(maxsize=4096)(region.steps_due)

    def __call__(self, block: Block, rows: Sequence[int]) -> None:
        working = self._region.working_time
        now = datetime.now(working.zone).replace(second=0, microsecond=0)
        topics = block.topics[:, 0].tolist()
        for row in rows:
            appeal = block.appeals[row]
            channel = channel_code(appeal.channel) if appeal.channel else DEFAULT_CHANNEL
            if channel not in self._region.deadlines:
                block.reasons[row].append(Reason("channel_unknown", (channel,)))
            elif appeal.created and not working.is_plausible(appeal.created):
                block.reasons[row].append(Reason("date_implausible", (f"{appeal.created:%d.%m.%Y}",)))
            else:
                block.due[row] = due = self._steps(
                    channel, self._codes[topics[row]], appeal.created or now, block.urgencies[row].level >= TODAY
                )
                if row in block.redirected and "forwarding" in due:
                    block.reasons[row].append(Reason("forward_by", (f"{due['forwarding']:%d.%m.%Y}",)))
