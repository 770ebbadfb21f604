"""Personal data: what is found of valid values, of names in texts, and what is marked in real texts.

    python benchmarks/privacy.py ../shared/data [--texts 2000] [-o docs/results/privacy.md] [--show]

Valid values of every kind are generated with a fixed seed and put into phrases people write. Names are those of
names_in_texts.txt and of names_to_judge.txt, both written for the project: rules were amended by the first while the
second was unseen. Real texts came masked, so their names are those that the first masking missed or left: the marks
have to be read, `--show` prints them.
"""

import csv
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

from tsur_nlp.privacy import find
from tsur_nlp.privacy.finders.inn import inn_is_valid
from tsur_nlp.privacy.finders.oms import luhn_is_valid
from tsur_nlp.privacy.finders.snils import snils_is_valid

VALUES = 500
SHOWN = 60
HERE = Path(__file__).parent


def number(rng: random.Random, length: int, first: str = "") -> str:
    return first + "".join(rng.choices("0123456789", k=length - len(first)))


def checked(rng: random.Random, length: int, valid: Callable[[str], bool], first: str = "") -> str:
    while not valid(value := number(rng, length, first)):
        pass
    return value


def by_four(value: str) -> str:
    return " ".join(value[i : i + 4] for i in range(0, len(value), 4))


def phone(rng: random.Random) -> str:
    code, rest = rng.choice(("9", "831", "4712", "4912", "342")), number(rng, 9)
    digits = code + rest[: 10 - len(code)]
    if code != "9":
        digits = code + rng.choice("23456") + rest[: 9 - len(code)]
    dash = rng.choice("-–— ")
    parts = (digits[:3], digits[3:6], digits[6:8], digits[8:])
    return rng.choice(("8", "+7")) + rng.choice(
        (digits, dash + dash.join(parts), f" ({parts[0]}) {parts[1]}-{parts[2]}-{parts[3]}")
    )


def snils(rng: random.Random) -> str:
    value = checked(rng, 11, snils_is_valid, rng.choice("0123456"))
    return rng.choice((f"{value[:3]}-{value[3:6]}-{value[6:9]} {value[9:]}", f"СНИЛС {value}"))


def passport(rng: random.Random) -> str:
    series, value = f"{rng.randint(1, 89):02}{rng.randint(0, 25):02}", number(rng, 6)
    return rng.choice(
        (f"паспорт {series} {value}", f"{series[:2]} {series[2:]} {value}", f"серия {series} номер {value}")
    )


def plate(rng: random.Random) -> str:
    a, b, c = rng.choices("АВЕКМНОРСТУХ", k=3)
    value = f"{a}{rng.randint(1, 999):03}{b}{c}{rng.choice(('52', '152', '46', '59'))}"
    return rng.choice((value, value.lower()))


def birth(rng: random.Random) -> str:
    day = f"{rng.randint(1, 28):02}.{rng.randint(1, 12):02}.{rng.randint(1940, 2020)}"
    return rng.choice((f"{day} г.р.", f"дата рождения {day}", f"родилась {day}", f"[ФИО], {day}"))


def account(rng: random.Random) -> str:
    return rng.choice(
        (number(rng, 20, "40817810"), f"лицевой счёт № {number(rng, 9)}", f"р/с {number(rng, 20, '40702')}")
    )


def email(rng: random.Random) -> str:
    return f"{rng.choice(('ivan', 'a.petrova', 'mail_2'))}{rng.randint(1, 99)}@{rng.choice(('mail', 'ya'))}.example"


def inn(rng: random.Random) -> str:
    return rng.choice((checked(rng, 12, inn_is_valid, "52"), f"ИНН {checked(rng, 10, inn_is_valid, '5')}"))


def oms(rng: random.Random) -> str:
    return f"полис {rng.choice((str, by_four))(checked(rng, 16, luhn_is_valid))}"


def card(rng: random.Random) -> str:
    return rng.choice((str, by_four))(checked(rng, 16, luhn_is_valid, rng.choice(("2200", "4276", "5469"))))


def licence(rng: random.Random) -> str:
    named = rng.choice(("права", "водительское удостоверение", "ВУ"))
    return f"{named} {number(rng, 2, '9')} {number(rng, 2)} {number(rng, 6)}"


