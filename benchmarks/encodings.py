"""How often the encoding of a short Russian text is told: by our pairs of letters and by charset-normalizer.

    python benchmarks/encodings.py [-o docs/results/encodings.md]

Texts are words and messages of notebooks/sample_incidents.csv and phrases of the catalogue.
"""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import click
from charset_normalizer import from_bytes

from tsur_nlp.catalog.topics import load_catalog
from tsur_nlp.tables.encodings import ONE_BYTE, by_letters
from tsur_nlp.tables.readers import open_table

TIMES = 200


def ours(content: bytes) -> str:
    return content.decode(by_letters(content), "replace")


def theirs(content: bytes) -> str:
    best = from_bytes(content, cp_isolation=[name.replace("-", "_") for name in ONE_BYTE]).best()
    return "" if best is None else str(best)


def kinds(texts: list[str]) -> Mapping[str, Callable[[random.Random], str]]:
    words = sorted({word for text in texts for word in text.split() if word.isalpha() and len(word) > 2})
    return {
        "одно слово": lambda chance: chance.choice(words),
        "заголовок и слово": lambda chance: f"Текст\n{chance.choice(words)}\n",
        "три слова": lambda chance: " ".join(chance.sample(words, 3)),
        "четыре слова прописными": lambda chance: " ".join(chance.sample(words, 4)).upper(),
        "одно сообщение": lambda chance: chance.choice(texts),
        "двадцать сообщений": lambda chance: "\n".join(chance.sample(texts, 20)),
    }


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/encodings.md"))
def main(output: Path) -> None:
    """Print and write the shares of texts that were read right."""
    with open_table(Path("notebooks/sample_incidents.csv")) as table:
        texts = [row.text(table.columns.index("Текст инцидента")) for row in table.rows]
    texts += [phrase for topic in load_catalog().topics.values() for phrase in topic.phrases]
    texts = [text for text in texts if any("а" <= letter <= "я" for letter in text)]
    lines = ["| текст | кодировка | по парам букв | charset-normalizer |", "|---|---|---|---|"]
    for kind, make in kinds(texts).items():
        for encoding in ONE_BYTE:
            chance = random.Random(0)
            contents = [make(chance).encode(encoding, "ignore") for _ in range(TIMES)]
            shares = (
                sum(read(content) == content.decode(encoding) for content in contents) / TIMES
                for read in (ours, theirs)
            )
            lines.append(f"| {kind} | {encoding} | {' | '.join(f'{share:.2f}' for share in shares)} |")
    print("\n".join(lines))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
