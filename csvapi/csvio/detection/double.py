"""Which double-byte encoding: the one whose everyday characters the bytes are.

Each national set gathers its everyday characters in one level (GB 2312 and Big5 level 1, KS X 1001 hangul, JIS level
1), the idea of the code-distribution method of Li and Momoi, "A composite approach to language/encoding detection"
(2001). A character is looked up in these levels as Unicode has it, so that GB 18030 and Johab, which hold the
characters of all of them or in another order, are judged in the same way.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

DOUBLE = ("cp932", "euc_jp", "cp949", "gb18030", "big5", "johab")
_PAIR = re.compile(r"[^\x00-\x7f]{2}")
"""Two characters that are not ASCII: a text of Chinese, Japanese or Korean without any holds no word of it."""
_INSIDE_LATIN = re.compile(r"[A-Za-z][^\x00-\x7f](?=[a-z])")
_BESIDE_LATIN = re.compile(r"[a-z][^\x00-\x7f]|[^\x00-\x7f][a-z]")
"""A character beside a small letter: seldom in these languages, in each word with an accent where it is none."""
_HALF_KANA = re.compile(
    "(?<![A-Za-z])(?:(?:[\uff73\uff76-\uff84\uff8a-\uff8e][\uff9e\uff9f]|[\uff66\uff71-\uff9d])[\uff67-\uff70]*)+(?![A-Za-z])"
)
"""Words of half-width katakana: small letters and marks of voice only follow letters that take them."""
_EARLY_KANA = re.compile("[\uff71-\uff7f]")
_SAMPLE = 16 * 1024
_KANJI = frozenset(
    "日一国会人年大十本中長出三同時事自行社月分後前生連発間部東者地合市業内方定回新場金員入学高代円動京全表通"
    "名住所電話番号県府区町村品商価格氏男女山田川野木小原島崎藤岡阪神道州北南西上下和株式郵便担当数量単"
)
"""Kanji of names, places and column heads; in Chinese text, read as EUC-JP, one in twenty is among them by chance."""
_LEVELS = {
    # the levels of everyday characters, by the codec that shows them, with the lead bytes they have there
    "Japanese": ("euc_jp", (0xA1, 0xA3, 0xA4, 0xA5, *range(0xB0, 0xD0))),
    "simplified Chinese": ("gb2312", (0xA1, 0xA3, *range(0xB0, 0xD8))),
    "traditional Chinese": ("big5", (0xA1, *range(0xA4, 0xC7))),
    "Korean": ("euc_kr", tuple(range(0xB0, 0xC9))),
}
_WRITES = {
    # what each encoding is used for, and how likely
    "cp932": {"Japanese": 1.0},
    "euc_jp": {"Japanese": 1.0},
    "cp949": {"Korean": 1.0},
    "johab": {"Korean": 0.95},
    "big5": {"traditional Chinese": 1.0},
    "gb18030": {"simplified Chinese": 1.0, "traditional Chinese": 0.9, "Japanese": 0.9, "Korean": 0.9},
}


def double_byte(body: bytes) -> list[tuple[float, str]]:
    """Every double-byte encoding that decodes the body strictly, scored from 0 to 1 by its everyday characters."""
    sample = body[:_SAMPLE]
    scores = [(_everyday(sample, codec), codec) for codec in DOUBLE]
    return [scored for scored in scores if scored[0] > 0]


def _everyday(sample: bytes, codec: str) -> float:
    """The share of the characters beyond ASCII that are everyday ones of a language; 0 if the bytes are not valid."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError as error:
        if error.end < len(sample) - 3:
            return 0.0
        text = sample[: error.start].decode(codec)
    strange = Counter(char for char in text if char > "\x7f")
    if not strange:
        return 0.0
    within = 2 * len(_INSIDE_LATIN.findall(text)) + len(_BESIDE_LATIN.findall(text))
    half = _half_width(text) if codec == "cp932" else 0.0
    words = 1.0 if _PAIR.search(text) else 0.5
    return (
        words
        * max(
            worth * _typical(strange, codec, language) * max(_known(strange, language) + half - within, 0)
            for language, worth in _WRITES[codec].items()
        )
        / strange.total()
    )


def _half_width(text: str) -> float:
    """What the half-width katakana say for Japanese, in words that hold nothing else.

    Capitals of cp1251 and small letters of KOI8-R lie where the second half of them does; two of five are of the first.
    """
    words = "".join(_HALF_KANA.findall(text))
    early = (len(_EARLY_KANA.findall(words)) + 1) / (len(words) + 2)
    return len(words) * 0.93 * (0.8 + 0.2 * min(1.0, 5 * early))


def _known(strange: Counter[str], language: str) -> int:
    """How many of the characters are everyday ones of the language."""
    level = _level(language)
    return sum(count for char, count in strange.items() if char in level)


@cache
def _level(language: str) -> frozenset[str]:
    """The characters of a language's everyday level."""
    codec, leads = _LEVELS[language]
    pairs = (bytes((lead, trail)).decode(codec, "ignore") for lead in leads for trail in range(0x40, 0xFF))
    return frozenset(char for pair in pairs for char in pair if char > "\x7f")


def _typical(strange: Counter[str], codec: str, language: str) -> float:
    """What the levels leave open: they overlap where EUC-JP, GB 2312 and EUC-KR have them at the same bytes.

    Hangul ends at 0xC8 where everyday hanzi go on to 0xD7; Japanese has kana, or the kanji of lists.
    """
    total = strange.total()
    kana = sum(count for char, count in strange.items() if "\u3040" <= char <= "\u30ff") / total
    if language == "Japanese" and codec != "cp932":
        listed = sum(count for char, count in strange.items() if char in _KANJI)
        return 1.0 if kana >= 0.15 or listed >= 0.15 * total else 0.5
    if codec == "gb18030" and language == "simplified Chinese":
        late = sum(count for char, count in strange.items() if char.encode("gb18030")[0] > 0xC8) / total
        return 0.9 if late >= 0.05 and kana < 0.2 else 0.7
    return 1.0
