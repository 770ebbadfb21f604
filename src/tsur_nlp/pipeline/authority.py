"""Who answers: roles at a place become bodies of the region.

Institutions, accounts and federal matters change the answer.
"""

from collections.abc import Iterable, Mapping, Sequence

from tsur_nlp.decision.decision import NO_AUTHORITY, Action, Choice
from tsur_nlp.pipeline.jurisdiction import outside_matter
from tsur_nlp.region.institutions import Named
from tsur_nlp.region.locator import Place
from tsur_nlp.region.region import Authority, Region

SHOWN = 5
"""Candidates kept in a decision."""


def body(authority: Authority, confidence: float) -> Choice:
    return Choice(authority.code, authority.title, min(confidence, 1.0))


def with_first(first: Choice, others: Sequence[Choice]) -> tuple[Choice, ...]:
    """Candidates with one moved or put to the front."""
    return (first, *(choice for choice in others if choice.code != first.code))[:SHOWN]


def bodies(region: Region, roles: Mapping[str, float], place: Place) -> tuple[Choice, ...]:
    """Concrete bodies for roles at a place; confidences of roles that one body plays add up.

    `roles`: probability by role code, or by the title of a body, as a model of a user's own table answers.
    A body that depends on a place nobody named is trusted less.
    """
    confidence: dict[str, float] = {}
    local = frozenset() if place.known else region.local_roles
    for role, probability in roles.items():
        authority = region.resolve(role, place.territory)
        if authority is not None:
            share = region.capital_share * probability if role in local else probability
            confidence[authority.code] = confidence.get(authority.code, 0.0) + share
    ranked = sorted(confidence, key=lambda code: (-confidence[code], code))[:SHOWN]
    return tuple([body(region.authorities[code], confidence[code]) for code in ranked]) or (NO_AUTHORITY,)


def named_institution(region: Region, named: Iterable[Named], place: Place) -> tuple[Authority | None, str]:
    """The one known institution a text names at its place, and what to say of it in Russian ("" if none is named)."""
    said = ""
    for one in named:
        known = [region.authorities[code] for code in region.institutions.codes(one)]
        near = [found for found in known if not place.known or region.near(found.territory, place.territory)]
        if len(near) == 1:
            return near[0], f"Учреждение: {near[0].title} (в тексте: «{one.words}»)"
        if len(near) > 1:
            said = said or f"Учреждение под вопросом: «{one.words}» — таких {len(near)}, уточните место"
        elif one.number:
            said = said or f"В тексте названо учреждение «{one.words}», которого нет в таблице региона"
    return None, said


def at_institution(region: Region, institution: Authority, authorities: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Candidates with the institution first, if the matter is of its field; its parent, if it is not confirmed."""
    likeliest = region.authorities.get(authorities[0].code)
    if likeliest is None or not (likeliest.code == institution.parent or _same_field(institution, likeliest)):
        return authorities
    return with_first(body(region.confirmed(institution), authorities[0].confidence), authorities)


def _same_field(one: Authority, other: Authority) -> bool:
    return bool(set(one.roles) & set(other.roles))


def outside(
    region: Region, found: Sequence[str], unsure: bool, authorities: tuple[Choice, ...], place: Place
) -> tuple[tuple[Choice, ...], str]:
    """Candidates and why the region does not decide, in Russian; the candidates as they are and "" where it does.

    A bank or a shop is looked for only where the topic is unsure: every other text has a «магазин» in it.
    """
    matter = outside_matter(found) if unsure else None
    supervisor = region.resolve(matter.role, place.territory) if matter else None
    if matter and supervisor:
        first = body(supervisor, authorities[0].confidence)
        return with_first(first, authorities), f"Вне компетенции региона: {matter.title.lower()} — {matter.advice}"
    likeliest = region.authorities.get(authorities[0].code)
    if likeliest and likeliest.level == "federal":
        return authorities, f"Вне компетенции региона: отвечает {likeliest.title}"
    return authorities, ""


def at_account(
    region: Region, account: str, authorities: tuple[Choice, ...], action: Action, sure: bool
) -> tuple[tuple[Choice, ...], Action, str]:
    """Candidates, action and reason for a message left on a body's own account.

    It is for the owner, unless it is surely for another; then it is redirected.
    """
    owner = region.owner_of(account)
    if owner is None:
        return authorities, action, "Аккаунта нет в таблице региона: орган выбран по тексту"
    likeliest = region.authorities.get(authorities[0].code)
    if likeliest and (owner.code == likeliest.code or _same_field(owner, likeliest)):
        reason = f"Оставлено на странице органа, который и отвечает: {owner.short_title}"
        return with_first(body(owner, authorities[0].confidence), authorities), action, reason
    if sure:
        reason = f"Оставлено на странице «{owner.short_title}», но отвечает {authorities[0].title}"
        return authorities, "redirect", reason
    confidence = next((choice.confidence for choice in authorities if choice.code == owner.code), 0.0)
    reason = f"Оставлено на странице «{owner.short_title}», и другого органа уверенно не назвать"
    return with_first(body(owner, confidence), authorities), "review", reason
