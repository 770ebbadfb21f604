"""What each finder takes for personal data, and what it leaves: tables of texts with the reason. All data is invented.

`⟦…⟧` stands around what must be found; a text without it must hold nothing of this kind.
"""

import re

import pytest

from tsur_nlp.privacy import find

CASES = {
    "name": [
        ("⟦Иванов Пётр Ильич⟧ просит позвонить", "surname, name, patronymic"),
        ("⟦Пётр Ильич Иванов⟧ молчит", "the other order"),
        ("обратился к ⟦Сидоренко Марии Львовне⟧", "in the dative"),
        ("меня зовут ⟦иванов петр ильич⟧ снова звоню", "in small letters"),
        ("Ладно, ⟦Букина юлия Александровна⟧", "in letters of both kinds"),
        ("⟦РЯБОВ ОЛЕГ ИВАНОВИЧ⟧", "in capitals"),
        ("⟦Иванов Пётр⟧, 8 910 123-45-67", "a phone after is no house number"),
        ("Глава ⟦Петров И.И.⟧ молчит", "initials after"),
        ("Подписала ⟦А. И. Сидорова⟧", "initials before"),
        ("Справку выдал ⟦Бондарь А.В.⟧", "a surname without a common ending"),
        ("У ⟦Гульнары Ахметовой⟧ потоп", "a name and a surname, in the genitive"),
        ("врач ⟦Смирнова⟧ нахамила", "a surname after a word for a person"),
        ("С уважением, ⟦Гильмутдинова⟧", "a surname as a signature"),
        ("Меня зовут ⟦Аня⟧, мне 12", "a short name after «зовут»"),
        ("Спасибо ⟦Светлане⟧ за помощь", "a name alone"),
        ("Соседка ⟦Петровна⟧ жалуется", "a patronymic alone"),
        ("на приём к ⟦Кузнецовой⟧ не попасть", "a surname alone inside a sentence"),
        ("На ул. Горького, 5 темно", "a street"),
        ("во дворе на Бекетова, 13 темно", "a street without a word for it"),
        ("Яма на Карла Маркса", "a street of a full name"),
        ("Улица Сергея Есенина не убрана", "a street of a full name with its word"),
        ("на пересечении улиц Радужной и Фирсовой", "a street named by a word before"),
        ("школа имени Петрова", "named after a person"),
        ("в г. Киров и на ст. Иванова", "places"),
        ("г. Владимир, Московский район", "a town like a name"),
        ("магазин «Светлана» шумит", "a shop"),
        ("Глава Ленинского района", "an adjective"),
        ("Волков надо отстрелять", "a usual word"),
        ("пол в бараке, на улице мороз, любовь и вера", "usual words that are names too"),
        ("Света нет третий день", "a short name like a word"),
        ("[ФИО] пишет", "masked before"),
    ],
    "phone": [
        ("звоните ⟦8 (910) 123-45-67⟧", "of a mobile, brackets"),
        ("⟦+7 910 123 45 67⟧", "international"),
        ("⟦8–910–123–45–67⟧", "with dashes"),
        ("⟦89101234567⟧", "in one"),
        ("⟦8 831 433 12 34⟧", "of a town"),
        ("⟦910-123-45-67⟧", "without the first digit"),
        ("тел. ⟦433-12-34⟧", "of seven digits, named"),
        ("⟦8.910.123.45.67⟧", "with points"),
        ("звоните 112 или 8-800-100-20-30", "hotlines stay"),
        ("обращение № 89101234567", "a number of an appeal"),
        ("насчитали 433 12 34 рублей", "an amount"),
        ("с 12.05.2022 по 13.05.2022", "dates"),
        ("дома 10, 12, 14, 16, 18, 20", "house numbers"),
    ],
    "email": [
        ("пишите на ⟦ivan.petrov@mail.example⟧.", "the stop after it is not its part"),
        ("⟦иван@почта.рф⟧", "Cyrillic"),
        ("встреча @ дом", "no address"),
        ("ivan@localhost", "no domain"),
    ],
    "passport": [
        ("паспорт ⟦2204 123456⟧ выдан", "named"),
        ("паспорт серия ⟦22 04 № 123456⟧", "series and number"),
        ("серия ⟦2204 номер 123456⟧", "with words inside"),
        ("вот ⟦22 04 123456⟧", "by its shape, the year is possible"),
        ("сумма 22 60 123456", "no such year of a blank"),
        ("заявка 2204123456", "ten digits of something else"),
    ],
    "snils": [
        ("СНИЛС ⟦112-233-445 95⟧", "named"),
        ("мой номер: ⟦112-233-445 95⟧", "by its shape and control digits"),
        ("СНИЛС: ⟦112 233 445 96⟧", "mistyped, but named"),
        ("партия 112-233-445 96", "wrong control digits, not named"),
    ],
    "inn": [
        ("ИНН ⟦500100732259⟧", "of a person"),
        ("вот ⟦500100732259⟧", "control digits hold"),
        ("ИНН ⟦7707083893⟧", "of a firm, named"),
        ("вот 500100732258", "control digits don't hold"),
        ("вот 7707083893", "ten digits are too like other numbers"),
        ("заявка 500100732259", "a number of an application"),
    ],
    "oms": [
        ("полис ОМС ⟦5200 0000 0000 0010⟧", "named"),
        ("ЕНП ⟦5200000000000010⟧", "in one"),
        ("номер закупки 0132300007522000", "something else"),
    ],
    "card": [
        ("карта ⟦2200 1234 5678 9019⟧", "named"),
        ("переведите на ⟦4276 1234 5678 9014⟧", "Luhn holds"),
        ("переведите на 4276 1234 5678 9015", "Luhn does not hold"),
        ("УИН 4276123456789011", "a number of a fine"),
    ],
    "account": [
        ("счёт ⟦40817810099910004312⟧", "named"),
        ("⟦40817 810 0 9991 0004312⟧", "a person's by its first digits"),
        ("лицевой счет № ⟦206510426⟧", "for a flat"),
        ("л/с ⟦206510426⟧", "for a flat, short"),
        ("счёт за свет 2065 рублей", "an amount"),
    ],
    "licence": [
        ("водительское удостоверение ⟦99 12 345678⟧", "of today"),
        ("права ⟦52 АВ 123456⟧", "of before"),
        ("дом 99 12 345678", "not named"),
    ],
    "plate": [
        ("машина ⟦А123ВС152⟧ на газоне", "a car's"),
        ("номер ⟦а 123 вс 52⟧", "with blanks, named"),
        ("⟦A123BC 52⟧", "in Latin letters"),
        ("номер ⟦М123ОР⟧", "without a region, named"),
        ("А000ВС52", "no such number"),
        ("автобус 64, маршрут Т34", "a route"),
        ("с 100 по 200 дом", "words and numbers"),
    ],
    "birth": [
        ("Иванова Анна Сергеевна, ⟦12.03.1980⟧", "beside a name"),
        ("[ФИО] ⟦12.03.1980⟧", "beside a masked name"),
        ("родился ⟦12 марта 1980⟧", "named"),
        ("д.р. ⟦12.03.80⟧", "named, short"),
        ("ребёнок ⟦15. 04. 2018 г.р.⟧", "named after"),
        ("мама, ⟦1950 г.р.⟧", "the year alone"),
        ("дата рождения: ⟦01/02/1990⟧", "with slashes"),
        ("12.03.2023 отключили воду", "of an event"),
        ("Иванова Анна Сергеевна 12.03.2025 обещала", "of an event beside a name"),
        ("дом 1980 года постройки", "the year of a house"),
    ],
    "flat": [
        ("Мира 10, ⟦кв 5⟧", "without a stop"),
        ("Мира 10 ⟦кв.5⟧", "without a blank"),
        ("⟦квартира №5⟧", "with a sign"),
        ("в ⟦квартире 62⟧ потоп", "in the locative"),
        ("залили ⟦кв. 12⟧ и ⟦кв. 16⟧", "two"),
        ("затопило ⟦в 12 квартире⟧", "the number before"),
        ("проживаю: ул. Мира, д. 10-⟦45⟧", "after the house"),
        ("в квартире 15 градусов, батареи холодные", "degrees"),
        ("площадь 45 кв. м, кв 20 метров", "square metres"),
        ("дом на 60 квартир", "how many"),
        ("дома 10-12 по ул. Мира", "houses"),
        ("квартира 2-комнатная", "rooms"),
    ],
    "address": [
        ("прописан по адресу: ⟦г. Бор, ул. 40 лет Победы, д. 5, кв. 7⟧", "of registration"),
        ("мой домашний адрес: ⟦603000, г. Нижний Новгород, ул. Мира, д. 5 корп. 2⟧", "with an index"),
        ("Яма по адресу: ул. Мира, д. 5", "of a problem"),
        ("прописано в законе 59", "another meaning"),
    ],
    "vk": [
        ("⟦[id123|Имя]⟧, ответьте", "a mention"),
        ("⟦@id123 (Имя)⟧ писал", "a mention typed"),
        ("⟦@petrov_i⟧ писал", "a nick"),
        ("вот ⟦vk.com/ivan_petrov⟧", "a page"),
        ("⟦https://vk.com/id123⟧", "a page by number"),
        ("⟦t.me/ivan_petrov⟧", "Telegram"),
        ("[club1|Мэрия] и vk.com/wall-1_2, vk.com/club1", "communities"),
        ("https://ria.example/news", "news"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "marked"),
    [
        pytest.param(kind, text, id=f"{kind}: {reason}: {text[:20]}")
        for kind, rows in CASES.items()
        for text, reason in rows
    ],
)
def test_finder(kind: str, marked: str) -> None:
    text = re.sub("[⟦⟧]", "", marked)
    assert [text[span.start : span.stop] for span in find(text) if span.kind == kind] == re.findall("⟦(.*?)⟧", marked)
