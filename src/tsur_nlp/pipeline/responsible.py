"""Who answers for a topic that somebody chose already: a citizen on a portal, an operator at the desk."""

from datetime import datetime
from difflib import get_close_matches

from tsur_nlp.catalog.channels import channel_code
from tsur_nlp.catalog.topics import Topic
from tsur_nlp.decision.reasons import Reason
from tsur_nlp.decision.record import Responsible
from tsur_nlp.errors import CatalogError, RegionError
from tsur_nlp.pipeline.authority import same_field
from tsur_nlp.pipeline.deadline import DEFAULT_CHANNEL
from tsur_nlp.pipeline.reasons import said
from tsur_nlp.pipeline.verdict import LOCAL
from tsur_nlp.region.competence import CompetenceMatrix
from tsur_nlp.region.region import Authority, Region
from tsur_nlp.text.labels import label_key


def responsible(
    matrix: CompetenceMatrix, topic: str, territory: str | None, account: str | None, channel: str | None
) -> tuple[Responsible, ...]:
    """Bodies for a topic (code or title) at a territory (code, title or alias), best first, at least one.

    Raises CatalogError for an unknown topic, RegionError for an unknown territory or a topic nobody answers for;
    both name the nearest known one.
    """
    region = matrix.region
    known = topic_named(region, topic)
    owner = region.owner_of(account) if account else None
    place, assumed = _place(region, territory, owner)
    reasons: list[Reason] = []
    channel = channel_code(channel) if channel else DEFAULT_CHANNEL
    cell = matrix.cell(known.code, place, channel)
    answers = cell.answers
    if not answers:
        raise RegionError(f"на тему «{known.title}» в регионе никто не отвечает; добавьте строку в competence.csv")
    ranked = list(answers)
    if owner is not None:
        ranked.sort(key=lambda answer: not (answer[0].code == owner.code or same_field(answer[0], owner)))
        if same_field(ranked[0][0], owner) and ranked[0][0].code != owner.code:
            ranked[0] = (owner, ranked[0][1])
    due: dict[str, datetime] = {}
    if channel in region.deadlines:
        due = region.steps_due(channel, known.code, datetime.now(region.working_time.zone).replace(microsecond=0))
    else:
        reasons.append(Reason("channel_unknown", (channel,)))
    # A body of the region answers wherever it was.
    whys = [
        [cell.steps.get(body.code, cell.step), *([Reason("place_unknown")] if assumed and body.level in LOCAL else [])]
        for body, _ in ranked
    ]
    return tuple(
        Responsible(body.code, body.title, share, said([*why, *reasons]), due.get("answer"))
        for (body, share), why in zip(ranked, whys, strict=True)
    )


def topic_named(region: Region, name: str) -> Topic:
    """A topic of the catalogue by code or title. Raises CatalogError that names the nearest one."""
    topics = region.catalog.topics
    if name in topics:
        return topics[name]
    by_title = {label_key(topic.title): topic for topic in topics.values()}
    key = label_key(name)
    if key in by_title:
        return by_title[key]
    near = get_close_matches(key, [*by_title, *topics], 1, 0)
    nearest = by_title[near[0]].title if near and near[0] in by_title else (near[0] if near else "")
    raise CatalogError(f"нет темы «{name[:100]}»; ближайшая — «{nearest}»")


def _place(region: Region, territory: str | None, owner: Authority | None) -> tuple[str, bool]:
    """The code of the place, and whether it is only assumed."""
    if territory:
        found = region.territory_named(territory)
        if found is None:
            titles = {label_key(known.title): known.title for known in region.territories.values()}
            near = get_close_matches(label_key(territory), titles, 1, 0)
            nearest = titles[near[0]] if near else ""
            raise RegionError(f"нет территории «{territory[:100]}»; ближайшая — «{nearest}»")
        return found.code, False
    if owner is not None and owner.territory != region.root:
        return owner.territory, False
    return region.capital, True
