"""The walk from bytes to a dialect with its evidence."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from csvapi.csvio.detection.cells import is_comment
from csvapi.csvio.detection.doubt import in_doubt
from csvapi.csvio.detection.encoding import Decoded, decode
from csvapi.csvio.detection.foreign import refuse_binary, refuse_noise, refuse_text
from csvapi.csvio.detection.header import Header, forget, header
from csvapi.csvio.detection.known import Known
from csvapi.csvio.detection.reading import COMMON, Reading
from csvapi.csvio.detection.records import Table, Text, gaps, line_ends, records, repaired
from csvapi.csvio.detection.report import evidence, issues, trailing
from csvapi.csvio.detection.result import Detection
from csvapi.csvio.detection.scoring import Trial, table_width, trials
from csvapi.csvio.detection.structure import SEP_LINE, as_written, table_start
from csvapi.csvio.detection.trailing import filling, without_filler, without_run
from csvapi.csvio.dialect import Dialect
from csvapi.errors import NoRecords

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEAD = 64 * 1024
"""How many bytes from the beginning of a file `detect` wants to see."""
_SURE_HEADER = 0.75
"""Below this confidence the same dialect with the header the other way is an alternative, too."""
_ENOUGH, _UNSURE = 5, 0.74
"""So many records decide: more of the same kind change nothing. Of fewer, no reading is surer than this."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_TRIED = 24 * 1024
"""How many characters the trials read; the chosen reading is then checked on the whole head."""
_ALTERNATIVES, _SHOWN = 3, 25
"""How many other readings are told, and the lines that decide on their header and preamble."""


def detect(
    head: bytes,
    tail: bytes = b"",
    *,
    complete: bool = False,
    size: int | None = None,
    delimiter: str = "",
    said: Mapping[str, Any] = MappingProxyType({}),
) -> Detection:
    """The dialect of the file that begins with `head`; `complete` says that it is all of it.

    `tail`, the file's last bytes, is more evidence for the encoding; of a file of `size` bytes it locates what fills up
    its end. `delimiter` is that of a file known to be written by RFC 4180; `said` are parts of a dialect, of which the
    delimiter and the quote bind every reading that is tried. A record that the head's end cuts is left out.
    One pass to decode, one to split, one with the csv module for each reading worth a trial over the first 24 KiB, one
    over the head for the best.

    Raises `NoRecords` for a file without records, `NotCsv` for one that is something else, `UnsupportedEncoding`.
    """
    try:
        return _detected(
            head, tail, size, Known(delimiter, said.get("delimiter", ""), said.get("quote")), complete=complete
        )
    finally:
        forget()


def _detected(head: bytes, tail: bytes, size: int | None, known: Known, *, complete: bool) -> Detection:
    size = len(head) if complete else size
    complete = complete and len(head) <= HEAD
    head, tail = head[:HEAD], tail[-HEAD:]
    if not head.strip(b" \t\r\n\x00\x1a\xef\xbb\xbf\xfe\xff"):
        raise NoRecords("The file is empty: it holds no record.", byte=0)
    ends = without_filler(head, tail, complete=complete)
    refuse_binary(head, tail)
    decoded = decode(ends.head, ends.tail)
    if not decoded.encoding.startswith(("utf-16", "utf-32")):
        refuse_noise(without_run(ends.head) if ends.complete else ends.head)
    filled = filling(decoded.text) if ends.complete else 0
    text = Text.of(decoded.text[: len(decoded.text) - filled], decoded.encoding, len(decoded.bom))
    if not "".join(text.clean).strip(" \t\r\n\x00\x1a"):
        raise NoRecords("The file is empty: it holds no record.", byte=0)
    refuse_text(decoded.text, complete=ends.complete)
    found = _read(text, decoded, known, complete=ends.complete)
    more = trailing(ends, filled, text, size)
    return replace(found, issues=(*found.issues, more)) if more else found


def _read(text: Text, decoded: Decoded, known: Known, *, complete: bool) -> Detection:
    sep = None if known.written else SEP_LINE.fullmatch(text.lines[0])
    skip = 1 if sep else 0
    tried = _trials(text.clean[skip:], known.asked(sep.group(1) if sep else ""), complete=complete)
    best = tried[0]
    table = _table(best.reading, text, skip, complete=complete)
    named = header(table.fields)
    dialect = _dialect(best.reading, decoded, table, named)
    others = [other for other in _alternatives(tried, decoded, text, skip, complete=complete) if other[0] != dialect]
    if named.confidence < _SURE_HEADER:
        others.append((replace(dialect, header=not named.present), round(1 - named.confidence, 2)))
    if decoded.rival:
        others.append((replace(dialect, encoding=decoded.rival), round(1 - decoded.confidence, 2)))
    doubt = in_doubt(table, dialect, decoded)
    return Detection(
        dialect=dialect,
        columns=_columns(table, named),
        confidence=round(min(_confidence(tried, len(table.records) - named.present), decoded.confidence), 2),
        evidence=tuple(evidence(best, decoded, table, named, sep=bool(sep))),
        alternatives=tuple(sorted(others, key=lambda other: -other[1])),
        issues=(*decoded.issues, *issues(table, dialect), *([doubt] if doubt else [])),
        preamble=table.preamble,
    )


