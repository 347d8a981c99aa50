"""Every encoding that can hold some bytes, with how well the words in them read.

Single-byte pages are compared by the letters they produce: one language's accented letters must explain nearly all of
them, inside words of one case; or by the signs (`20€`, `don’t`), which stand alone and at the edges of words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from csvapi.csvio.detection.double import double_byte
from csvapi.csvio.detection.pages import PAGES, SIGNS, WESTERN, languages, letters
from csvapi.csvio.detection.words import fit

_WORD = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_CELL_ENDS = re.compile(rb"[,;\t|\"\r\n]+")
_INNER_SPACE = re.compile(rb"[A-Za-z\x80-\xff]\xa0[A-Za-z\x80-\xff]")
_SAMPLE = 4096
_READ = 16 * _SAMPLE
_WORDS = 600
_MIXED = 0.8
"""The worth of letters that no one language has together: names and places of many countries."""
_LAG = 0.3
"""How far behind the best a language is not worth looking at its words."""
_EDGES, _EDGE = 3, 0.04
"""How many cells with such spaces count, and what each takes from a page that has a letter there."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoding, how well the words read in it from 0 to 1, and these words as text."""

    score: float
    encoding: str
    text: str


def candidates(body: bytes) -> list[Candidate]:
    """The encodings that can hold the body, best first; of those that give the same text only the best."""
    lines = lines_beyond_ascii(body)[:_READ]
    words = b" ".join(dict.fromkeys(_WORD.findall(lines)[:_WORDS]))[:_SAMPLE]
    double = [Candidate(score, codec, words.decode(codec, "replace")) for score, codec in double_byte(lines)]
    found: dict[str, Candidate] = {}
    for each in sorted([*double, *_single(words, _edge_spaces(lines))], key=lambda each: -each.score):
        found.setdefault(each.text, each)
    return list(found.values())


def lines_beyond_ascii(body: bytes) -> bytes:
    """The lines that are not plain ASCII: all that distinguishes one encoding from another, and the language around
    it."""
    return b"\n".join(line for line in body.splitlines() if not line.isascii())


def _single(words: bytes, edges: int) -> list[Candidate]:
    """Every single-byte page that can decode the words; `edges` of these have byte 0xA0 where only spaces stand."""
    found: list[Candidate] = []
    for codec, prior, _ in PAGES:
        try:
            text = words.decode(codec)
        except UnicodeDecodeError:
            continue
        best = max((each.score for each in found), default=0.0)
        spaced = 1.0 if b"\xa0".decode(codec, "replace") == "\xa0" else 1.0 - _EDGE * edges
        found.append(Candidate(prior * spaced * _reads(text, codec, best - _LAG), codec, text))
    return found


def _reads(text: str, codec: str, least: float) -> float:
    """How well the text reads in the best of the page's languages.

    Words are looked at only for the languages whose letters alone leave them a chance of more than `least`.
    """
    strange = Counter(char for char in text if char > "\x7f")
    known = languages(codec)
    latin = any(name == "French" for name, _ in known)
    best = 0.0
    for language, worth in (*known, (WESTERN, _MIXED)) if latin else known:
        if worth * _most(strange, language) > max(best, least):
            best = max(best, worth * fit(text.split(" "), language))
    return best


def _most(strange: Counter[str], language: str) -> float:
    """What the fit can be at most: the share of the characters that are letters of the language, or signs."""
    known = letters(language) | SIGNS
    return sum(count for char, count in strange.items() if char in known) / max(strange.total(), 1)


def _edge_spaces(body: bytes) -> int:
    """How many different cells begin or end with byte 0xA0, a few at most, if none has it inside a word.

    It is the no-break space of all pages that are not of DOS or Macintosh; exports leave it at the edges of cells,
    where a letter stands rarely, and never alone.
    """
    if b"\xa0" not in body or _INNER_SPACE.search(body):
        return 0
    cells = _CELL_ENDS.split(body)
    return min(len({cell for cell in cells if cell[:1] == b"\xa0" or cell[-1:] == b"\xa0"}), _EDGES)
