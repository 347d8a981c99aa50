"""Where the table begins (preamble, comments, `sep=`) and whether its first record names the columns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from csvapi.csvio.detection.cells import ATOMS, is_comment, kind
from csvapi.csvio.detection.scoring import table_width

if TYPE_CHECKING:
    from collections.abc import Sequence

SEP_LINE = re.compile('"?sep=([^"\'`\\\\\r\n\0\ud800-\udfff])"?[\r\n]*', re.IGNORECASE)
"""Excel's way to name the delimiter in the file itself."""
_YEAR = re.compile(r"(?:1[6-9]|20)\d\d")
_MOST_PREAMBLE = 60
_BODY, _BODY_CELLS = 80, 800
"""How much of the table is compared with its first record."""
_LABEL = re.compile(r"\w[\w ]{1,30}: .")
_SHAPE = str.maketrans({**dict.fromkeys("123456789", "0"), **dict.fromkeys("BCDEFGHIJKLMNOPQRSTUVWXYZ", "A")})


@dataclass(frozen=True, slots=True)
class Header:
    present: bool
    confidence: float
    evidence: str


def table_start(rows: Sequence[Sequence[str]]) -> int:
    """The index of the header record: the first one that is not a comment, a title or another remark above the table.

    Rows above the table are narrower than it, or have its width only because a spreadsheet padded them with empty
    cells. A header that is merely ragged (most of the columns named) is not a remark, and neither is a first table that
    is as long as the second.
    """
    width = table_width(rows)
    if width < 2:
        return _after_comments(rows)
    remarks = [_is_remark(row, width, rows[index + 1 : index + 6]) for index, row in enumerate(rows[:_MOST_PREAMBLE])]
    start = _leading(remarks, rows, width)
    enough = start < len(rows) and (start <= 10 or start * 2 <= len(rows))
    return start if enough and not _is_table(rows[:start]) else 0


def _leading(remarks: Sequence[bool], rows: Sequence[Sequence[str]], width: int) -> int:
    """The end of the leading remarks; one of the first five may have the table's width by chance.

    One that fills every cell of three or more does not: it is the header, however sparse the records below are.
    """
    start = remarks.index(False) if False in remarks else len(remarks)
    if start < len(rows) and width > 2 and len(rows[start]) == width and all(map(str.strip, rows[start])):
        return start
    for index in range(start, min(start + 5, len(remarks))):
        if remarks[index] and sum(remarks[: index + 1]) * 2 > index + 1:
            start = index + 1
    return start


def _after_comments(rows: Sequence[Sequence[str]]) -> int:
    for index, row in enumerate(rows[:_MOST_PREAMBLE]):
        if not is_comment(row):
            return index
    return 0


