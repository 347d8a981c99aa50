"""Where the table begins: below a preamble, comments, a `sep=` line."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from csvapi.csvio.detection.cells import is_comment
from csvapi.csvio.detection.header import are_years, is_atom
from csvapi.csvio.detection.scoring import table_width

if TYPE_CHECKING:
    from collections.abc import Sequence

SEP_LINE = re.compile('"?sep=([^"\'`\\\\\r\n\0\ud800-\udfff])"?[\r\n]*', re.IGNORECASE)
"""Excel's way to name the delimiter in the file itself."""
_MOST_PREAMBLE = 60
_LABEL = re.compile(r"\w[\w ]{1,30}: .")


def table_start(rows: Sequence[Sequence[str]]) -> int:
    """The index of the header record: the first one that is not a comment, a title or another remark above the table.

    Rows above the table are narrower than it, or have its width only because a spreadsheet padded them with empty
    cells. A header that is merely ragged (most of the columns named) is not a remark, and neither is a first table that
    is as long as the second, nor what has fields above a single wider row.
    """
    width = table_width(rows)
    if width < 2:
        return _after_comments(rows)
    remarks = [_is_remark(row, width, rows[index + 1 : index + 6]) for index, row in enumerate(rows[:_MOST_PREAMBLE])]
    start = _leading(remarks, rows, width)
    enough = start < len(rows) and (start <= 10 or start * 2 <= len(rows))
    lone = len(rows) - start == 1 and any(len(row) > 1 for row in rows[:start])
    return start if enough and not lone and not _is_table(rows[:start]) else 0


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
        return not are_years(row) and not _is_record(row, following)
    if is_comment(row) and (width == 2 or len(row) != width):
        return True
    if _is_short_header(row, width, following):
        return False
    if len(row) == width:
        return filled <= max(1, width // 4) and width > 2 and _fullest(following, width) * 3 >= width * 2
    if filled == 0:
        return True
    return len(row) * 3 <= width * 2 if width > 2 else len(row) == 1


def _is_record(row: Sequence[str], following: Sequence[Sequence[str]]) -> bool:
    """Whether a title with a colon begins a record: behind it stand numbers or the like where the next row has them."""
    atoms = [is_atom(cell) for cell in row[1:]]
    return any(atoms) and bool(following) and atoms == [is_atom(cell) for cell in following[0][1:]]


def _is_short_header(row: Sequence[str], width: int, following: Sequence[Sequence[str]]) -> bool:
    """A header that leaves the column of row names without one, as R writes it (`write.table`, "CSV files")."""
    if len(row) != width - 1 or width < 3 or not all(map(str.strip, row)) or any(map(is_atom, row)):
        return False
    return bool(following) and len(following[0]) == width and any(map(is_atom, following[0]))


def _fullest(rows: Sequence[Sequence[str]], width: int) -> int:
    """The most cells that are not empty in one of the rows of the table's width."""
    return max((sum(1 for cell in row if cell.strip()) for row in rows if len(row) == width), default=0)


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the rows are a table of their own: four or more, nearly all of one width above two.

    A label and its value are none, and a delimiter at the end of their line makes no third column.
    """
    if len(rows) < 4:
        return False
    width, count = Counter(map(_filled_width, rows)).most_common(1)[0]
    return width > 2 and count * 10 >= len(rows) * 8


def _filled_width(row: Sequence[str]) -> int:
    """The number of fields up to the last one that is not empty."""
    return next((index for index in range(len(row), 0, -1) if row[index - 1].strip()), 0)
