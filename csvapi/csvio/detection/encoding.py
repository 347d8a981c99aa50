"""Which encoding: byte order mark, NUL pattern, strict UTF-8, then the code page whose letters make sense.

Order and reasons: a BOM is a statement (Unicode standard, 23.8); UTF-16/32 without one show in where the NULs of ASCII
characters stand; UTF-8 is so redundant that valid multi-byte sequences are proof (RFC 3629, section 1); everything else
is one of the legacy code pages and is decided by plausibility (`legacy`).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

from csvapi.csvio.detection import legacy
from csvapi.csvio.detection.result import Issue
from csvapi.csvio.detection.wide import wide
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
_REST = 3
_ESCAPES = ((b"\x1b$B", "ISO-2022-JP"), (b"\x1b$@", "ISO-2022-JP"), (b"\x1b$)C", "ISO-2022-KR"))


@dataclass(frozen=True, slots=True)
class Decoded:
    """The head as text (without its BOM), the codec that gave it, and how that was found.

    `rival` is another encoding that gives another text which reads nearly as well, or ""; `tail` is the end of the file
    as text, where that alone decided between the two.
    """

    text: str
    encoding: str
    bom: bytes
    confidence: float
    evidence: str
    issues: tuple[Issue, ...] = ()
    rival: str = ""
    tail: str = ""


def decode(head: bytes, tail: bytes = b"") -> Decoded:
    """Find the encoding of `head` (`tail`, the file's last bytes, is more evidence) and decode it.

    A character cut by the end of the head is left out; undecodable bytes are reported, not refused.
    """
    _refuse_exotic(head)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return _decoded(head[len(bom) :], encoding, bom, 1.0, f"encoding {encoding}: the file starts with its BOM")
    unmarked = wide(head)
    if unmarked:
        sentence = f"encoding {unmarked}: the NUL bytes stand where its ASCII characters have them"
        return _decoded(head, unmarked, b"", 0.95, sentence)
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
    """UTF-8 if its multi-byte sequences are valid, all or nearly all; otherwise the most plausible code page.

    Where the head is plain ASCII the tail decides, which may begin inside a character.
    """
    body = head if not head.isascii() else tail
    good, bad = _sequences(body if body is head else _from_character(tail))
    if good and bad * 4 <= good:
        sentence = f"encoding utf-8: {good} characters are valid multi-byte sequences"
        return _decoded(head, "utf-8", b"", 0.8 if bad else 1.0, sentence)
    guess = legacy.guess(_whole_lines(head, tail) if tail else head)
    found = _decoded(head, guess.encoding, b"", guess.confidence, guess.evidence)
    end = tail.decode(guess.encoding, "surrogateescape") if head.isascii() else ""
    return replace(found, rival=guess.rival, tail=end)


def _whole_lines(head: bytes, tail: bytes) -> bytes:
    """The lines of both but for those that are cut, maybe inside a character; all, where only these are not ASCII."""
    lines = b"\n".join([*head.splitlines()[:-1], *tail.splitlines()[1:]])
    return lines if not lines.isascii() else head + b"\n" + tail


def _sequences(body: bytes) -> tuple[int, int]:
    """How many characters beyond ASCII are valid UTF-8, and how many bytes are not."""
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(body)
    bad = len(_ESCAPED.findall(text))
    return len(text) - len(text.encode("ascii", "ignore")) - bad, bad


def _from_character(tail: bytes) -> bytes:
    """The tail without the end of a UTF-8 character, of three bytes at most, that it may begin with."""
    return tail[:_REST].lstrip(_CONTINUATION) + tail[_REST:]


def _decoded(body: bytes, encoding: str, bom: bytes, confidence: float, evidence: str) -> Decoded:
    """Decode so that nothing is lost: an undecodable byte becomes a surrogate of its own (PEP 383)."""
    in_units = encoding.startswith(("utf-16", "utf-32"))
    try:
        text = codecs.getincrementaldecoder(encoding)("surrogatepass" if in_units else "surrogateescape").decode(body)
    except UnicodeDecodeError as error:
        detail = f"The file is not valid {encoding} at byte {error.start + len(bom)}: convert it to UTF-8 first."
        raise UnsupportedEncoding(detail, byte=error.start + len(bom)) from error
    issues = () if in_units else _undecodable(text, encoding, len(bom))
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
