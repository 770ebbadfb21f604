"""The gist of a message: the sentences that carry the request, made when somebody reads it.

A short message is its own gist. Of a longer one those sentences are taken that hold the words that speak for the
topic, or ask for something, until there are LONGEST characters.
"""

import re
from bisect import bisect_right
from functools import cache
from itertools import pairwise

from tsur_nlp.decision.record import Span
from tsur_nlp.pipeline.block import Block
from tsur_nlp.pipeline.kind_model import signs
from tsur_nlp.text.cleaning import clean_with_spans, normalize

LONGEST = 300
SHORTEST = 16
"""Characters. A shorter sentence says too little to be shown for itself: «Здравствуйте.», «Вот так.»."""
ASKS, FIRST = 0.5, 0.1
"""What a word that asks is worth beside the word that speaks most for the topic, and what standing first is."""
ASKING_SIGN, ASKING = "beg", 4
"""Words that ask for something, and the letters by which they are recognised."""
# One set of characters at the beginning is looked for many times faster than two branches.
SENTENCE_END = re.compile(r"[.!?…\n][.!?…»”\")]*")
SHORTENED = 2
"""Letters. A full stop after so short a word («ул.», «д.») ends nothing."""
CLAUSE_END = re.compile(r"[,;:–—]")
EDGE = 8
"""Characters at both ends of a sentence by which it is found in the original text."""
MOST_SENTENCES = 400
"""Of a text of 100 000 characters only these are looked at."""


def gist(block: Block, row: int) -> tuple[str, tuple[Span, ...]]:
    """The gist of a row, at most LONGEST characters of its cleaned text, and where it stands in the original."""
    text = block.texts[row]
    original, part = block.appeals[row].text, block.spans[row]
    whole = " ".join(text.split())
    if len(whole) <= LONGEST:
        start = len(original) - len(original.lstrip())
        return whole, (part or (start, max(len(original.rstrip()), start)),)
    chosen = _chosen(text, block.telling_words(row))
    said = " ".join([" ".join(text[start:stop].split()) for start, stop in chosen])
    return said, (part,) if part else _originals(original, text, chosen)


def _chosen(text: str, telling: dict[str, float]) -> list[Span]:
    """The sentences worth most, in their order."""
    most = max(telling.values(), default=1.0)
    # A blank before: a word that begins the text is found as any other.
    lowered = f" {normalize(text)}"
    sentences = _sentences(text)
    starts = [start for start, _ in sentences]
    said = [0.0] * len(sentences)
    for word, share in telling.items():
        at, last = lowered.find(word), -1
        while at >= 0:
            n = bisect_right(starts, at) - 1
            if n > last and at + len(word) <= sentences[n][1] + 1:
                said[n] += share
                last = n
            at = lowered.find(word, at + 1)
    asked = [False] * len(sentences)
    for match in _asking().finditer(lowered):
        n = bisect_right(starts, match.start()) - 1
        if n >= 0 and match.end() <= sentences[n][1] + 1:
            asked[n] = True
    worth: list[tuple[float, int, int]] = []
    for n, (start, stop) in enumerate(sentences):
        value = said[n] / most + ASKS * asked[n]
        worth.append((-value - FIRST * (value > 0 and not n), start, stop))
    worth.sort()
    taken: list[Span] = []
    left = LONGEST
    for value, start, stop in worth:
        if stop - start < left and (value < 0 or not taken):
            taken.append((start, stop))
            left -= stop - start + 1
    if not taken:
        _, start, stop = worth[0]
        cut = text.rfind(" ", start, start + LONGEST)
        taken = [(start, cut if cut > start else start + LONGEST)]
    return sorted(taken)


def _sentences(text: str) -> list[Span]:
    """Spans of sentences without the blanks around them; those too long for a gist are cut into clauses."""
    spans: list[Span] = []
    for start, stop in _cut(SENTENCE_END, text, 0, len(text)):
        if stop - start <= LONGEST:
            spans.append((start, stop))
        else:
            begin = -1
            for clause, end in _cut(CLAUSE_END, text, start, stop):
                begin = clause if begin < 0 else begin
                if end - begin > LONGEST // 2 or end == stop:
                    spans.append((begin, end))
                    begin = -1
        if len(spans) >= MOST_SENTENCES:
            break
    return [span for span in spans if span[1] - span[0] >= SHORTEST] or [(0, len(text))]


def _ends(text: str, match: re.Match[str]) -> bool:
    """Whether a sentence ends here: not after a shortening, nor where a line is broken in the middle."""
    start, stop = match.span()
    if text[start] == "\n":
        return not text[stop : stop + 1].islower()
    if not text[stop : stop + 1].isspace():
        return False
    return text[start] != "." or stop - start > 1 or text[max(start - SHORTENED - 1, 0) : start].isalnum()


def _cut(end: re.Pattern[str], text: str, start: int, stop: int) -> list[Span]:
    """Spans between the matches, without the blanks around them."""
    edges = [start, *[match.end() for match in end.finditer(text, start, stop) if _ends(text, match)], stop]
    spans = []
    for begin, until in pairwise(edges):
        piece = text[begin:until]
        if kept := piece.strip():
            begin += piece.index(kept[0])
            spans.append((begin, begin + len(kept)))
    return spans


def _originals(original: str, text: str, chosen: list[Span]) -> tuple[Span, ...]:
    """Spans in the original text of spans in the cleaned one."""
    if original.startswith(text):
        return tuple(chosen)
    spans: list[Span] = []
    reached = 0
    for start, stop in chosen:
        begin = original.find(text[start : start + EDGE], reached)
        end = original.find(text[stop - EDGE : stop], begin)
        reached = end + EDGE
        # Mark-up makes a sentence longer; one much longer is another that ends alike.
        if begin < 0 or end < 0 or reached - begin > 2 * (stop - start):
            cleaned = clean_with_spans(original)
            return tuple([cleaned.span(start, stop) for start, stop in chosen])
        spans.append((begin, reached))
    return tuple(spans)


@cache
def _asking() -> re.Pattern[str]:
    """How words begin that ask for something (data/kind_signs.csv), each after a blank."""
    found = {word[:ASKING] for table in signs() for word, borne in table.items() if ASKING_SIGN in borne}
    return re.compile(f" (?:{'|'.join(map(re.escape, sorted(found)))})")
