"""Files that are not CSV at all: refuse them by name and say the way out.

Binary formats are known by their magic numbers (the public lists of libmagic and of the formats' own documents).
JSON, HTML and XML are text, and a CSV cell may hold any of them: they are refused only on evidence a CSV cannot give,
a JSON value that ends where the line ends, or markup in the place of records.
"""

from __future__ import annotations

import json
import re

from csvapi.errors import NotCsv

_DECOMPRESS = "decompress it first"
_EXPORT = "export the sheet as CSV and send that"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "gzip-compressed", "decompress it first, or send it as the body itself with Content-Encoding: gzip"),
    (b"\x28\xb5\x2f\xfd", "Zstandard-compressed", _DECOMPRESS),
    (b"\xfd7zXZ\x00", "xz-compressed", _DECOMPRESS),
    (b"BZh", "bzip2-compressed", _DECOMPRESS),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "extract the CSV from it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "extract the CSV from it first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (XLS)", _EXPORT),
    (b"%PDF-", "a PDF document", "a PDF holds a picture of a table: ask its author for the data as CSV"),
    (b"SQLite format 3\x00", "an SQLite database", "export the table with `sqlite3 -csv -header FILE 'select …'`"),
    (b"PAR1", "a Parquet file", "write it as CSV with the tool that made it"),
    (b"ARROW1\x00\x00", "an Arrow file", "write it as CSV with the tool that made it"),
    (b"Obj\x01", "an Avro file", "write it as CSV with the tool that made it"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "write it as CSV with the tool that made it"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", "send the data as text"),
    (b"\xff\xd8\xff", "a JPEG picture", "send the data as text"),
    (b"GIF87a", "a GIF picture", "send the data as text"),
    (b"GIF89a", "a GIF picture", "send the data as text"),
    (b"II*\x00", "a TIFF picture", "send the data as text"),
    (b"MM\x00*", "a TIFF picture", "send the data as text"),
    (b"\x7fELF", "a program", "send the data as text"),
    (b"{\\rtf", "an RTF document", "save it as plain text"),
)
_ASCII_MAGIC = (b"BZh", b"PAR1", b"Obj\x01")
"""Signatures that text could begin with: they count only when control bytes follow soon."""
_CONTROL = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26, 27} - {0} - set(range(28, 32))) + b"\x7f"
_HTML = re.compile(
    r"\s*<(?:!doctype\s+html|html|head|body|table|\?xml|!--|svg|rss|feed|kml)\b|\s*<\?xml|\s*<!--", re.IGNORECASE
)
_MARKUP_LINE = re.compile(r"\s*<[!?/a-zA-Z](?!.*>[,;|\t]<).*>\s*")


def refuse_binary(head: bytes, tail: bytes = b"") -> None:
    """Raise `NotCsv` for a known binary format."""
    if head.startswith(b"PK\x03\x04"):
        raise NotCsv(_zip_message(head + tail))
    for magic, name, way_out in _MAGIC:
        if head.startswith(magic) and (magic not in _ASCII_MAGIC or _looks_binary(head[:512])):
            raise NotCsv(f"This file is {name}, not CSV: {way_out}.", byte=0)
    if head[257:262] == b"ustar":
        raise NotCsv("This file is a tar archive, not CSV: extract the CSV from it first.", byte=0)


def refuse_noise(head: bytes) -> None:
    """Raise `NotCsv` when a twentieth of the bytes are assorted controls, or most are NUL (and it is not UTF-16/32).

    One control character alone may be the delimiter (Hive writes 0x01).
    """
    controls = len(head) - len(head.translate(None, _CONTROL + b"\x00"))
    kinds = len(set(head).intersection(_CONTROL))
    if (controls * 20 > len(head) and kinds > 3) or head.count(0) * 2 > len(head):
        raise NotCsv("This file is binary, not CSV: send the data as text, one record a line.", byte=0)


def refuse_text(text: str, *, complete: bool) -> None:
    """Raise `NotCsv` when the text is a JSON, HTML or XML document."""
    start = text[:200].lstrip()
    if start[:1] in ("{", "[") and _is_json(text.lstrip(), complete=complete):
        raise NotCsv("This file is JSON, not CSV: convert it first, for example with `jq -r '… | @csv'`.", byte=0)
    if start[:1] == "<" and _is_markup(text):
        raise NotCsv("This file is HTML or XML, not CSV: download the data itself, not the page that shows it.", byte=0)


def _looks_binary(part: bytes) -> bool:
    return len(part.translate(None, _CONTROL + b"\x00")) < len(part)


def _zip_message(content: bytes) -> str:
    if b"[Content_Types].xml" in content or b"xl/" in content:
        return f"This file is an Excel workbook (XLSX), not CSV: {_EXPORT}."
    if b"opendocument.spreadsheet" in content:
        return f"This file is an OpenDocument spreadsheet (ODS), not CSV: {_EXPORT}."
    return "This file is a ZIP archive, not CSV: extract the CSV from it first."


def _is_json(text: str, *, complete: bool) -> bool:
    """Whether the text is one JSON value, one a line, or the valid beginning of one that the head's end cut."""
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)
    try:
        value, end = decoder.raw_decode(text)
    except json.JSONDecodeError as error:
        # A string may not hold a line break in JSON, so an unterminated one reaches the end of the text as well.
        cut = error.pos >= len(text) - 8 or error.msg.startswith("Unterminated string")
        return cut and not complete and len(text) > 200
    except RecursionError:
        return True
    rest = text[end:]
    nothing_more = not rest.strip()
    return (nothing_more and bool(value)) or (rest.lstrip(" \t\r")[:1] == "\n" and rest.lstrip()[:1] in ("{", "["))


def _is_markup(text: str) -> bool:
    """Whether lines are tags: a document's first tag and no record after it, or tags on nearly all lines."""
    lines = [line for line in text[:8192].splitlines() if line.strip()][:50]
    tags = sum(1 for line in lines if _MARKUP_LINE.fullmatch(line))
    if _HTML.match(text):
        return len(lines) < 2 or tags * 4 >= len(lines)
    return len(lines) >= 3 and tags * 10 >= len(lines) * 9
