"""Where to cut a file so that each process begins at a record's start.

The guess is checked: a range must end exactly where the next one begins, which by induction from the first range makes
every cut a true one; when one does not, the pass runs again in one range.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from csvapi.csvio.records import read

if TYPE_CHECKING:
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.preview import Head
    from csvapi.csvio.source import Source

_GLANCE, _WINDOW = 1024, 64 * 1024  # bytes to judge a guess by: most are refuted by the first ones
_TRIES = 50
SMALLEST = 16 << 20  # a range below this costs more to start than it saves


def ranges(source: Source, first: Head, processes: int, smallest: int = SMALLEST) -> list[tuple[int, int]]:
    """At most `processes` ranges of about the same size; one for a wide or a small file."""
    size = source.size - first.start
    count = min(processes, size // max(smallest, 1))
    if count <= 1 or source.byte_dialect.wide:
        return [(first.start, source.size)]
    borders = [first.start]
    for number in range(1, count):
        border = _record_start(source, first.start + size * number // count, len(first.columns))
        if border is not None and borders[-1] < border < source.size:
            borders.append(border)
    return list(pairwise([*borders, source.size]))


def _record_start(source: Source, position: int, width: int) -> int | None:
    """The first start of a line after `position` from which every record in the window has as many fields as the
    header."""
    window = b"".join(source.pieces(position, min(position + _WINDOW, source.size), _WINDOW))
    start = 0
    for _ in range(_TRIES):
        start = window.find(b"\n", start) + 1
        if not start:
            return None
        glance = _widths(window[start : start + _GLANCE], source.byte_dialect, width)
        if glance <= {width} == _widths(window[start:], source.byte_dialect, width):
            return position + start
    return None


def _widths(text: bytes, byte_dialect: ByteDialect, width: int) -> set[int]:
    """The numbers of fields of the whole records that begin the text."""
    done = read(text, byte_dialect, width, final=False)
    widths = {len(fields) for fields in done.parsed_fields.values()}
    return widths | {
        done.line_texts[index].count(byte_dialect.delimiter) + 1
        for index in done.records()
        if index not in done.parsed_fields
    }
