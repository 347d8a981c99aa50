"""Why the reading was chosen, and what looked odd on the way: sentences for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio.detection.place import size
from csvapi.csvio.detection.result import Issue

if TYPE_CHECKING:
    from csvapi.csvio.detection.encoding import Decoded
    from csvapi.csvio.detection.header import Header
    from csvapi.csvio.detection.place import Table
    from csvapi.csvio.detection.reading import Reading
    from csvapi.csvio.detection.scoring import Trial
    from csvapi.csvio.dialect import Dialect

_NAMES = {"\t": "tab", " ": "space"}
_END_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
_LONG = 100


def evidence(best: Trial, decoded: Decoded, table: Table, named: Header, *, sep: bool) -> list[str]:
    """One sentence for each thing that was decided, the encoding first, the header last."""
    first = table.records[0].first
    sentences = [decoded.evidence, _delimiter(best, table, sep=sep), _quote(best.reading, table)]
    if best.reading.escape:
        sentences.append(f"escape {best.reading.escape}: it stands before quotes or delimiters inside fields")
    if best.reading.skip_space:
        sentences.append("spaces after the delimiter are not part of the values: nearly every field has one")
    if first:
        sentences.append(f"preamble: the first {first} lines are not part of the table" if first > 1 else _ONE_LINE)
    return [*sentences, f"{named.evidence} (confidence {named.confidence})"]


_ONE_LINE = "preamble: the first line is not part of the table"


def _delimiter(best: Trial, table: Table, *, sep: bool) -> str:
    records = table.records
    if not best.reading.delimiter or table.width < 2:
        return f"one column: no delimiter splits the {len(records)} records in a regular way"
    right = sum(1 for record in records if len(record.fields) == table.width)
    name = _NAMES.get(best.reading.delimiter, repr(best.reading.delimiter))
    said = "; a sep= line names it" if sep else ""
    return f"delimiter {name}: {right} of {len(records)} records have {table.width} fields{said}"


def _quote(reading: Reading, table: Table) -> str:
    if not reading.quote:
        return "quote none: the quotes in the text do not enclose fields"
    lines = sum(1 for line in table.lines if reading.quote in line)
    return f"quote {reading.quote}: it occurs in {lines} of {len(table.lines)} lines" if lines else _NO_QUOTE


_NO_QUOTE = 'quote ": assumed, none occurs in the part read'


def issues(table: Table, dialect: Dialect, bom: int) -> list[Issue]:
    """Each kind of oddity once, with its count and its first place."""
    places = {
        "ragged": [index for index, record in enumerate(table.records) if len(record.fields) != table.width],
        "nul": [index for index, record in enumerate(table.records) if any("\x00" in cell for cell in record.fields)],
        "long_quote": [index for index, record in enumerate(table.records) if record.stop - record.first > _LONG],
    }
    details = {
        "ragged": f"records with more or fewer fields than the {table.width} of most",
        "nul": "records that hold NUL characters; they are kept",
        "long_quote": f"quoted fields of more than {_LONG} lines: a quote may never have been closed",
    }
    found = [_located(kind, details[kind], hits, table, dialect, bom) for kind, hits in places.items() if hits]
    if len(table.ends) > 1:
        detail = ", ".join(f"{count} × {_END_NAMES[end]}" for end, count in table.ends.most_common())
        found.append(Issue("mixed_line_ends", f"records end in different ways: {detail}", count=len(table.ends)))
    if _doubled(table):
        detail = f"fields stand between two {dialect.delimiter}: every second column is empty"
        found.append(Issue("doubled_delimiter", detail, count=len(table.records)))
    return found


def _located(kind: str, detail: str, hits: list[int], table: Table, dialect: Dialect, bom: int) -> Issue:
    line = table.records[hits[0]].first
    row = hits[0] + (0 if dialect.header else 1)
    byte = bom + size(table.lines[:line], dialect.encoding)
    return Issue(kind, detail, count=len(hits), row=row, line=line + 1, byte=byte)


def _doubled(table: Table) -> bool:
    """Whether the file delimits with two characters, `a||b`, which the csv module reads as an empty field between."""
    rows = [record.fields for record in table.records[:50]]
    return table.width > 2 and len(rows) > 1 and not any(any(row[1::2]) or not any(row[::2]) for row in rows)
