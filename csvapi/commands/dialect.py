"""The dialect of a run: what detection finds, and what the command line says instead."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from csvapi.csvio.codec import BOMS, codec_name
from csvapi.csvio.dialect import Dialect
from csvapi.errors import NoRecords

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.data_warnings import DataWarning
    from csvapi.csvio.detection import Detection

_ENOUGH = {"delimiter", "quote", "header", "encoding"}  # with these said, nothing needs to be detected
_LINE_ENDS = ("\n", "\r\n", "\r")
_LINE_END = re.compile("\r\n|[\r\n]")
CSV = {"delimiter": ",", "quote": '"', "header": True, "encoding": "utf-8"}
"""The dialect that `normalise` writes, by the name `csv`."""


def check_override(value: dict[str, Any]) -> None:
    """See that `value` names parts of a dialect and gives each what it takes. Raises `ValueError` that says which."""
    types = {field.name: type(field.default) for field in fields(Dialect)}
    for name, item in value.items():
        if name not in types:
            raise ValueError(f"{name} is no part of a dialect; the parts are {', '.join(types)}")
        if type(item) is not types[name]:
            raise ValueError(f"{name} must be a {types[name].__name__}, as JSON writes it")
    if len(value.get("delimiter", ",")) != 1 or value.get("delimiter") in ("\n", "\r", '"'):
        raise ValueError("delimiter must be one character, and no quote or line end")
    if max(len(value.get(name, "")) for name in ("quote", "escape")) > 1:
        raise ValueError("quote and escape must be one character, or empty for none")
    if value.get("comment") and (len(value["comment"]) != 1 or value["comment"].isspace()):
        raise ValueError("comment must be one character that is no space, or empty for none")
    if value.get("line_end", "\n") not in _LINE_ENDS:
        raise ValueError(r"line_end must be \n, \r\n or \r")
    if value.get("preamble", 0) < 0:
        raise ValueError("preamble is a number of bytes from 0")
    _check_encoding(value.get("encoding", "utf-8"))


def _check_encoding(name: str) -> None:
    try:
        "".encode(codecs.lookup(name).name)
    except LookupError as error:
        raise ValueError(f"the encoding {name!r} is not known") from error


def detection(path: Path, delimiter: str = "") -> Detection:
    """What the file's first and last bytes say; `delimiter` where it is known.

    Raises `InvalidInput` for an empty file, `NotCsv` for none at all.
    """
    from csvapi.csvio.detection import HEAD, detect

    head, tail, size = _ends(path, HEAD)
    return detect(head, tail, complete=size <= HEAD, size=size, delimiter=delimiter)


def dialect(path: Path, override: dict[str, Any], delimiter: str = "") -> tuple[Dialect, list[DataWarning]]:
    """The detected dialect with what `override` says instead; of a file without records, the usual one.

    `delimiter` is that of a file which was written here. Also what detection warns of, as far as it is
    about what is detected.
    """
    from csvapi.csvio.detection import HEAD

    return of_ends(*_ends(path, HEAD), override, delimiter)


def of_ends(
    head: bytes, tail: bytes, size: int, override: dict[str, Any], delimiter: str = ""
) -> tuple[Dialect, list[DataWarning]]:
    """The same of the first and last bytes of a file of this size."""
    from csvapi.csvio.detection import HEAD, detect

    if set(override) >= _ENOUGH:
        return _with_ends(head, override), []
    try:
        found = detect(head, tail, complete=size <= HEAD, size=size, delimiter=delimiter, said=override)
    except NoRecords:
        return replace(_of_nothing(head), **override), []
    warnings = [each for each in found.passed_on() if not override or each.code == "encoding_in_doubt"]
    return replace(found.dialect, **override), [] if "encoding" in override else warnings


def _with_ends(head: bytes, override: dict[str, Any]) -> Dialect:
    """The dialect that was said, with the byte order mark and the line end of the file where they were not."""
    said = Dialect(**override)
    codec = codec_name(said.encoding, head)
    mark = codec in BOMS and head.startswith(BOMS[codec])
    text = head.decode(codec, "replace")
    outside = "".join(text.split(said.quote)[::2]) if said.quote else text
    ends = Counter(_LINE_END.findall(outside)).most_common(1)
    seen = {"bom": mark, "line_end": ends[0][0]} if ends else {"bom": mark}
    return replace(said, **{**seen, **override})


def _ends(path: Path, most: int) -> tuple[bytes, bytes, int]:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(most)
        file.seek(max(len(head), size - most))
        return head, file.read(most), size


def _of_nothing(head: bytes) -> Dialect:
    """The dialect of a file without records: its byte order mark, if it has one."""
    encodings = [name for name, mark in BOMS.items() if head.startswith(mark)]
    return Dialect(encoding=encodings[-1], bom=True) if encodings else Dialect()