def _is_remark(row: Sequence[str], width: int, following: Sequence[Sequence[str]]) -> bool:
    filled = sum(1 for cell in row if cell.strip())
    if width < 4 and _LABEL.match(row[0]) and not any(_LABEL.match(other[0]) for other in following[-2:]):
        return not _are_years(row)
    if is_comment(row) and (width == 2 or len(row) != width):
        return True
    if _is_short_header(row, width, following):
        return False
    if len(row) == width:
        return filled <= max(1, width // 4) and width > 2 and _fullest(following, width) * 3 >= width * 2
    if filled == 0:
        return True
    return len(row) * 3 <= width * 2 if width > 2 else len(row) == 1


def _is_short_header(row: Sequence[str], width: int, following: Sequence[Sequence[str]]) -> bool:
    """A header that leaves the column of row names without one, as R writes it (`write.table`, "CSV files")."""
    if len(row) != width - 1 or width < 3 or not all(map(str.strip, row)) or any(map(_is_atom, row)):
        return False
    return bool(following) and len(following[0]) == width and any(map(_is_atom, following[0]))


def _fullest(rows: Sequence[Sequence[str]], width: int) -> int:
    """The most cells that are not empty in one of the rows of the table's width."""
    return max((sum(1 for cell in row if cell.strip()) for row in rows if len(row) == width), default=0)


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the rows are a table of their own: four or more, nearly all of one width above two."""
    if len(rows) < 4:
        return False
    width, count = Counter(map(len, rows)).most_common(1)[0]
    return width > 2 and count * 10 >= len(rows) * 8


def header(rows: Sequence[Sequence[str]]) -> Header:
    """Whether the first record is a header: it is, unless it looks like the data below it and nothing like names.

    Columns that are numbers, dates or codes of one shape below speak against a header where the first cell is one
    too, and for it where it is not. Years and 1, 2, 3… are ordinary names in a pivoted table.
    """
    first = rows[0]
    body = rows[1 : 2 + max(4, min(_BODY, _BODY_CELLS // len(first)))]
    if not body:
        return _lonely(first)
    columns = list(zip_longest(*(row[: len(first)] for row in body), fillvalue=""))[:500]
    verdicts = [
        _compare(name, [cell for cell in column if cell.strip()]) for name, column in zip(first, columns, strict=False)
    ]
    repeated = _repeats(first, columns) if len(body) >= 3 else 0
    return _decide(first, verdicts.count(1), verdicts.count(-1), repeated)


def _decide(first: Sequence[str], same: int, other: int, repeated: int) -> Header:
    """Weigh the cells that are `same` as the data below, the ones that are `other`, and the values `repeated` below."""
    cells = len(first)
    if same > other and (all(map(_is_atom, first)) or not _is_series(first)):
        detail = f"no header: {same} of {cells} cells of the first record are of the same kind as the data below them"
        return Header(present=False, confidence=_sure(same, other), evidence=detail)
    if not same and not other and repeated * 2 > cells:
        detail = f"no header: {repeated} of {cells} values of the first record occur again below it"
        return Header(present=False, confidence=0.7, evidence=detail)
    if other:
        detail = f"header: {other} of {cells} columns hold numbers, dates or codes below a first cell that is a name"
        return Header(present=True, confidence=_sure(other, same), evidence=detail)
    detail = "header: assumed, nothing in the first record speaks against it"
    return Header(present=True, confidence=0.6, evidence=detail)


def _lonely(first: Sequence[str]) -> Header:
    """A file of one record: data only if half of its cells are numbers, dates or the like."""
    atoms = sum(_is_atom(cell) and not _YEAR.fullmatch(cell.strip()) for cell in first)
    if atoms * 2 >= len(first) and not _is_series(first):
        return Header(
            present=False, confidence=0.6, evidence=f"no header: the only record has {atoms} numbers or dates in it"
        )
    return Header(present=True, confidence=0.5, evidence="header: assumed, the file has one record")


def _compare(name: str, column: Sequence[str]) -> int:
    """+1 when the first cell is of the column's clear kind, -1 when it is of another, 0 when nothing is clear."""
    if not column:
        return 0
    kinds = Counter(map(kind, column))
    most, count = kinds.most_common(1)[0]
    if most in ATOMS and count * 10 >= len(column) * 8:
        return _beside(kind(name), most)
    shapes = Counter(map(_shape, column))
    shape, count = shapes.most_common(1)[0]
    if len(column) >= 3 and "0" in shape and count * 10 >= len(column) * 8:
        return 1 if _shape(name) == shape else -1 if name.strip() else 0
    return 0


def _beside(given: str, below: str) -> int:
    """`_compare` for the kind of the first cell and that of the atoms below it.

    A day or an hour above numbers names their column in a pivoted table; other atoms of two kinds are loose data.
    """
    if given == "empty" or (given in ("date", "time") and below == "number"):
        return 0 if given == "empty" else -1
    return 1 if given in ATOMS else -1


def _shape(cell: str) -> str:
    """`AB-129` → `AA-000`: digits and capitals by class, so that codes of one scheme look alike."""
    return cell[:40].translate(_SHAPE)


def _is_atom(cell: str) -> bool:
    return kind(cell) in ATOMS


def _is_series(first: Sequence[str]) -> bool:
    """Whether the numbers among the cells count on by one step (1990, 1991, … or 1, 2, 3), as names of columns do."""
    if _are_years(first):
        return True
    stripped = [cell.strip() for cell in first]
    numbers = [int(cell) for cell in stripped if cell.isascii() and cell.isdigit() and len(cell) < 10]
    steps = {after - before for before, after in pairwise(numbers)}
    return len(numbers) >= 3 and len(steps) == 1 and steps != {0} and len(numbers) == sum(map(_is_atom, first))


def _are_years(first: Sequence[str]) -> bool:
    """Two or more different years in order and no other number."""
    years = [cell.strip() for cell in first if _YEAR.fullmatch(cell.strip())]
    rising = years == sorted(set(years)) or years == sorted(set(years), reverse=True)
    return len(years) >= 2 and rising and len(years) == sum(map(_is_atom, first))


def _repeats(first: Sequence[str], columns: Sequence[Sequence[str]]) -> int:
    return sum(1 for name, column in zip(first, columns, strict=False) if name.strip() and name in column)


def _sure(many: int, few: int) -> float:
    return round(min(0.98, 0.6 + 0.4 * (many - few) / (many + few + 1)), 2)
