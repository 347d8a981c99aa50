"""Where records stand in the file: lines, bytes and line ends of a text under one reading."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.detection.reading import Reading


@dataclass(frozen=True, slots=True)
class Record:
    """One record with the index of its first physical line and of the line after its last."""

    fields: list[str]
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Table:
    """The records from the header on, under the chosen reading, and the lines they stand in."""

    lines: list[str]
    records: list[Record]
    width: int
    ends: Counter[str]

    @property
    def fields(self) -> list[list[str]]:
        return [record.fields for record in self.records]


def records(reading: Reading, lines: Sequence[str]) -> Iterator[Record]:
    """Every record that is not a blank line."""
    reader = reading.reader(lines)
    first = 0
    for fields in reader:
        if fields and (len(fields) > 1 or fields[0].strip() or lines[first].strip()):
            yield Record(fields, first, reader.line_num)
        first = reader.line_num


def line_ends(found: Sequence[Record], lines: Sequence[str]) -> Counter[str]:
    """How many records end in which line end (line breaks inside quoted fields are not counted)."""
    last = [lines[record.stop - 1] for record in found]
    ends = Counter(line[len(line.rstrip("\r\n")) :] for line in last)
    ends.pop("", None)
    return ends


def size(lines: Sequence[str], encoding: str) -> int:
    """How many bytes the lines take in the file; undecodable ones were kept as surrogates (PEP 383)."""
    wide = encoding.startswith(("utf-16", "utf-32"))
    return len("".join(lines).encode(encoding, "surrogatepass" if wide else "surrogateescape"))
