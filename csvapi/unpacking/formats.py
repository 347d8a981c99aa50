"""The formats that hold a CSV, and how the first bytes tell them; the name of a file says nothing."""

from __future__ import annotations

from dataclasses import dataclass

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SKIPPABLE = b"\x2a\x4d\x18"  # after a byte from 0x50 to 0x5f: a frame of Zstandard that holds no data (RFC 8878)
LONGEST = 8  # bytes that tell the format


@dataclass(frozen=True, slots=True)
class Format:
    """`options` are the parts of a `Selection` that apply; `delimiter` is that of the CSV if this service writes it."""

    name: str
    words: str
    media_type: str
    suffix: str
    options: frozenset[str] = frozenset()
    delimiter: str = ""


_SHEET = frozenset(("sheet", "range"))
FORMATS = {
    each.name: each
    for each in (
        Format(
            "xlsx",
            "an Excel workbook",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ".xlsx",
            _SHEET,
            ",",
        ),
        Format(
            "ods",
            "an OpenDocument spreadsheet",
            "application/vnd.oasis.opendocument.spreadsheet",
            ".ods",
            _SHEET,
            ",",
        ),
        Format("zip", "a ZIP archive", "application/zip", ".zip", frozenset(("member",))),
        Format("gzip", "a gzip file", "application/gzip", ".gz"),
        Format("zstd", "a Zstandard file", "application/zstd", ".zst"),
    )
}
"""By name, as answers and receipts have it."""
PACKED = (*(each.suffix for each in FORMATS.values()), ".gzip", ".zstd")
"""How names of such files end."""


def packed_format(head: bytes) -> str:
    """What a file may be that begins so: `zip` (workbooks, too), `gzip`, `zstd`, `ole`; "" for anything else.

    `ole` is the container of old Office files and of workbooks with a password.
    """
    if head.startswith((ZIP, EMPTY_ZIP)):
        return "zip"
    if head.startswith(GZIP):
        return "gzip"
    if head.startswith(ZSTD) or (head[1:4] == _SKIPPABLE and head[:1] in b"PQRSTUVWXYZ[\\]^_"):
        return "zstd"
    return "ole" if head.startswith(OLE) else ""


def csv_name(name: str) -> str:
    """The name of the CSV in a file of that name."""
    lower = name.lower()
    for suffix in PACKED:
        if lower.endswith(suffix):
            name = name[: -len(suffix)]
            break
    return name if name.lower().endswith(".csv") else f"{name}.csv"
