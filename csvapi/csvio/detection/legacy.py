"""Which legacy code page: the one in which the bytes above 0x7F spell words of some language.

How far the best text is ahead of the next one that differs from it is how sure the answer is; where it is not, chardet
is asked (`second`), and where that disagrees the answer says so by its confidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from csvapi.csvio.detection import second
from csvapi.csvio.detection.candidates import Candidate, candidates, lines_beyond_ascii
from csvapi.csvio.detection.double import DOUBLE
from csvapi.csvio.detection.pages import SIGNS

_LONE_SIGN = re.compile(rb"(?<![\x80-\xff])[\xb6\xa7\xac\xa6\xb7\xa4](?![\x80-\xff])")
_SURE = 0.8
"""Below this confidence chardet is asked."""
_NEAR = 0.3
"""How far behind the best an encoding is not worth asking about."""
_WEIGHT, _LETTERS = 0.5, 8
"""How much of a score is chardet's to take away, where there are so many different letters: of one or two it cannot
tell the language. Nothing of double-byte encodings, about which it is not asked."""
_TIE, _DISPUTED = 0.58, 0.7
"""The confidence of letters that tell nearly nothing, and the highest one of an answer that is chardet's alone."""
_NOTHING = 0.3
"""Below this score no page has words."""


@dataclass(frozen=True, slots=True)
class Guess:
    """`rival` is the next best encoding that gives another text, "" where it is far behind."""

    encoding: str
    confidence: float
    evidence: str
    rival: str = ""


def guess(body: bytes) -> Guess:
    """The most plausible code page of bytes that are not UTF-8; cp1252 when nothing speaks for another."""
    body = _without_delimiters(body)
    high = len(body) - len(body.decode("ascii", "ignore"))
    if not high:
        sentence = "encoding cp1252: the only bytes above 0x7F stand equally often on every line, as delimiters do"
        return Guess("cp1252", 0.6, sentence)
    ranked = candidates(body)
    sure = _confidence(ranked)
    if sure < _SURE and _has_words(ranked):
        asked = _asked(ranked, body)
        alone = sure < _TIE or asked[0].encoding != ranked[0].encoding
        ranked, sure = asked, min(_confidence(asked), _DISPUTED if alone else 1.0)
    return _said(ranked, sure, high)


def _has_words(ranked: list[Candidate]) -> bool:
    """Whether there is something to ask about: several readings, the best one with letters of a single-byte page."""
    if len(ranked) < 2 or ranked[0].encoding in DOUBLE:
        return False
    return any(char > "\x7f" and char.isalpha() and char not in SIGNS for char in ranked[0].text)


def _asked(ranked: list[Candidate], body: bytes) -> list[Candidate]:
    """The candidates in their order after chardet has read the lines that are not ASCII, the language around them."""
    near = [each for each in ranked if each.score > ranked[0].score - _NEAR and each.encoding not in DOUBLE]
    fits = second.opinion(lines_beyond_ascii(body), [each.encoding for each in near])
    fits |= dict.fromkeys(DOUBLE, 1.0)
    letters = {char for char in ranked[0].text if char > "\x7f"}
    weight = _WEIGHT * min(1.0, len(letters) / _LETTERS)
    weighed = [
        replace(each, score=each.score * (1 - weight + weight * fits.get(each.encoding, 0.0))) for each in ranked
    ]
    return sorted(weighed, key=lambda each: -each.score)


def _confidence(ranked: list[Candidate]) -> float:
    """How well the best text reads, less where another one reads nearly as well."""
    best, rival = ([each.score for each in ranked] + [0.0, 0.0])[:2]
    return round(min(max(best, _NOTHING), 0.95, 0.5 + 3 * (best - rival)), 2)


def _said(ranked: list[Candidate], sure: float, high: int) -> Guess:
    score = ranked[0].score if ranked else 0.0
    known = [each.encoding for each in ranked] or ["latin-1"]
    name = known[0]
    if score < _NOTHING:
        name, sure = "cp1252" if "cp1252" in known else "latin-1", _NOTHING
    rival = next((other for other in known if other != name), "") if sure < _SURE else ""
    share = f"{round(score * 100)} % of the {high} bytes above 0x7F spell words in it"
    doubt = f"; {rival} gives another text that reads nearly as well" if rival else ""
    return Guess(name, sure, f"encoding {name}: not UTF-8, and {share}{doubt}", rival)


def _without_delimiters(body: bytes) -> bytes:
    """A sign that every line holds equally often, between ASCII characters, is a delimiter (`¶`, `§`), not a letter."""
    lines = body.splitlines()[:50]
    for sign in set(_LONE_SIGN.findall(lines[0])) if len(lines) > 2 else ():
        if len({line.count(sign) for line in lines[:-1]}) == 1:
            return body.translate(None, sign)
    return body