def flat(rng: random.Random) -> str:
    return rng.choice(("кв ", "кв.", "кв. ", "квартира №", "квартира ")) + str(rng.randint(1, 400))


def address(rng: random.Random) -> str:
    return f"прописан по адресу: г. Бор, ул. Садовая, д. {rng.randint(1, 90)}, кв. {rng.randint(1, 90)}"


def vk(rng: random.Random) -> str:
    n = rng.randint(1, 10**8)
    return rng.choice((f"[id{n}|Анна]", f"vk.com/id{n}", f"@petrov{n}", f"https://vk.com/anna_p{n}"))


KINDS = (phone, email, passport, snils, inn, oms, card, account, licence, plate, birth, flat, address, vk)
PHRASES = ("Помогите, вот {}", "{}. Жду ответа", "Яма у дома 5, {}, приезжайте", "вот данные: {}\nспасибо")


def recall_of_values(value: Callable[[random.Random], str]) -> float:
    kind = value.__name__
    rng = random.Random(kind)
    found = 0
    for _ in range(VALUES):
        phrase = rng.choice(PHRASES).format(value(rng))
        found += any(span.kind == kind for span in find(phrase))
    return found / VALUES


def recall_of_names(file: str) -> tuple[int, int, list[str]]:
    """Names found whole, how many there are, and those missed."""
    hit, missed = 0, []
    for marked in (HERE / file).read_text(encoding="utf-8").splitlines():
        text, spans = re.sub("[⟦⟧]", "", marked), []
        for i, match in enumerate(re.finditer("⟦(.*?)⟧", marked)):
            start = match.start() - 2 * i
            spans.append((start, start + len(match[1])))
        found = {(span.start, span.stop) for span in find(text) if span.kind == "name"}
        hit += sum(span in found for span in spans)
        missed += [text[slice(*span)] for span in spans if span not in found]
    return hit, hit + len(missed), missed


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--texts", "count", default=2000, show_default=True, help="Real texts of each source.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/privacy.md"))
@click.option("--show", is_flag=True, help="Print the marks in real texts, to be read.")
def main(data: Path, count: int, output: Path, show: bool) -> None:
    """Print and write the tables."""
    lines = ["| вид | найдено из верных значений |", "|---|---|"]
    lines += [f"| {value.__name__} | {recall_of_values(value):.3f} |" for value in KINDS]
    lines += ["", "| имена в написанных текстах | целиком | из |", "|---|---|---|"]
    for title, file in (("по ним правила дополнены", "names_in_texts.txt"), ("для проверки", "names_to_judge.txt")):
        hit, names, missed = recall_of_names(file)
        lines.append(f"| {title} | {hit} ({hit / names:.2f}) | {names} |")
        if show:
            print("missed:", missed)
    texts: list[str] = []
    for source in ("kursk", "ryazan", "perm"):
        with (data / f"{source}.csv").open(encoding="utf-8", newline="") as stream:
            rows = [row["text"] for row in csv.DictReader(stream)]
        texts += random.Random(0).sample(rows, min(count, len(rows)))
    kinds: Counter[str] = Counter()
    marks = []
    started = time.process_time()
    for text in texts:
        for span in find(text):
            kinds[span.kind] += 1
            marks.append(
                (
                    span.kind,
                    " ".join(text[max(0, span.start - 40) : span.stop + 25].split()),
                    text[span.start : span.stop],
                )
            )
    spent = time.process_time() - started
    lines += [
        "",
        f"Настоящих текстов {len(texts)}, отметок {len(marks)}, {spent / len(texts) * 1e6:.0f} мкс на текст.",
        "",
    ]
    lines += ["| вид | отметок на 100 текстов |", "|---|---|"]
    lines += [f"| {kind} | {n / len(texts) * 100:.2f} |" for kind, n in kinds.most_common()]
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if show:
        for mark in random.Random(1).sample(marks, min(len(marks), SHOWN)) + [m for m in marks if m[0] == "name"]:
            print(*mark, sep=" | ")


if __name__ == "__main__":
    main()
