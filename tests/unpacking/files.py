"""Real files for the tests: workbooks by XlsxWriter and by hand, archives, compressed files, and hostile ones."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import xlsxwriter
import zstandard

PEOPLE = b"id,name\n007,Ada\n8,Bob\n7,Ada\n"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3">'
    "<office:body><office:spreadsheet>"
)
_ODS_TAIL = "</office:spreadsheet></office:body></office:document-content>"


def gzipped(data: bytes, level: int = 9) -> bytes:
    """As gzip packs it, the same bytes at any time: they are in the names of tests."""
    return gzip.compress(data, level, mtime=0)


def zipped(members: dict[str, bytes] | Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive, the same bytes at any time, as `gzipped`."""
    target = io.BytesIO()
    pairs = members.items() if isinstance(members, dict) else members
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in pairs:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def zstd(content: bytes, **options: Any) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(content)


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    """What XlsxWriter makes of what `fill` does to it."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    fill(book)
    book.close()
    return target.getvalue()


def sheet(*rows: list[Any], name: str = "Sheet1", at: tuple[int, int] = (0, 0)) -> bytes:
    """A workbook of one sheet with these cells, as they are."""

    def fill(book: xlsxwriter.Workbook) -> None:
        page = book.add_worksheet(name)
        for number, row in enumerate(rows):
            page.write_row(at[0] + number, at[1], row)

    return workbook(fill)


def every_kind() -> bytes:
    """A sheet with a cell of each type, from B3 on."""

    def fill(book: xlsxwriter.Workbook) -> None:
        page = book.add_worksheet("Types")
        page.write_row("B3", ["kind", "value"])
        styles = {kind: book.add_format({"num_format": form}) for kind, form in FORMS.items()}
        for number, (kind, value) in enumerate(VALUES):
            page.write(3 + number, 1, kind)
            if isinstance(value, date | time | timedelta):
                page.write_datetime(3 + number, 2, value, styles[kind])
            elif kind in {"error", "formula"}:
                page.write_formula(3 + number, 2, "=1/0" if kind == "error" else "=1+1", None, value)
            elif isinstance(value, bool):
                page.write_boolean(3 + number, 2, value)
            elif isinstance(value, str):
                page.write_string(3 + number, 2, value)
            else:
                page.write_number(3 + number, 2, value, styles.get(kind))

    return workbook(fill)


FORMS = {
    "date": "yyyy-mm-dd",
    "date and time": "yyyy-mm-dd hh:mm:ss",
    "time": "hh:mm:ss",
    "duration": "[h]:mm:ss",
    "padded": "00000",
}
VALUES: list[tuple[str, Any]] = [
    ("text", "007"),
    ("quoted", 'say "hi", and\r\nbye'),
    ("whole", 42.0),
    ("fraction", 0.1),
    ("sum", 0.1 + 0.2),
    ("large", 1e15),
    ("larger", 12345678901234567890.0),
    ("small", 1.5e-10),
    ("padded", 1234.0),
    ("true", True),
    ("false", False),
    ("date", date(2026, 1, 31)),
    ("date and time", datetime(2026, 1, 31, 12, 30, 15)),
    ("time", time(6, 30)),
    ("duration", timedelta(hours=26, minutes=30)),
    ("formula", 2),
    ("error", "#DIV/0!"),
    ("looks like one", "=1+1"),
]
TEXTS = [
    "007",
    'say "hi", and\nbye',  # XML knows one line end
    "42",
    "0.1",
    "0.3",
    "1000000000000000",
    "12345678901234570000",
    "1.5e-10",
    "1234",
    "TRUE",
    "FALSE",
    "2026-01-31",
    "2026-01-31T12:30:15",
    "06:30:00",
    "PT26H30M",
    "2",
    "#DIV/0!",
    "=1+1",
]


def ods(*sheets: tuple[str, str], **more: bytes) -> bytes:
    """A spreadsheet of these sheets, each with its name and the XML of its rows."""
    tables = "".join(f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets)
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return zipped(
        {
            "mimetype": ODS_TYPE.encode(),
            "content.xml": (_ODS_HEAD + tables + _ODS_TAIL).encode(),
            "META-INF/manifest.xml": more.get("manifest", manifest.encode()),
        }
    )


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def cell(text: str, kind: str = "string", **attributes: str) -> str:
    values = "".join(f' office:{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<table:table-cell office:value-type="{kind}"{values}><text:p>{text}</text:p></table:table-cell>'


def changed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped(
            {name: change(archive.read(name)) if name == part else archive.read(name) for name in archive.namelist()}
        )


def understated(content: bytes, part: str, size: int = 64) -> bytes:
    """A workbook that says of one of its parts that it is so small (APPNOTE.TXT, sections 4.3.7 and 4.3.12)."""
    data = bytearray(content)
    for signature, field, head in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        at = 0
        while data[at : at + 4] != signature:
            at = data.index(part.encode(), at + head + 1) - head
        data[at + field : at + field + 4] = size.to_bytes(4, "little")
    return bytes(data)


def encrypted(name: str, content: bytes) -> bytes:
    """A ZIP archive that says its member is encrypted: the flag in both of its headers."""
    data = bytearray(zipped({name: content}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def protected_workbook() -> bytes:
    """The container of an encrypted workbook (MS-CFB): a head, and a directory that names the stream."""
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    head[24:34] = b"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00"
    head[44:48] = (1).to_bytes(4, "little")
    head[48:52] = (0).to_bytes(4, "little")
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", "EncryptedPackage"))
    return bytes(head) + entries.ljust(512, b"\0")
