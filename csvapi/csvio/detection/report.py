"""Why the reading was chosen, and what looked odd on the way: sentences for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio.detection.groups import are_names
from csvapi.csvio.detection.records import BOM, printable, size
from csvapi.csvio.detection.result import Issue

if TYPE_CHECKING:
    from csvapi.csvio.detection.encoding import Decoded
    from csvapi.csvio.detection.header import Header
    from csvapi.csvio.detection.reading import Reading
    from csvapi.csvio.detection.records import Table, Text
    from csvapi.csvio.detection.scoring import Trial
    from csvapi.csvio.detection.trailing import Ends
    from csvapi.csvio.dialect import Dialect

_NAMES = {"\t": "tab", " ": "space"}
_END_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
_LONG, _VALUE = 100, 100
_HINT = 'if they are records, change the dialect: {"preamble": 0}'


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
    lines = table.text.lines
    quoted = sum(1 for line in lines if reading.quote in line)
    return f"quote {reading.quote}: it occurs in {quoted} of {len(lines)} lines" if quoted else _NO_QUOTE


_NO_QUOTE = 'quote ": assumed, none occurs in the part read'


def issues(table: Table, dialect: Dialect) -> list[Issue]:
    """Each kind of oddity once, with its count and its first place."""
    rows = table.fields
    repeats = [index for index, row in enumerate(rows) if index and row == rows[0]]
    places = {
        "repeated_header": repeats if dialect.header and len(repeats) * 2 < len(rows) else [],
        "ragged": [index for index, row in enumerate(rows) if len(row) != table.width],
        "nul": _with_nuls(table),
        "long_quote": [index for index, record in enumerate(table.records) if record.stop - record.first > _LONG],
    }
    details = {
        "repeated_header": "records that repeat the header",
        "ragged": f"records with more or fewer fields than the {table.width} of most",
        "nul": "records that hold NUL characters; they are kept",
        "long_quote": f"quoted fields of more than {_LONG} lines: a quote may never have been closed",
    }
    found = [*_preamble(table), *_marks(table)]
    found += [_located(kind, details[kind], hits, table, dialect) for kind, hits in places.items() if hits]
    if len(table.ends) > 1:
        detail = ", ".join(f"{count} × {_END_NAMES[end]}" for end, count in table.ends.most_common())
        found.append(Issue("mixed_line_ends", f"records end in different ways: {detail}", count=len(table.ends)))
    if _doubled(table):
        detail = f"fields stand between two {dialect.delimiter}: every second column is empty"
        found.append(Issue("doubled_delimiter", detail, count=len(table.records)))
    return found


def _with_nuls(table: Table) -> list[int]:
    if not any("\x00" in line for line in table.text.lines):
        return []
    return [index for index, row in enumerate(table.fields) if any("\x00" in cell for cell in row)]


def trailing(ends: Ends, filled: int, text: Text, size_: int | None) -> Issue | None:
    """The issue of NULs and Ctrl-Z after the last record: `ends` counts their bytes, or `filled` their characters."""
    count = ends.filler or size([" " * filled], text.encoding)
    if not count:
        return None
    detail = "bytes after the last record, NULs or Ctrl-Z, fill up the file; they are no record"
    return Issue("trailing_bytes", detail, count=count, byte=None if size_ is None else size_ - count)


def _preamble(table: Table) -> list[Issue]:
    """The lines above the header, and the row of names among them that stands directly above it."""
    shown = table.preamble
    if not shown:
        return []
    detail = "lines above the header that are no part of the table"
    value = next((text[:_VALUE] for _, text in shown if text.strip()), "")
    found = [Issue("preamble", detail, len(shown), 0, 1, table.text.start, value, _HINT)]
    if (
        table.above
        and table.above[-1].stop == table.records[0].first
        and are_names(table.above[-1].fields, table.width)
    ):
        line = table.above[-1].first
        detail = "rows of names above the header: the header may have two rows, of which the lower one is taken"
        value = printable("".join(table.text.lines[line : line + 1]).rstrip("\r\n")[:_VALUE])
        found.append(Issue("header_rows", detail, 1, 0, line + 1, table.text.byte(line), value, _HINT))
    return found


def _marks(table: Table) -> list[Issue]:
    """Byte order marks other than the one at the start, as files written one after the other have them."""
    text = table.text
    lines = [index for index, line in enumerate(text.lines) if BOM in line]
    count = text.repeated + sum(text.lines[index].count(BOM) for index in lines)
    if not count:
        return []
    line = 0 if text.repeated or not lines else lines[0]
    byte = text.start - size([BOM], text.encoding) if text.repeated else text.byte(line)
    if not text.repeated:
        byte += size([text.lines[line].partition(BOM)[0]], text.encoding)
    return [
        Issue("bom", "byte order marks that do not stand at the start of the file", count, line=line + 1, byte=byte)
    ]


def _located(kind: str, detail: str, hits: list[int], table: Table, dialect: Dialect) -> Issue:
    line = table.records[hits[0]].first
    row = hits[0] + (0 if dialect.header else 1)
    return Issue(kind, detail, count=len(hits), row=row, line=line + 1, byte=table.text.byte(line))


def _doubled(table: Table) -> bool:
    """Whether the file delimits with two characters, `a||b`, which the csv module reads as an empty field between."""
    rows = [record.fields for record in table.records[:50]]
    return table.width > 2 and len(rows) > 1 and not any(any(row[1::2]) or not any(row[::2]) for row in rows)
