"""Which legacy code page: the one in which the bytes above 0x7F spell words of some language.

Double-byte encodings are told by where their lead bytes fall: the sets are ordered so that everyday characters share
a zone (GB 2312 level 1, KS X 1001 hangul, JIS kana, Big5 level 1), the idea of the code-distribution method of
Li and Momoi, "A composite approach to language/encoding detection" (2001). Single-byte pages are compared by the
letters they produce: one language's accented letters must explain nearly all of them, inside words of one case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_WESTERN = "àáâãäåæçèéêëìíîïñòóôõöøùúûüÿœß"
_LATIN = ["àâæçèéêëîïôœùûüÿ", "äöüß", "áéíóúüñ", "ãõáâàéêíóôúç", "åäö", "æøå", "àèéìíòóù", "ëéïóèêüáö"]
_PAGES: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    # codec, prior, the non-ASCII lower-case letters of each language it was made for
    ("cp1252", 1.0, tuple(_LATIN)),
    ("cp1250", 0.97, ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čšžćđ", "ăâîşţ")),
    (
        "cp1251",
        0.97,
        ("абвгдежзийклмнопрстуфхцчшщъыьэюяё", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "абвгдђежзијклљмнњопрстћуфхцчџш"),
    ),
    ("koi8-r", 0.96, ("абвгдежзийклмнопрстуфхцчшщъыьэюяё",)),
    ("cp866", 0.95, ("абвгдежзийклмнопрстуфхцчшщъыьэюяё",)),
    ("mac-cyrillic", 0.94, ("абвгдежзийклмнопрстуфхцчшщъыьэюяё",)),
    ("cp1253", 0.96, ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ",)),
    ("cp1254", 0.96, ("çğıöşü",)),
    ("cp1255", 0.98, ("אבגדהוזחטיכלמנסעפצקרשתךםןףץ",)),
    ("cp1256", 0.95, ("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئ",)),
    ("cp1257", 0.95, ("ąčęėįšųūž", "āčēģīķļņšūž", "äöüõšž")),
    ("cp874", 0.95, ("กขคฆงจฉชซญฎฐณดตถทธนบปผฝพฟภมยรลวศษสหอฮะัาำิีึืุูเแโใไ็่้์",)),
    ("cp850", 0.94, tuple(_LATIN)),
    ("cp437", 0.93, ("àâçèéêëîïôùûüÿ", "äöüß", "áéíóúüñ", "åäö")),
    ("cp852", 0.92, ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áéíóöőúüű")),
    ("mac-roman", 0.92, tuple(_LATIN)),
)
_SIGNS = frozenset("€£©®°±²³µ·½¼¾«»§–—‘’“”„…•™¡¿ªº× \u200e\u200f")
_DOUBLE = ("cp932", "euc_jp", "cp949", "gb18030", "big5")
_HIGH = re.compile(rb"[\x00-\x7f]?[\x80-\xff]+")
_LONE_SIGN = re.compile(rb"(?<![\x80-\xff])[\xb6\xa7\xac\xa6\xb7\xa4](?![\x80-\xff])")
_FINALS = frozenset("ךםןףץ")
_INSIDE_LATIN = re.compile(r"[A-Za-z][^\x00-\x7f][a-z]")
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
    double = _double_byte(body)
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
    """Every single-byte page that can decode the body, with a score of 0..1; equal words are judged once."""
    runs = b" ".join(dict.fromkeys(_words(body)))[:_SAMPLE]
    scores = []
    for codec, prior, alphabets in _PAGES:
        try:
            text = runs.decode(codec)
        except UnicodeDecodeError:
            continue
        fit = max(_fits(text, alphabet) for alphabet in alphabets)
        if alphabets[0] == _LATIN[0]:
            fit = max(fit, 0.85 * _fits(text, _WESTERN))
        scores.append((codec, prior * fit))
    return scores


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
        signs = sum(0.7 for char in strange if char in _SIGNS and (len(word) == 1 or char in (word[0], word[-1])))
        good += known * _plausible(word, alphabet) + signs
    return good / total if total else 0.0


@cache
def _letters(alphabet: str) -> frozenset[str]:
    return frozenset(alphabet + alphabet.upper())


def _plausible(word: str, alphabet: str) -> float:
    """Words are of one case, and of one script: only Latin letters stand beside ASCII ones, Hebrew finals end words."""
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


def _double_byte(body: bytes) -> tuple[float, str] | None:
    """The best double-byte encoding that decodes the body strictly, scored by its everyday characters."""
    sample = body[: _SAMPLE * 4]
    scores = [(_everyday(sample, codec), codec) for codec in _DOUBLE]
    best = max(scores, key=lambda scored: scored[0])
    return best if best[0] > 0 else None


def _everyday(sample: bytes, codec: str) -> float:
    """The share of double-byte characters that lie in the zone of everyday ones; 0 if the bytes are not valid."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError as error:
        if error.end < len(sample) - 3:
            return 0.0
        text = sample[: error.start].decode(codec)
    strange = [char for char in text if char > "\x7f"]
    pairs = [char.encode(codec) for char in strange]
    leads = [pair for pair in pairs if len(pair) == 2]
    if not strange:
        return 0.0
    within = len(_INSIDE_LATIN.findall(text))
    return max(sum(map(_ZONES[codec], leads)) - 2 * within, 0) / len(strange) * _typical(leads, codec)


def _typical(leads: list[bytes], codec: str) -> float:
    """Hangul ends at 0xC8 where everyday hanzi go on to 0xD7; Japanese without kana is rare."""
    if not leads:
        return 0.0
    late = sum(1 for pair in leads if pair[0] > 0xC8) / len(leads)
    kana = sum(1 for pair in leads if pair[0] in (0xA4, 0xA5) and pair[1] > 0xA0) / len(leads)
    if codec == "cp949":
        return 1.0 if late < 0.05 else 0.5
    if codec == "gb18030":
        return 0.9 if late >= 0.05 and kana < 0.2 else 0.7
    if codec == "euc_jp":
        return 1.0 if kana >= 0.15 else 0.5
    return 1.0


_ZONES: dict[str, Callable[[bytes], bool]] = {
    "cp932": lambda pair: pair[0] in (0x82, 0x83) or 0x88 <= pair[0] <= 0x98,
    "euc_jp": lambda pair: pair[0] in (0xA1, 0xA3, 0xA4, 0xA5) or 0xB0 <= pair[0] <= 0xCF,
    "cp949": lambda pair: 0xB0 <= pair[0] <= 0xC8 and pair[1] > 0xA0,
    "gb18030": lambda pair: (0xB0 <= pair[0] <= 0xD7 or pair[0] in (0xA1, 0xA3)) and pair[1] > 0xA0,
    "big5": lambda pair: 0xA4 <= pair[0] <= 0xC6 or pair[0] == 0xA1,
}
