"""UTF-16 and UTF-32 without a byte order mark: NUL bytes stand where ASCII characters have them.

The line ends, delimiters and digits of a CSV are ASCII, whatever its language, but in Chinese, Japanese and Korean they
may be few: there the characters beyond ASCII must be those of these scripts (Unicode standard, 2.8 and 18).
"""

from __future__ import annotations

import codecs

_EAST = ((0x2000, 0x206F), (0x2E80, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))
"""Han, kana and hangul, with their punctuation and the forms of full and half width."""
_SMALL = 10
"""So few characters beyond Latin-1 may all, by chance, be made of bytes that are ASCII characters as well."""


def wide(head: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark, or "".

    Two of the four bytes of UTF-32 are NUL in every character of every living script.
    """
    if b"\x00" not in head:
        return ""
    places = [head[offset::4].count(0) for offset in range(4)]
    units = max(len(head) // 4, 1)
    if min(places[2:]) * 10 > units * 9:
        return _if_valid(head, "utf-32-le")
    if min(places[:2]) * 10 > units * 9:
        return _if_valid(head, "utf-32-be")
    even, odd = places[0] + places[2], places[1] + places[3]
    usual, other = ("utf-16-le", "utf-16-be") if odd > even else ("utf-16-be", "utf-16-le")
    plain = max(even, odd) * 10 >= units * 2 and min(even, odd) * 2 <= max(even, odd)
    return (plain and _if_valid(head, usual)) or _if_east_asian(head, usual) or _if_east_asian(head, other)


def _if_valid(head: bytes, encoding: str) -> str:
    """The encoding, unless it gives undecodable units, NULs, or units of two ASCII bytes where NULs should be.

    Line ends are units of their own: where there are only bytes of them inside others, the NULs are stray ones.
    """
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    if b"\n" in head and "\n" not in text and "\r" not in text:
        return ""
    pairs = sum(1 for char in text if "\x20" <= chr(ord(char) & 0xFF) <= "\x7e" and 0x20 <= ord(char) >> 8 <= 0x7E)
    beyond = sum(1 for char in text if char > "\xff")
    if pairs and pairs * 10 > beyond * (7 if beyond >= _SMALL else 9):
        return ""
    return encoding if text.count("\ufffd") * 20 <= len(text) and text.count("\x00") * 20 <= len(text) else ""


def _if_east_asian(head: bytes, encoding: str) -> str:
    """The encoding, if most bytes of line ends are such units, and most characters beyond Latin-1 are East Asian."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    ends = text.count("\n") + text.count("\r")
    if ends * 2 <= head.count(b"\n") + head.count(b"\r"):
        return ""
    beyond = [ord(char) for char in text if char > "\xff"]
    east = sum(1 for code in beyond if any(first <= code <= last for first, last in _EAST))
    return _if_valid(head, encoding) if east * 10 >= len(beyond) * 9 else ""
