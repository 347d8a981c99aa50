"""What a cell looks like: the types of the data consistency measure, each with a worth.

The types are those of Van den Burg et al., "Wrangling messy CSV files" (2019), table 1.

A right reading of a file gives cells that are numbers, dates, addresses and words; a wrong one cuts through them and
leaves torn pieces (`00,foo`, `"Smith`). Patterns have no nested repetition: each is linear in the cell's length.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
_MONTH = r"(?:[Jj]an|[Ff]eb|[Mm]ar|[Aa]pr|[Mm]ay|[Jj]un|[Jj]ul|[Aa]ug|[Ss]ep|[Oo]ct|[Nn]ov|[Dd]ec)[a-z]{0,6}\.?"
_NAMED = r"\d{1,2}\.?(?: de)? [^\W\d_]{3,9}\.?(?: de)? (?:19|20)\d{2}"
"""A day with the name of its month in any language."""
_DAY = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}\.?"
    rf"|\d{{1,2}}[ -]{_MONTH}[ ,-]{{1,2}}\d{{2,4}}"
    rf"|{_MONTH} \d{{1,2}},? \d{{4}}|\d{{4}}年\d{{1,2}}月\d{{1,2}}日|{_NAMED})"
)
_MONEY = r"(?:[$€£¥]|USD|EUR|CHF)? ?"
_DIGITS = r"(?:(?:\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d+)(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+]?\d{1,3})?"
_UNIT = (
    r"(?:[%‰€$£¥]|°[CF]?|[kcmµ]?m[²³]?|[kmµ]?g|t|lbs?|oz|ft|mi|[mcd]?[lL]|[mµn]?s|min|h|[kMG]?Hz|[kMG]?Wh?"
    r"|[kMGT]i?B|km/h|mph|m/s)"
)
_SCHEME = r"(?:[a-z][a-z0-9+]{1,9}://|www\.|mailto:)"
_PROSE = (
    r"(?:[^\t|;\"<>{}\[\]\\^~=*,:&]|[,:&](?=\s)|(?<=\d):(?=\d\d)|(?<=[A-Z])&(?=[A-Z])|(?<=\d)\"(?=\s))*[^\s,:;|*&~^=\\]"
)
_ANGLE = r"\d{1,3}° ?(?:\d{1,2}['′’] ?(?:\d{1,2}(?:\.\d{1,6})?[\"″”] ?)?)?[NSEW]"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_NAME = r"[^\W\d]\w*"
_KINDS = (
    ("ip", rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}(?::\d{{1,5}}|/\d{{1,2}})?"),
    ("number", rf"[-+(]?{_MONEY}[-+]?{_DIGITS}\)?(?: ?{_UNIT})?"),
    ("number", r"[-+]?\d+[.,](?:\d+[eE][-+]?\d{1,3})?"),
    ("date", rf"(?:[A-Z][a-z]{{2,8}},? )?{_DAY}(?:[T ,_]{{1,2}}{_TIME})?"),
    ("time", _TIME),
    ("ratio", r"\d{1,3}:\d{1,3}"),
    ("email", r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    ("url", rf"{_SCHEME}(?:[^\s\"<>|,;~^*]|/~)+"),
    ("link", rf"{_SCHEME}[^\s\"<>|]+"),
    ("phone", r"\+\d[\d ()/.-]{5,20}|\(\d{2,5}\)[\d -]{4,12}|\d{3}-\d{3}-\d{4}"),
    ("ip", r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"),
    ("place", _ANGLE + r"[ ,]{0,2}" + _ANGLE + "|" + _ANGLE),
    ("point", r"\(?-?\d{1,3}\.\d{1,16}, ?-?\d{1,3}\.\d{1,16}\)?"),
    ("path", r"(?:/[\w.@+-]+){2,20}/?"),
    ("path", r"[A-Za-z]:\\(?:[^\t\"<>|*?:,;^~]|~\d)*"),
    ("code", r"[A-Z]{2}\d{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?"),
    ("code", r"(?=[^\s\d]*\d)#?[\w./@+()°-]+"),
    ("word", r"[#$]?[\w.\-/@+'’()°]+(?:[%?!]|==?)?"),
    ("json", r"\{.*\}|\[.*\]"),
    ("pair", rf"{_NAME}[:=][\w.+-]+|\d{{1,9}}:[-+]?\d{{0,9}}\.\d{{1,20}}"),
    ("list", rf"{_NAME}(?:,{_NAME})+|{_NAME}(?:;{_NAME})+|{_NAME}(?:\|{_NAME})+"),
    ("text", rf"(?=[\W\d_]*[^\W\d_])[\w(#¿¡*$-]{_PROSE}"),
)
_CELL = re.compile(
    "|".join(f"(?P<{name}_{number}>{pattern})" for number, (name, pattern) in enumerate(_KINDS)), re.DOTALL
)
WORTH = {
    "number": 1.0,
    "date": 1.0,
    "time": 1.0,
    "email": 1.0,
    "url": 1.0,
    "ip": 1.0,
    "phone": 1.0,
    "place": 1.0,
    "code": 0.95,
    "path": 0.95,
    "ratio": 0.95,
    "word": 0.9,
    "json": 0.8,
    "link": 0.7,
    "pair": 0.6,
    "list": 0.6,
    "text": 0.75,
    "point": 0.75,
    "empty": 0.6,
    "other": 0.3,
    "torn": 0.05,
}
ATOMS = frozenset(("number", "date", "time", "email", "url", "ip", "phone", "place"))
VALUES = ATOMS | {"link", "json"}
"""Kinds of cells that are no names of columns."""
_COMMENT = re.compile(r"\s*(?:#(?:[\s#!]|\Z)|%(?:[\s%]|\Z)|//|--(?:\s|\Z))")
_NULLS = frozenset(("na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "\\n", "."))


@lru_cache(maxsize=1 << 16)
def kind(cell: str) -> str:
    """The kind of one cell; outer spaces do not count, and only the first 200 characters are looked at.

    Several readings give the same cells, and the same cells stand in the table and in its header's columns: what was
    found is kept until the detection forgets it, with the cells of one head at most, and for short ones longer.
    """
    return _kind(cell[:200].strip())


def is_atom(cell: str) -> bool:
    """Whether the cell is of a kind that is no name of a column."""
    return kind(cell) in VALUES


@lru_cache(maxsize=2048)
def _kind(cell: str) -> str:
    if not cell or cell.lower() in _NULLS:
        return "empty"
    if cell[0] in "\"'`" or cell[-1] in "\"'`":
        return _edge_quoted(cell)
    match = _CELL.fullmatch(cell)
    return (match.lastgroup or "other").partition("_")[0] if match else "other"


def is_comment(row: Sequence[str]) -> bool:
    """A line that begins as comments of shells, C, SQL or Matlab do: a mark and a space, the mark twice, or alone."""
    match = _COMMENT.match(row[0]) if row else None
    return match is not None and (match.end() < len(row[0]) or row[0].strip() == "//" or not any(row[1:]))


def _edge_quoted(cell: str) -> str:
    """A quote left at a cell's edge: torn when it has no partner, or when both edges still carry it.

    `"a"=>"b"` is a value that quotes parts of itself.
    """
    first, last = cell[0], cell[-1]
    if last == '"' and cell[-2:-1].isdigit() and cell.count(last) == 1:
        return "word"  # inches
    if first == last and len(cell) > 1:
        return "other" if first in cell[1:-1].replace(first * 2, "") else "torn"
    mark = first if first in "\"'`" else last
    return "other" if mark == "'" or cell.count(mark) % 2 == 0 else "torn"
