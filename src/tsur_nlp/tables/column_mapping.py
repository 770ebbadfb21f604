"""Which column of a table is which: found by name, or given."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tsur_nlp.errors import TableError
from tsur_nlp.tables.table import Row
from tsur_nlp.text.labels import label_key

NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        "Текст инцидента", "Текст сообщения", "Текст обращения", "Текст комментария", "Текст", "Сообщение",
        "Обращение", "Суть обращения", "Содержание", "text", "message", "appeal", "comment", "body", "content",
    ),
    "territory": (
        "Муниципалитет", "Муниципальное образование", "Территория", "Район", "Населённый пункт", "МО",
        "territory", "municipality", "district",
    ),
    "account": ("Аккаунт", "Сообщество", "Группа VK", "Ссылка на аккаунт", "account"),
    "channel": (
        "Канал", "Канал поступления", "Источник поступления", "Способ поступления", "channel",
    ),
    "created": (
        "Дата создания", "Дата и время создания", "Дата создания инцидента", "Дата поступления",
        "Дата и время поступления",
        "Дата публикации", "Дата и время публикации", "Дата регистрации", "Дата и время регистрации", "Дата обращения",
        "Дата сообщения", "Дата и время", "Создано", "Создан", "Поступило", "Зарегистрировано", "Дата", "created",
        "created_at", "createdAt", "date", "datetime", "timestamp", "published_at",
    ),
    "time": ("Время", "Время создания", "Время поступления", "Время публикации", "Время регистрации", "time"),
    "id": ("id", "Номер", "№", "Номер инцидента", "ID инцидента"),
    "thread": ("Ссылка на пост", "Пост", "Обсуждение", "thread"),
    "answer": ("Ответ", "Текст ответа", "answer"),
    "topic": ("Тема", "topic", "Тематика", "category"),
    "authority": ("Исполнитель", "Орган", "Ответственный", "Ответственный орган", "authority", "Организация"),
    "group": ("Группа тем", "Группа", "topic_group"),
    "answer_time": (
        "Время с начала создания инцидента до времени первого ответа", "Время до первого ответа",
        "Время первого ответа", "Время ответа", "answer_time",
    ),
    "closing_time": (
        "Время с начала создания инцидента до окончания", "Время до закрытия", "Длительность", "duration",
        "closing_time",
    ),
    "answered": ("Дата первого ответа", "Дата и время первого ответа", "Дата ответа", "answered"),
    "closed": ("Дата завершения", "Дата окончания", "Дата закрытия", "Закрыто", "closed"),
    "remark": ("Комментарий", "Комментарий оператора", "remark"),
    "right_topic": ("Верная тема", "Правильная тема", "Тема верная", "right_topic"),
    "right_authority": ("Верный орган", "Правильный орган", "Верный исполнитель", "right_authority"),
    "row": ("Строка", "row"),
    "label": ("Метка", "label"),
    "right_label": ("Верная метка", "Правильная метка", "right_label"),
    "address": ("Адрес", "Аккаунт", "Ссылка", "Страница", "account", "address"),
    "owner": ("Владелец", "Орган", "Учреждение", "Организация", "owner", "authority"),
    "kind": ("Вид", "Вид органа", "Тип", "kind"),
}  # fmt: skip
"""What a column may be called, the likeliest name first. The first row is from a real «Инцидент» export."""

WHAT = {
    "text": "с текстом", "territory": "с территорией", "account": "с аккаунтом", "channel": "с каналом",
    "created": "с датой", "time": "со временем", "id": "с номером", "thread": "с постом",
    "answer": "с ответом", "topic": "с темой", "authority": "с органом",
    "group": "с группой тем", "answer_time": "со временем ответа",
    "closing_time": "со временем до закрытия", "answered": "с датой ответа", "closed": "с датой закрытия",
    "remark": "с комментарием",
    "right_topic": "с верной темой", "right_authority": "с верным органом",
    "row": "с номером строки", "label": "с меткой", "right_label": "с верной меткой",
    "address": "с адресом", "owner": "с владельцем", "kind": "с видом владельца",
}  # fmt: skip


TEXT_NAMES = tuple(map(label_key, NAMES["text"]))
KNOWN = frozenset(label_key(name) for names in NAMES.values() for name in names)
LONGEST_NAME, WORDS_OF_NAME = 80, 10
"""The longest name of a real export has 60 characters and 7 words."""
CONTENT = re.compile(r"@|https?:|[.!?]\s|[!?]$|\d{1,2}[./]\d{1,2}[./]\d{2}")
"""What a message, a phone, a date or an address has, and the name of a column has not."""
PERSON = re.compile(r"[А-ЯЁ][а-яё]+(?: [А-ЯЁ][а-яё]+){1,2}|[А-ЯЁ][а-яё]+ [А-ЯЁ]\. ?[А-ЯЁ]\.")
DIGITS_OF_CONTENT = 5
REPEATED = re.compile(r" \(\d{1,5}\)$")
"""How a second column of one name is told apart."""
WORD = re.compile(r"[^\W\d_]{3,}")
POORER = 0.2
"""A column with a likelier name is not the text if it has so many times fewer words than another."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns an appeal is made of; None for what the table does not have."""

    text: int
    territory: int | None = None
    account: int | None = None
    channel: int | None = None
    created: int | None = None
    time: int | None = None
    id: int | None = None
    thread: int | None = None


