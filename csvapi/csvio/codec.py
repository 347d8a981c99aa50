"""Which encodings a file may be in, and what their bytes allow."""

from __future__ import annotations

import codecs

from csvapi.errors import UnsupportedEncoding

BOMS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
_STATEFUL = ("iso2022", "hz", "utf_7", "punycode", "idna", "unicode_escape", "raw_unicode_escape")
_TRAIL_BYTES_FROM = 0x30  # the lowest byte that may be half of a character in Shift-JIS, GBK, GB 18030 and Big5
_OVERLAPPING = {"gbk", "gb18030", "big5", "big5hkscs", "cp932", "cp949", "cp950", "johab", "shift_jis"}


def codec_name(encoding: str, head: bytes = b"") -> str:
    """Python's name of an encoding; `head` settles the byte order of plain "utf-16".

    Raises `UnsupportedEncoding` for what Python does not have, what is no text encoding, and one where what bytes mean
    depends on those before them, so that records cannot be copied one by one.
    """
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise UnsupportedEncoding(f"Encoding {encoding!r} is not supported.", pointer="/encoding") from error
    if name.replace("-", "_").startswith(_STATEFUL):
        detail = (
            f"Encoding {encoding!r}, where bytes change what the next ones mean, is not supported; convert to UTF-8."
        )
        raise UnsupportedEncoding(detail, pointer="/encoding")
    if name in ("utf-16", "utf-32"):
        return f"{name}-be" if head.startswith(BOMS[f"{name}-be"]) else f"{name}-le"
    return "utf-8" if name == "utf-8-sig" else name


def must_transcode(codec: str, special: str) -> bool:
    """Whether bytes in `codec` cannot be cut at the `special` characters as they are."""
    ascii_bytes = bytes(range(0x80))
    try:
        if ascii_bytes.decode(codec) != ascii_bytes.decode("ascii"):
            return True
    except UnicodeDecodeError:
        return True
    risky = any(ord(character) >= _TRAIL_BYTES_FROM for character in special)
    return risky and codec.split("_2004")[0].split("x0213")[0] in _OVERLAPPING


def unit_size(codec: str) -> int:
    """The bytes that every character's are a multiple of."""
    return {"utf-16": 2, "utf-32": 4}.get(codec[:6], 1)


def error_handler(codec: str) -> str:
    """The error handler by which bytes that are no text survive a round trip (PEP 383, or lone surrogates as such)."""
    return "surrogatepass" if codec.startswith(("utf-16", "utf-32")) else "surrogateescape"
