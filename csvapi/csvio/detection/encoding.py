"""Which encoding: byte order mark, NUL pattern, strict UTF-8, then the code page whose letters make sense.

Order and reasons: a BOM is a statement (Unicode standard, 23.8); UTF-16/32 without one show in where the NULs of ASCII
characters stand; UTF-8 is so redundant that valid multi-byte sequences are proof (RFC 3629, section 1); everything else
is one of the legacy code pages and is decided by plausibility (`legacy`).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from csvapi.csvio.detection import legacy
from csvapi.csvio.detection.result import Issue
from csvapi.errors import UnsupportedEncoding

_BOMS = (  # UTF-32-LE's begins with UTF-16-LE's, so the longer ones come first
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_REFUSED = (
    (b"+/v", "UTF-7"),
    (b"\x84\x31\x95\x33", "GB18030 with a byte order mark"),
    (b"\xdd\x73\x66\x73", "UTF-EBCDIC"),
    (b"\x0e\xfe\xff", "SCSU"),
)
_ESCAPED = re.compile("[\udc80-\udcff]")
_CONTINUATION = bytes(range(0x80, 0xC0))
_ESCAPES = ((b"\x1b$B", "ISO-2022-JP"), (b"\x1b$@", "ISO-2022-JP"), (b"\x1b$)C", "ISO-2022-KR"))


@dataclass(frozen=True, slots=True)
class Decoded:
    """The head as text (without its BOM), the codec that gave it, and how that was found."""

    text: str
    encoding: str
    bom: bytes
    confidence: float
    evidence: str
    issues: tuple[Issue, ...] = ()


def decode(head: bytes, tail: bytes = b"") -> Decoded:
    """Find the encoding of `head` (`tail` is more evidence where the head is plain ASCII) and decode it.

    A character cut by the end of the head is left out; undecodable bytes are reported, not refused.
    """
    _refuse_exotic(head)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return _decoded(head[len(bom) :], encoding, bom, 1.0, f"encoding {encoding}: the file starts with its BOM")
    wide = _wide(head)
    if wide:
        return _decoded(
            head, wide, b"", 0.95, f"encoding {wide}: the NUL bytes stand where its ASCII characters have them"
        )
    if head.isascii() and tail.isascii():
        return _decoded(head, "utf-8", b"", 1.0, "encoding utf-8: every byte read is ASCII")
    return _narrow(head, tail)


def _refuse_exotic(head: bytes) -> None:
    names = [name for mark, name in _REFUSED if head.startswith(mark) and head[3:4] in b"89+/\x33\x73\xff"]
    names += [name for mark, name in _ESCAPES if mark in head]
    if names:
        raise UnsupportedEncoding(
            f"The file is written in {names[0]}: convert it to UTF-8 first (`iconv -t UTF-8`).", byte=0
        )


def _narrow(head: bytes, tail: bytes) -> Decoded:
    """UTF-8 if its multi-byte sequences are valid, all or nearly all; otherwise the most plausible code page."""
    evidence = head if not head.isascii() else tail
    if evidence is tail:
        evidence = evidence.lstrip(_CONTINUATION)
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(evidence)
    bad = len(_ESCAPED.findall(text))
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    if bad * 4 <= good:
        sentence = f"encoding utf-8: {good} characters are valid multi-byte sequences"
        return _decoded(head, "utf-8", b"", 0.8 if bad else 1.0, sentence)
    guess = legacy.guess(evidence)
    return _decoded(head, guess.encoding, b"", guess.confidence, guess.evidence)


def _wide(head: bytes) -> str:
    """UTF-16 or UTF-32 without a BOM, or "": NULs of ASCII characters fall into one place of every unit.

    The line ends, delimiters and digits of a CSV are ASCII, whatever its language, so a tenth is enough; and two of the
    four bytes of UTF-32 are NUL in every character of every living script (Unicode standard, 2.8).
    """
    if b"\x00" not in head:
        return ""
    places = [head[offset::4].count(0) for offset in range(4)]
    units = max(len(head) // 4, 1)
    if min(places[2:]) * 10 > units * 9 and places[0] * 4 < units:
        return _if_valid(head, "utf-32-le")
    if min(places[:2]) * 10 > units * 9 and places[3] * 4 < units:
        return _if_valid(head, "utf-32-be")
    even, odd = places[0] + places[2], places[1] + places[3]
    if max(even, odd) * 10 < units * 2 or min(even, odd) * 2 > max(even, odd):
        return ""
    return _if_valid(head, "utf-16-le" if odd > even else "utf-16-be")


def _if_valid(head: bytes, encoding: str) -> str:
    """The encoding, unless it gives undecodable units, NULs, or units of two ASCII bytes where NULs should be.

    Line ends are units of their own: where there are only bytes of them inside others, the NULs are stray ones.
    """
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    if b"\n" in head and "\n" not in text and "\r" not in text:
        return ""
    pairs = sum(1 for char in text if "\x20" <= chr(ord(char) & 0xFF) <= "\x7e" and 0x20 <= ord(char) >> 8 <= 0x7E)
    wide = sum(1 for char in text if char > "\xff")
    if pairs * 10 > wide * 7 and wide:
        return ""
    return encoding if text.count("\ufffd") * 20 <= len(text) and text.count("\x00") * 20 <= len(text) else ""


def _decoded(body: bytes, encoding: str, bom: bytes, confidence: float, evidence: str) -> Decoded:
    """Decode so that nothing is lost: an undecodable byte becomes a surrogate of its own (PEP 383)."""
    wide = encoding.startswith(("utf-16", "utf-32"))
    try:
        text = codecs.getincrementaldecoder(encoding)("surrogatepass" if wide else "surrogateescape").decode(body)
    except UnicodeDecodeError as error:
        detail = f"The file is not valid {encoding} at byte {error.start + len(bom)}: convert it to UTF-8 first."
        raise UnsupportedEncoding(detail, byte=error.start + len(bom)) from error
    issues = () if wide else _undecodable(text, encoding, len(bom))
    return Decoded(text, encoding, bom, confidence, evidence, issues)


def _undecodable(text: str, encoding: str, offset: int) -> tuple[Issue, ...]:
    first = _ESCAPED.search(text)
    if not first:
        return ()
    before = text[: first.start()]
    byte = offset + len(before.encode(encoding, "surrogateescape"))
    line = len(re.findall(r"\r\n?|\n", before)) + 1
    detail = f"bytes that are not {encoding}; they are kept as they are"
    return (Issue("undecodable", detail, count=len(_ESCAPED.findall(text)), line=line, byte=byte),)
