"""What people complain of in answers, found before the answer goes out. Nothing is written for the operator."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tsur_nlp.decision.appeal import Appeal
from tsur_nlp.decision.decision import Decision
from tsur_nlp.privacy import find
from tsur_nlp.region.exact_place import exact_place, street_stem, words_of
from tsur_nlp.replies.phrases import Word, advices, officialese, phrases_of, words_in
from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.morphology import is_content, is_name
from tsur_nlp.text.tokens import sentences

MONTHS = "январ|феврал|март|апрел|ма[йяе]|июн|июл|август|сентябр|октябр|ноябр|декабр"
TERM = re.compile(
    rf"\b\d{{1,2}}[./]\d{{1,2}}(?:[./]\d{{2,4}})?\b|\b\d{{1,2}}(?:-?го)?\s(?:{MONTHS})|\bв\s(?:{MONTHS})\w*|"
    rf"\b(?:до|к)\s(?:концу?а?|серед\w+|начал\w+)\s\w+|"
    r"\b\d+(?:\s(?:рабочих|календарных))?\s(?:дн|день|недел|час|сут|месяц|минут)\w*|"
    r"\b(?:сегодня|завтра|послезавтра|вчера)\b|\b(?:\d|I{1,3}|IV)[-\s]?\w{0,2}\sквартал\w*|\b20\d\d(?:\s?г|-м)|"
    r"\b(?:этой|следующей|прошлой)\sнедел\w+|\b(?:весной|летом|осенью|зимой)\b|"
    r"\b(?:понедельник|вторник|сред[уы]|четверг|пятниц[уы]|суббот[уы]|воскресенье)\b",
    re.IGNORECASE,
)
OF_LETTER = re.compile(r"(?:от|№|закон\w*)\s?$", re.IGNORECASE)
"""What stands before a date that is not a term: «ваше обращение от 12.05.2026»."""
BODY = re.compile(r"(?:министерств|департамент|администраци|управлени|комитет|инспекци|водоканал)\w*", re.IGNORECASE)
GENERIC = frozenset(("министерство", "департамент", "администрация", "управление", "комитет", "инспекция", "город"))
OPENING = 150
"""Characters in which an answer speaks to the person."""
AROUND = 60
SAYS_SOMETHING = 2
"""Words left in a sentence, without hollow phrases, from which it says something."""
STEM = 6


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """Something to mend in an answer: characters [start, stop) of it, the kind of mistake, the advice in Russian."""

    start: int
    stop: int
    code: str
    advice: str


def check_reply(text: str, appeal: Appeal | None = None, decision: Decision | None = None) -> tuple[Remark, ...]:
    """What people would complain of in an answer, in order; nothing if there is nothing.

    `appeal`, `decision`: what is answered, to see whether the answer is about it. Takes time linear in the length.
    """
    found = words_in(text)
    if not found:
        return (_remark("no_substance", 0, len(text)),)
    remarks = [*_substance_and_term(text, found), *_officialese(found), *_tone(text, found)]
    remarks += _personal_data(text, found, appeal)
    if appeal is not None:
        remarks += [*_wrong_place(text, found, appeal), *_wrong_person(text, found, appeal)]
    if decision is not None:
        remarks += _wrong_body(text, found, decision)
    return tuple(sorted(remarks))


def _remark(code: str, start: int, stop: int, said: str = "") -> Remark:
    return Remark(start, stop, code, advices()[code].format(said))


# ------------------------------------------------------------------------------
#   What is said
# ------------------------------------------------------------------------------


def _substance_and_term(text: str, found: Sequence[Word]) -> Iterator[Remark]:
    hollow = [*phrases_of("hollow").find(found)]
    vague = [*phrases_of("vague").find(found)]
    promised = [*phrases_of("promise").find(found)]
    empty = set()
    for role in ("hollow", "vague", "greeting", "closing"):
        empty |= {n for one in phrases_of(role).find(found) for n in range(one.first, one.last)}
    empty |= {n for one in officialese().find(found) for n in range(one.first, one.last)}
    says = _says_something(text, found, empty)
    if not says:
        spots = hollow or vague
        yield _remark("no_substance", *((spots[0].start, spots[-1].stop) if spots else (0, len(text))))
    if (promised or vague or not says) and not _names_term(text):
        spots = vague or promised or hollow
        yield _remark("no_term", *((spots[0].start, spots[0].stop) if spots else (0, len(text))))


def _says_something(text: str, found: Sequence[Word], empty: set[int]) -> bool:
    """Whether any sentence says more than that something was received and considered."""
    left = [
        word
        for n, word in enumerate(found)
        if n not in empty and is_content(word.norm) and not is_name(word.norm) and word.lemma not in general_words()
    ]
    at = 0
    for _, stop in sentences(text):
        count = 0
        while at < len(left) and left[at].start < stop:
            count += 1
            at += 1
        if count >= SAYS_SOMETHING:
            return True
    return False


@cache
def general_words() -> frozenset[str]:
    """Words that say nothing of a matter."""
    return frozenset(word for row in words_of("general") for word in row)


def _names_term(text: str) -> bool:
    return any(not OF_LETTER.search(text[max(0, m.start() - 8) : m.start()]) for m in TERM.finditer(text))


def _officialese(found: Sequence[Word]) -> Iterator[Remark]:
    for one in officialese().find(found):
        yield _remark("officialese", one.start, one.stop, one.says)


def _tone(text: str, found: Sequence[Word]) -> Iterator[Remark]:
    opening = [word for word in found if word.start < OPENING]
    named = is_name(found[0].norm) and text[found[0].start].isupper()
    if not named and not any(phrases_of("greeting").find(opening)):
        yield _remark("no_address", *next(iter(sentences(text)), (0, len(text))))
    for one in phrases_of("rude").find(found):
        yield _remark("rude", one.start, one.stop)


# ------------------------------------------------------------------------------
#   To whom and about what
# ------------------------------------------------------------------------------


def _personal_data(text: str, found: Sequence[Word], appeal: Appeal | None) -> Iterator[Remark]:
    """Data of people; but not a name that is spoken to, of an official, nor where to call."""
    contacts = [one.stop for one in phrases_of("contact").find(found)]
    officials = [one.stop for one in phrases_of("official").find(found)]
    greeting = _greeting_end(text, found)

    def after(places: Sequence[int], start: int) -> bool:
        return any(start - AROUND <= place <= start for place in places)

    for span in find(text):
        value = text[span.start : span.stop]
        if span.kind == "name" and (span.stop <= greeting or after(officials, span.start)):
            continue
        theirs = appeal is not None and value in appeal.text
        if span.kind in ("phone", "email") and not theirs and after(contacts, span.start):
            continue
        yield _remark("personal_data", span.start, span.stop)


def _greeting_end(text: str, found: Sequence[Word]) -> int:
    """Where the words to the person end; 0 if there are none."""
    spoken = next(phrases_of("greeting").find([word for word in found if word.start < OPENING]), None)
    if spoken is None:
        return 0
    end = re.compile(r"[!.\n]").search(text, spoken.stop)
    return end.start() if end else len(text)


def _wrong_place(text: str, found: Sequence[Word], appeal: Appeal) -> Iterator[Remark]:
    asked, said = exact_place(clean(appeal.text)), exact_place(clean(text))
    another_street = asked.streets and said.streets and not asked.streets & said.streets
    another_house = asked.houses and said.houses and not asked.houses & said.houses
    if not another_street and not another_house:
        return
    wrong = next((word for word in found if street_stem(word.norm) in said.streets), None)
    if wrong is not None:
        yield _remark("wrong_place", wrong.start, wrong.stop, asked.shown)


def _wrong_person(text: str, found: Sequence[Word], appeal: Appeal) -> Iterator[Remark]:
    end = _greeting_end(text, found)
    spoken = [word for word in found if word.stop <= end and is_name(word.norm)]
    writers = {
        word.lemma
        for span in find(appeal.text)
        if span.kind == "name"
        for word in words_in(appeal.text[span.start : span.stop])
    }
    if spoken and writers and not writers & {word.lemma for word in spoken}:
        yield _remark("wrong_person", spoken[0].start, spoken[-1].stop)


def _wrong_body(text: str, found: Sequence[Word], decision: Decision) -> Iterator[Remark]:
    """Who says «министерство … сообщает» should be one of the bodies decided for."""
    bodies = [choice.title for choice in decision.authorities if choice.code]
    spoken = BODY.search(text)
    if not bodies or spoken is None:
        return
    speaks = next((one for one in phrases_of("speaks").find(found) if spoken.start() < one.start), None)
    if speaks is None or speaks.start - spoken.start() > 3 * AROUND:
        return
    title = [word for word in found if spoken.start() <= word.start < speaks.start]
    mine = {word.lemma[:STEM] for word in title if word.lemma not in GENERIC and is_content(word.norm)}
    theirs = {one.lemma[:STEM] for body in bodies for one in words_in(body) if one.lemma not in GENERIC}
    if mine and not mine & theirs:
        yield _remark("wrong_body", title[0].start, title[-1].stop, bodies[0])
