"""Which column of a table is which: found by name, or given."""

from collections.abc import Sequence
from dataclasses import dataclass

from tsur_nlp.errors import TableError
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
    "address": ("Адрес", "Аккаунт", "Ссылка", "Страница", "account", "address"),
    "owner": ("Владелец", "Орган", "Учреждение", "Организация", "owner", "authority"),
    "kind": ("Вид", "Вид органа", "Тип", "kind"),
}  # fmt: skip
"""What a column may be called, the likeliest name first. The first row is from a real «Инцидент» export."""

WHAT = {
    "text": "с текстом", "territory": "с территорией", "account": "с аккаунтом", "channel": "с каналом",
    "created": "с датой", "time": "со временем", "id": "с номером", "topic": "с темой", "authority": "с органом",
    "group": "с группой тем", "answer_time": "со временем ответа",
    "closing_time": "со временем до закрытия", "answered": "с датой ответа", "closed": "с датой закрытия",
    "remark": "с комментарием",
    "right_topic": "с верной темой", "right_authority": "с верным органом",
    "address": "с адресом", "owner": "с владельцем", "kind": "с видом владельца",
}  # fmt: skip


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


def find_columns(header: Sequence[str], **given: str | None) -> Columns:
    """Columns of a header by their usual names, or as given (`text="Жалоба"`).

    Raises TableError if there is no text column or a given one is not there.
    """
    roles = ("text", "territory", "account", "channel", "created", "time", "id")
    found = {role: find_column(header, role, given.get(role)) for role in roles}
    text = found.pop("text")
    if text is None:
        raise TableError(f"не нашёл столбец с текстом; есть: {_listed(header)}. Назовите его: --text СТОЛБЕЦ")
    return Columns(text, **found)


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


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(f"«{name}»" for name in header[:20])
    return shown + (" …" if len(header) > 20 else "") if header else "ничего"