ROLES = ("territory", "account", "channel", "created", "time", "id", "thread")


def find_columns(header: Sequence[str], sample: Iterable[Row] = (), **given: str | None) -> Columns:
    """Columns of a header by their usual names, or as given (`text="Жалоба"`).

    `sample`: rows that distinguish the text from its empty twin and from a column of numbers.
    Raises TableError if there is no text column or a given one is not there.
    """
    found = {role: find_column(header, role, given.get(role)) for role in ROLES}
    wanted = given.get("text")
    text = _text(header, sample) if wanted is None else find_column(header, "text", wanted)
    if text is None:
        raise TableError(f"не нашёл столбец с текстом; есть: {_listed(header)}. Назовите его: --text СТОЛБЕЦ")
    return Columns(text, **found)


def text_column(header: Sequence[str]) -> int | None:
    """The column that is called most like a text, None if none is."""
    return next(iter(_called_texts(header)), None)


def _called_texts(header: Sequence[str]) -> list[int]:
    """Columns that are called like texts, the likeliest names first."""
    keys = [label_key(REPEATED.sub("", name)) for name in header]
    return sorted((i for i, key in enumerate(keys) if key in TEXT_NAMES), key=lambda i: (TEXT_NAMES.index(keys[i]), i))


def _text(header: Sequence[str], sample: Iterable[Row]) -> int | None:
    """The column of texts by its name and by what it holds. Raises TableError if it holds numbers alone."""
    called = _called_texts(header)
    cells = {i: [text for row in sample if not row.problem and (text := row.text(i))] for i in called}
    if not any(cells.values()):
        return next(iter(called), None)
    words = {i: sum(map(_words, cells[i])) for i in called}
    best = max(words.values())
    if not best:
        raise TableError(
            f"в столбце «{header[called[0]]}» номера, а не тексты; назовите столбец с текстом: --text СТОЛБЕЦ"
        )
    return next(i for i in called if words[i] >= POORER * best)


def _words(text: str) -> int:
    """Words of a cell; none in a number, however many letters it has."""
    digits = sum(map(str.isdigit, text))
    found = WORD.findall(text)
    return len(found) if sum(map(len, found)) > 2 * digits else 0


def find_column(header: Sequence[str], role: str, given: str | None = None) -> int | None:
    """Position of one column, None if the table has none. Raises TableError for a given name that is not there."""
    keys = [label_key(name) for name in header]
    if given is not None:
        if given in header:
            return list(header).index(given)
        if label_key(given) in keys:
            return keys.index(label_key(given))
        raise TableError(f"столбца «{given}» ({WHAT[role]}) нет; есть: {_listed(header)}")
    return next((keys.index(label_key(name)) for name in NAMES[role] if label_key(name) in keys), None)


def is_content(names: Sequence[str]) -> bool:
    """Whether what stands in the place of a head is a row of data, which must not be shown."""
    return any(
        name
        and label_key(name) not in KNOWN
        and (
            len(name) > LONGEST_NAME
            or len(name.split()) > WORDS_OF_NAME
            or CONTENT.search(name) is not None
            or PERSON.fullmatch(name) is not None
            or sum(map(str.isdigit, name)) >= DIGITS_OF_CONTENT
            or not any(map(str.isalpha, name))
        )
        for name in names
    )


def _listed(header: Sequence[str]) -> str:
    if is_content(header) or (len(header) == 1 and len(header[0].split()) > 2):
        return (
            f"столбцов {len(header)}, но первая строка не похожа на названия; "
            "добавьте их, укажите строку с ними (--header N) или что их нет (--header 0)"
        )
    shown = ", ".join(f"«{name}»" for name in header[:20])
    return shown + (" …" if len(header) > 20 else "") if header else "ничего"
