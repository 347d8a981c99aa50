"""Which legacy code page: the one in which the bytes above 0x7F spell words of some language.

Single-byte pages are compared by the letters they produce: one language's accented letters must explain nearly all of
them, inside words of one case; or by the signs (`20€`, `don’t`), which stand alone and at the edges of words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from csvapi.csvio.detection.double import double_byte
from csvapi.csvio.detection.pages import LATIN, PAGES, RUSSIAN, SIGNS, TYPED, WESTERN

_HIGH = re.compile(rb"[\x00-\x7f]?[\x80-\xff]+")
_LONE_SIGN = re.compile(rb"(?<![\x80-\xff])[\xb6\xa7\xac\xa6\xb7\xa4](?![\x80-\xff])")
_FINALS = frozenset("ךםןףץ")
_ALONE = frozenset("œŒšŠžŽŸ")
"""Letters that are no words: in their place other pages have ½, ¼, ¾ and the like."""
_COMMON_CYRILLIC = frozenset("оеаинтсрвл")
_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class Guess:
    encoding: str
    confidence: float
    evidence: str


def guess(body: bytes) -> Guess:
    """The most plausible code page of bytes that are not UTF-8; cp1252 when nothing speaks for another."""
    body = _without_delimiters(body)
    high = sum(map(len, _HIGH.findall(body)))
    if not high:
        return Guess(
            "cp1252",
            0.6,
            "encoding cp1252: the only bytes above 0x7F stand equally often on every line, as delimiters do",
        )
    double = double_byte(body)
    ranked = sorted(((score, name) for name, score in _single_byte(body)), reverse=True)
    score, name = ranked[0] if ranked else (0.0, "latin-1")
    if double and double[0] >= max(score, 0.6):
        score, name = double
    if score < 0.3:
        name = "cp1252" if any(known == "cp1252" for _, known in ranked) else "latin-1"
    detail = f"encoding {name}: not UTF-8, and {round(score * 100)} % of the {high} bytes above 0x7F spell words in it"
    return Guess(name, round(min(max(score, 0.3), 0.95), 2), detail)


def _without_delimiters(body: bytes) -> bytes:
    """A sign that every line holds equally often, between ASCII characters, is a delimiter (`¶`, `§`), not a letter."""
    lines = body.splitlines()[:50]
    for sign in set(_LONE_SIGN.findall(lines[0])) if len(lines) > 2 else ():
        if len({line.count(sign) for line in lines[:-1]}) == 1:
            return body.translate(None, sign)
    return body


def _single_byte(body: bytes) -> list[tuple[str, float]]:
    """Every single-byte page that can decode the body, with a score of 0..1; equal words are judged once.

    Words are looked at only for the languages whose letters alone leave them a chance against the best one so far.
    """
    runs = b" ".join(dict.fromkeys(_words(body)))[:_SAMPLE]
    scores: list[tuple[str, float]] = []
    best = 0.0
    for codec, prior, alphabets in PAGES:
        try:
            text = runs.decode(codec)
        except UnicodeDecodeError:
            continue
        strange = Counter(char for char in text if char > "\x7f")
        score = 0.0
        for alphabet in (*alphabets, WESTERN) if alphabets[0] == LATIN[0] else alphabets:
            worth = prior * (0.85 if alphabet is WESTERN else 1.0)
            if worth * _most(strange, alphabet) > best:
                score = max(score, worth * _fits(text, alphabet))
                best = max(best, score)
        scores.append((codec, score))
    return scores


def _most(strange: Counter[str], alphabet: str) -> float:
    """What the fit can be at most: the share of the characters that are letters of the language, or signs."""
    known = _letters(alphabet) | SIGNS
    return sum(count for char, count in strange.items() if char in known) / max(strange.total(), 1)


def _words(body: bytes) -> list[bytes]:
    """The words that hold a byte above 0x7F, at most some hundreds of them."""
    return re.findall(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*", body[: _SAMPLE * 16])[:600]


def _fits(text: str, alphabet: str) -> float:
    """The share of non-ASCII characters that are this language's letters in words of one case, or everyday signs."""
    good = total = 0.0
    letters = _letters(alphabet)
    for word in text.split(" "):
        strange = [char for char in word if char > "\x7f"]
        total += len(strange)
        known = sum(1 for char in strange if char in letters)
        signs = sum(_sign(char, word) for char in strange if char in SIGNS)
        good += known * _plausible(word, alphabet) + signs
    return good / total * _usual(text, alphabet) if total else 0.0


def _sign(char: str, word: str) -> float:
    """What a sign is worth: alone or at a word's edge, and the typographic apostrophe (`don’t`) anywhere."""
    if char == "µ" and word[0] == char and len(word) <= 3:  # the prefix of a unit (SI brochure, table 7)
        return 1.0
    if char not in (word[0], word[-1]) and char != "\u2019":
        return 0.0
    return 0.93 if char in TYPED else 0.7


def _usual(text: str, alphabet: str) -> float:
    """Less than 1 where a Cyrillic text has few of the ten commonest letters, which make up two thirds of Russian.

    KOI8-R lies where cp1251 has the same letters in the other case and another order: only their frequency differs.
    """
    if not alphabet.startswith(RUSSIAN[0]):
        return 1.0
    letters = [char for char in text.lower() if char > "\x7f"]
    return 0.8 + 0.2 * min(1.0, 2 * sum(map(_COMMON_CYRILLIC.__contains__, letters)) / max(len(letters), 1))


@cache
def _letters(alphabet: str) -> frozenset[str]:
    return frozenset(alphabet + alphabet.upper())


def _plausible(word: str, alphabet: str) -> float:
    """Words are of one case, and of one script: only Latin letters stand beside ASCII ones, Hebrew finals end words.

    A letter alone is likelier a sign of another page (`20€`, `5°`) than a word.
    """
    if len(word) == 1:
        return 0.1 if word in _ALONE else 0.6
    if alphabet[0] > "\u0250" and any("A" <= char <= "z" for char in word):
        return 0.1
    if not _FINALS.isdisjoint(word[:-1]):
        return 0.1
    return 1.0 if _one_case(word) else 0.2


def _one_case(word: str) -> bool:
    """`straße`, `Straße`, `STRASSE`, but not `sTRASSE` or `stRasse`: a wrong page mixes the cases."""
    return (
        word.islower()
        or word.isupper()
        or word[1:].islower()
        or len(word) == 1
        or not word.isalpha()
        or word.lower() == word.upper()
    )
