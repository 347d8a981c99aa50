"""Warnings about a file itself: what stands above, between and after its records, and what is odd about these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio.data_warnings import DataWarning, shown

if TYPE_CHECKING:
    from csvapi.csvio.census import Census
    from csvapi.csvio.preview import Head
    from csvapi.csvio.source import Source

_WORDS = {
    "ragged": (
        "{count} of {of} records {have} more or fewer fields than the header; they are kept as they are",
        'on_ragged says what becomes of them: "pad", "drop" or "fail"',
    ),
    "undecodable": (
        "{count} of {of} records {hold} bytes that are no text in {encoding}; records that are copied keep them, and "
        "where text is written in another encoding or format (normalise, output, convert) they become U+FFFD",
        'if another encoding shows them right, change the dialect: {"encoding": …}',
    ),
    "nul": ("{count} of {of} records {hold} NUL characters; they are kept as they are", None),
    "quotes": (
        "{count} of {of} records {have} malformed quotes: text after a closing quote, or a quote that is not closed; "
        "quotes are read as part of the value where that gives the header's number of fields",
        'look at the first one; on_bad: "fail" refuses such a file',
    ),
    "bom": (
        "{count} of {of} records {begin} with a byte order mark, which is no part of their first field",
        "such a file was probably joined of several",
    ),
    "repeated_header": (
        "{count} of {of} records {are} the header again; they are kept as records",
        "a filter with != drops them",
    ),
}


_ONE = {"have": "has", "hold": "holds", "begin": "begins", "are": "is"}
_MANY = {verb: verb for verb in _ONE}


def file_warnings(source: Source, head: Head, census: Census) -> list[DataWarning]:
    """What one pass found; places in `census` are bytes of the file already."""
    return [*_around(source, head), *_among(source, census)]


def _around(source: Source, head: Head) -> list[DataWarning]:
    found = []
    if not head.columns:
        found.append(DataWarning("empty_file", "the file holds no record, so the result is empty", byte=0))
    lines, first = source.preamble
    if lines:
        found.append(
            DataWarning(
                "preamble",
                _above(lines),
                count=lines,
                line=1,
                byte=len(source.byte_dialect.bom),
                value=shown(first),
                hint='if they are records, change the dialect: {"preamble": 0}',
            )
        )
    return [*found, *end_warnings(source)]


def end_warnings(source: Source) -> list[DataWarning]:
    """What stands after the last record, which a run on the file's first records does not see."""
    if not source.trailing:
        return []
    detail = "NULs or Ctrl-Z at the end of the file are no record and not in the result"
    return [DataWarning("trailing_bytes", detail, count=source.trailing, byte=source.size)]


def _above(lines: int) -> str:
    return f"{lines} line{'s' * (lines > 1)} above the header {'are' if lines > 1 else 'is'} not part of the table"


def _among(source: Source, census: Census) -> list[DataWarning]:
    found = []
    for kind, issue in census.issues.items():
        if issue.count:
            detail, hint = _WORDS[kind]
            verbs = _ONE if issue.count == 1 else _MANY
            encoding = source.byte_dialect.dialect.encoding
            detail = detail.format(count=issue.count, of=census.records, encoding=encoding, **verbs)
            found.append(
                DataWarning(
                    kind,
                    detail,
                    count=issue.count,
                    of=census.records,
                    row=issue.row,
                    line=issue.line,
                    byte=issue.byte,
                    hint=hint,
                )
            )
    return found
