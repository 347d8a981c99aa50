"""Where records stand in the file: lines, bytes and line ends of a text under one reading."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from csvapi.csvio.detection.reading import split_lines
from csvapi.csvio.parser import Careful
from csvapi.csvio.quote_repair import QuoteRepair
from csvapi.csvio.widths import common_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.detection.reading import Reading

BOM = "\ufeff"
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Text:
    """The physical lines of a decoded head as they stand (`lines`) and without byte order marks (`clean`).

    `start` is the byte at which the first line begins; `repeated` counts the byte order marks there after the first.
    """

    lines: list[str]
    clean: list[str]
    encoding: str
    start: int
    repeated: int

    @classmethod
    def of(cls, text: str, encoding: str, bom: int) -> Text:
        """The lines of a decoded head whose byte order mark has `bom` bytes."""
        body = text.lstrip(BOM)
        repeated = len(text) - len(body)
        lines = split_lines(body)
        clean = [line.lstrip(BOM) for line in lines] if BOM in body else lines
        return cls(lines, clean, encoding, bom + size([BOM * repeated], encoding), repeated)

    def byte(self, line: int) -> int:
        """The byte of the file at which the line (from 0) begins."""
        return self.start + size(self.lines[:line], self.encoding)


class Record(NamedTuple):
    """One record with the index of its first physical line and of the line after its last.

    It is `malformed` if text stands after a closing quote.
    """

    fields: list[str]
    first: int
    stop: int
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The records from the header on and the ones `above` it, under the chosen reading, and the text of all."""

    text: Text
    above: list[Record]
    records: list[Record]
    width: int
    ends: Counter[str]

    @property
    def fields(self) -> list[list[str]]:
        """The fields of each record."""
        return [record.fields for record in self.records]

    @property
    def preamble(self) -> tuple[tuple[int, str], ...]:
        """The lines above the header: number from 1, and the beginning of the text."""
        lines = enumerate(self.text.lines[: self.records[0].first], start=1)
        return tuple((number, printable(line.rstrip("\r\n")[:_SHOWN])) for number, line in lines)


def printable(text: str) -> str:
    """The text with U+FFFD for bytes that are no text, which were kept as surrogates (PEP 383)."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _Feed:
    """The lines for the csv module, from `position` on."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines, self.position, self.starved = lines, 0, False

    def __iter__(self) -> Iterator[str]:
        while self.position < len(self.lines):
            self.position += 1
            yield self.lines[self.position - 1]
        self.starved = True


def records(reading: Reading, lines: Sequence[str]) -> list[Record]:
    """Every record that is not a blank line. Those with malformed quotes are read as people mean them."""
    feed, found = _Feed(lines), []
    escapes = QuoteRepair.of(reading.form) if reading.quote and not reading.double_quote else None
    first = 0
    for fields, fault in Careful(feed, reading.form):
        if fields and (len(fields) > 1 or fields[0].strip() or lines[first].strip()):
            record = Record(fields, first, feed.position, fault == "text")
            if escapes and escapes.is_malformed(_text(record, lines)):
                record = record._replace(malformed=True)
            found.append(record)
        first = feed.position
    width = common_width(len(record.fields) for record in found if not record.malformed)
    return repaired(found, reading, lines, width)


def repaired(found: list[Record], reading: Reading, lines: Sequence[str], width: int) -> list[Record]:
    """The records, of which those with malformed quotes are read as having `width` fields where they can."""
    if not any(record.malformed for record in found):
        return found
    repair = QuoteRepair.of(reading.form)
    return [_repaired(record, repair, lines, width) if record.malformed else record for record in found]


def _repaired(record: Record, repair: QuoteRepair, lines: Sequence[str], width: int) -> Record:
    return record._replace(fields=repair.fields(_text(record, lines), record.fields, width))


def _text(record: Record, lines: Sequence[str]) -> str:
    """The record without its line end."""
    return "".join(lines[record.first : record.stop]).removesuffix("\n").removesuffix("\r")


def gaps(found: Sequence[Record]) -> list[bool]:
    """Whether a blank line stands above each record."""
    stops = [found[0].first, *(record.stop for record in found)]
    return [record.first > stop for record, stop in zip(found, stops, strict=False)]


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