def _trials(lines: Sequence[str], known: Known, *, complete: bool) -> list[Trial]:
    """Every reading worth a trial over the first lines, best first. Comments have no say."""
    hashes = next((index for index, line in enumerate(lines) if line[:1] != "#"), 0)
    voting = [line for line in lines[hashes if hashes > 1 else 0 :] if not is_comment([line])]
    if not any(map(str.strip, voting)):
        voting = list(lines)
    taken, total = 0, 0
    while taken < len(voting) and (total < _TRIED or taken < 2):
        total += len(voting[taken])
        taken += 1
    sample = voting[:taken]
    cut = not complete or taken < len(voting)
    return trials(known.readings(sample), sample, drop_last=cut)


def _table(reading: Reading, text: Text, skip: int, *, complete: bool) -> Table:
    found = [record for record in records(reading, text.clean) if record.first >= skip]
    if not complete and len(found) > 1 and not text.lines[-1].endswith(("\n", "\r")):
        found.pop()
    if not found:
        raise NoRecords("The file is empty: it holds no record.", byte=0)
    start = table_start(as_written([record.fields for record in found], reading), gaps(found))
    names, *body = found[start:]
    body = [names, *repaired(body, reading, text.clean, len(names.fields))]
    width = table_width([record.fields for record in body])
    return Table(text, found[:start], body, width, line_ends(body, text.lines))


def _dialect(reading: Reading, decoded: Decoded, table: Table, named: Header) -> Dialect:
    return Dialect(
        delimiter=reading.delimiter or _unsplitting(reading, table.text),
        quote=reading.quote,
        escape=reading.escape,
        double_quote=reading.double_quote,
        skip_space=reading.skip_space,
        line_end=table.ends.most_common(1)[0][0] if table.ends else "\n",
        header=named.present,
        encoding=decoded.encoding,
        bom=bool(decoded.bom),
        preamble=table.text.byte(table.records[0].first) - len(decoded.bom),
    )


def _unsplitting(reading: Reading, text: Text) -> str:
    """A delimiter for a file of one column: the first ordinary one under which the records are the same."""
    want = list(reading.reader(text.clean))
    for delimiter in COMMON:
        if list(replace(reading, delimiter=delimiter).reader(text.clean)) == want:
            return delimiter
    return "\x1f"


def _columns(table: Table, named: Header) -> tuple[str, ...]:
    """The names in the header (an undecodable byte shows as U+FFFD), or `column_1`, `column_2`, …"""
    if named.present:
        return tuple(_SURROGATE.sub("\ufffd", name) for name in table.fields[0])
    return tuple(f"column_{number}" for number in range(1, max(table.width, 1) + 1))


def _confidence(ranked: Sequence[Trial], count: int) -> float:
    """How far the best reading is ahead of the best one with other fields; of few records no reading is sure."""
    best = ranked[0]
    rival = max((tried.score for tried in ranked[1:] if tried.rows != best.rows), default=0.0)
    lead = best.score / (best.score + rival) if best.score else 0.3
    return min(0.99 if count >= _ENOUGH else _UNSURE, lead * min(1.0, 0.75 + 0.05 * len(best.rows)))


def _alternatives(
    ranked: Sequence[Trial], decoded: Decoded, text: Text, skip: int, *, complete: bool
) -> list[tuple[Dialect, float]]:
    best = ranked[0]
    found: list[tuple[Dialect, float]] = []
    total = best.score + sum(tried.score for tried in ranked[1 : _ALTERNATIVES + 1]) or 1.0
    seen = [best.rows]
    part = replace(text, lines=text.lines[:_SHOWN], clean=text.clean[:_SHOWN])
    for tried in ranked[1:]:
        if len(found) == _ALTERNATIVES or tried.score * 8 < best.score or tried.rows in seen:
            continue
        seen.append(tried.rows)
        table = _table(tried.reading, part, skip, complete=complete and len(text.lines) <= _SHOWN)
        found.append((_dialect(tried.reading, decoded, table, header(table.fields)), round(tried.score / total, 2)))
    return found
