"""Which double-byte encoding: the one whose everyday characters the bytes are.

The sets are ordered so that everyday characters share a zone of lead bytes (GB 2312 level 1, KS X 1001 hangul, JIS
kana, Big5 level 1), the idea of the code-distribution method of Li and Momoi, "A composite approach to
language/encoding detection" (2001).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DOUBLE = ("cp932", "euc_jp", "cp949", "gb18030", "big5")
_PAIR = re.compile(r"[^\x00-\x7f]{2}")
"""Two characters that are not ASCII: a text of Chinese, Japanese or Korean without any holds no word of it."""
_INSIDE_LATIN = re.compile(r"[A-Za-z][^\x00-\x7f][a-z]")
_SAMPLE = 16 * 1024
_LISTED = (
    "日一国会人年大十本中長出三同時事自行社月分後前生連発間部東者地合市業内方定回新場金員入学高代円動京全表通"
    "名住所電話番号県府区町村品商価格氏男女山田川野木小原島崎藤岡阪神道州北南西上下和株式郵便担当数量単"
)
"""Kanji of names, places and column heads; in Chinese text, read as EUC-JP, one in twenty is among them by chance."""
_ZONES: dict[str, Callable[[bytes], bool]] = {
    "cp932": lambda pair: pair[0] in (0x82, 0x83) or 0x88 <= pair[0] <= 0x98,
    "euc_jp": lambda pair: pair[0] in (0xA1, 0xA3, 0xA4, 0xA5) or 0xB0 <= pair[0] <= 0xCF,
    "cp949": lambda pair: 0xB0 <= pair[0] <= 0xC8 and pair[1] > 0xA0,
    "gb18030": lambda pair: (0xB0 <= pair[0] <= 0xD7 or pair[0] in (0xA1, 0xA3)) and pair[1] > 0xA0,
    "big5": lambda pair: 0xA4 <= pair[0] <= 0xC6 or pair[0] == 0xA1,
}


def double_byte(body: bytes) -> tuple[float, str] | None:
    """The best double-byte encoding that decodes the body strictly, scored by its everyday characters."""
    sample = body[:_SAMPLE]
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
    words = 1.0 if _PAIR.search(text) else 0.5
    return max(sum(map(_ZONES[codec], leads)) - 2 * within, 0) / len(strange) * _typical(leads, codec) * words


def _typical(leads: list[bytes], codec: str) -> float:
    """Hangul ends at 0xC8 where everyday hanzi go on to 0xD7; Japanese has kana, or the kanji of lists."""
    if not leads:
        return 0.0
    late = sum(1 for pair in leads if pair[0] > 0xC8) / len(leads)
    kana = sum(1 for pair in leads if pair[0] in (0xA4, 0xA5) and pair[1] > 0xA0) / len(leads)
    if codec == "cp949":
        return 1.0 if late < 0.05 else 0.5
    if codec == "gb18030":
        return 0.9 if late >= 0.05 and kana < 0.2 else 0.7
    if codec == "euc_jp":
        return 1.0 if kana >= 0.15 or sum(map(_kanji().__contains__, leads)) >= 0.15 * len(leads) else 0.5
    return 1.0


@cache
def _kanji() -> frozenset[bytes]:
    return frozenset(char.encode("euc_jp") for char in _LISTED)
