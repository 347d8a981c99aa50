"""Adds files to a wheel: RECORD names each of them, WHEEL and the file's name say where it can be installed.

The format: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

PURE = "any"


def add(wheel: Path, files: Mapping[str, bytes], tag: str, to: Path) -> str:
    """Write `wheel` with these `files` besides to the folder `to`, for this platform tag; the new name.

    Entries have one date and one mode: the same sources give the same bytes.
    """
    name = wheel.name.removesuffix(f"-{PURE}.whl") + f"-{tag}.whl"
    with zipfile.ZipFile(wheel) as old:
        record = next(entry for entry in old.namelist() if entry.endswith(".dist-info/RECORD"))
        held = {entry: old.read(entry) for entry in old.namelist() if entry != record}
    folder = record.removesuffix("RECORD")
    if tag != PURE:
        held[f"{folder}WHEEL"] = _tagged(held[f"{folder}WHEEL"], tag)
    held |= files
    ordered = sorted(held, key=lambda entry: (entry.startswith(folder), entry))  # the metadata come last
    with zipfile.ZipFile(to / name, "w") as new:
        for entry in ordered:
            new.writestr(_entry(entry), held[entry])
        new.writestr(_entry(record), _record([*((entry, held[entry]) for entry in ordered)], record))
    return name


def _tagged(text: bytes, tag: str) -> bytes:
    pure, special = f"-{PURE}".encode(), f"-{tag}".encode()
    lines = [line.replace(pure, special) if line.startswith(b"Tag: ") else line for line in text.splitlines()]
    return b"\n".join(line.replace(b"Root-Is-Purelib: true", b"Root-Is-Purelib: false") for line in lines) + b"\n"


def _record(held: list[tuple[str, bytes]], record: str) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for entry, data in held:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.writerow([entry, f"sha256={digest}", len(data)])
    rows.writerow([record, "", ""])
    return text.getvalue()


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    return info
