"""Words that say what kind of place a name belongs to: «село», «р-н», «проспект», and how they are shortened."""

from typing import Literal

SettlementKind = Literal["city", "village", "hamlet", "township", "urban", "quarter"]


def _forms(table: dict[str, str]) -> dict[str, str]:
    return {form: kind for kind, words in table.items() for form in words.split()}


SETTLEMENT_WORDS = _forms(
    {
        "city": "зато г гор город города городе городу городом",
        "village": "с село села селе селу селом",
        "hamlet": "д дер деревня деревни деревне деревню деревней",
        "township": "п пос поселок поселка поселке поселку поселком",
        "urban": "пгт рп кп",
        "quarter": "мкр мкрн мкр-н микрорайон микрорайона микрорайоне микрорайону м-н",
    }
)
"""Word → kind of settlement."""
ROW_KINDS = {"г": "city", "с": "village", "д": "hamlet", "п": "township", "рп": "urban", "кп": "urban", "пгт": "urban",
             "п.ст": "township", "сл": "village"}  # fmt: skip
"""How settlements.csv calls them."""
MEANT = {
    "city": ("city",),
    "village": ("village", "hamlet"),
    "hamlet": ("hamlet", "village"),
    "township": ("township", "urban"),
    "urban": ("urban", "township"),
    "quarter": (),
}
"""Kind in a text → kinds in the table, the likelier first: people mix village and hamlet."""
DOTTED = frozenset(("с",))
"""A word for a kind only with a full stop after it."""

DISTRICT_WORDS = _forms(
    {
        "район": "район района районе району районом районы районов районах районам р-н р-на р-не р-ну рн рна рне",
        "округ": "округ округа округе округу округом округов округах",
        "мо": "мо го мр",
    }
)
"""Word → kind of municipality or district."""
SEVERAL = frozenset(["районы", "районов", "районах", "районам", "округов", "округах"])
LETTERS_OF_DISTRICT = frozenset((("м", "о"), ("г", "о"), ("м", "р"), ("г", "о-г")))
BETWEEN = ("городск", "муниципальн", "мун", "гор")
"""How words between the adjective and «округ» begin."""

STREET_WORDS = _forms(
    {
        "улица": "ул улица улицы улице улицу улицей улицам улицах",
        "проспект": "пр-т пр-кт просп проспект проспекте проспекта проспекту пр",
        "переулок": "пер переулок переулке переулка переулку",
        "бульвар": "б-р бульвар бульваре бульвара бульвару",
        "шоссе": "ш шоссе",
        "набережная": "наб набережная набережной набережную",
        "площадь": "пл площадь площади площадью",
        "проезд": "пр-д проезд проезде проезда проезду",
        "тупик": "тупик тупике тупика",
        "съезд": "съезд съезде съезда",
        "аллея": "аллея аллее аллеи",
    }
)
"""Word → kind of street."""
AFTER_NAME = frozenset(word for word in STREET_WORDS if len(word) > 4)
"""Street words that may follow the name: «Московское шоссе»; in «Кстово ул. Мира» the abbreviation looks forward."""

SHORTENED = {"обл": "область", "обл-ть": "область", "респ": "республика", "авт": "автономный"}
