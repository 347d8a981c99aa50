"""Where the table begins: below blank rows, comments, titles and other remarks, but never below a record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from csvapi.csvio.detection.cells import is_atom, is_comment, kind
from csvapi.csvio.detection.groups import are_names, are_years_of_groups, filled
from csvapi.csvio.detection.header import are_dated, are_merged_years, are_years, fit, header, is_series
from csvapi.csvio.detection.scoring import table_width
from csvapi.csvio.detection.units import are_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.detection.reading import Reading

SEP_LINE = re.compile('"?sep=([^"\'`\\\\\r\n\0\ud800-\udfff])"?[\r\n]*', re.IGNORECASE)
"""Excel's way to name the delimiter in the file itself."""
_MOST_REMARKS = 60
"""How many rows above the header may be something else than comments and blank rows."""
_MOST_NAMES = 2
"""How many rows full of names may stand above the header: more of them are a table of their own."""
_NEAR, _MANY, _NEXT = 10, 500, 5
_LABEL = re.compile(r"\w[\w ./()-]{0,40}:(?: .*)?\s*", re.DOTALL)
_MARKS = "#/%- \t"


def table_start(rows: Sequence[Sequence[str]], gaps: Sequence[bool]) -> int:
    """The index of the header record: the first row that is no blank row, comment, title or other remark.

    `gaps` says of each row whether a blank line stands above it. A row is a remark by what it is (no cell filled, or
    one, or a comment), or because a row below it is by its cells the header of the columns below. What fits the types
    of the columns is a record and no remark, and so is a row that is merely narrower or wider than the others.
    """
    width = table_width([row for row in rows if not is_comment(row)] or rows)
    start = _Rows(rows, gaps, width).start()
    later = table_width(rows[len(rows) // 2 :])
    return start if later <= width else _below_labels(rows, gaps, later) or start


def as_written(rows: list[list[str]], reading: Reading) -> list[list[str]]:
    """The rows, with the mark of a comment in its first cell where a space delimits and the mark is no name."""
    if reading.delimiter != " ":
        return rows
    width = table_width([row for row in rows if not is_comment(row[:1])] or rows)
    return [
        [f"{row[0]} {row[1]}", *row[2:]] if len(row) > 1 and len(row) != width and is_comment(row[:1]) else row
        for row in rows
    ]


def _below_labels(rows: Sequence[Sequence[str]], gaps: Sequence[bool], width: int) -> int:
    """The header of a table of `width` below more labels with values than it has records; 0 if it is none."""
    start = _Rows(rows, gaps, width).lower(0)
    if not start:
        return 0
    labels = all(filled(row) < 3 and len(row) < width for row in rows[:start])
    wide = sum(1 for row in rows[start:] if len(row) == width) * 5 >= len(rows[start:]) * 4
    return start if labels and wide and not fit(rows[:start], rows[0]).clear else 0


class _Rows:
    """The rows of a file and the width of its table."""

    def __init__(self, rows: Sequence[Sequence[str]], gaps: Sequence[bool], width: int) -> None:
        self.rows, self.gaps, self.width = rows, gaps, width
        same = [row for row in rows[:_MANY] if len(row) == width]
        comments = list(map(is_comment, same))
        full = sorted(cells for row in same if (cells := filled(row))) or [1]
        self.single = width < 2 or full[len(full) * 9 // 10] < 2
        later = any(comments[comments.index(False) :]) if False in comments else True
        self.marks = width > 1 and sum(comments) * 2 > len(same) and later
        self.hashes = _hashes(rows) if not self.marks else 0

    def start(self) -> int:
        first = self._below_remarks(0)
        while not self.single and (below := self._below_block(first)):
            first = self._below_remarks(below)
        return first if self.width < 2 else self.lower(first)

    def _below_remarks(self, first: int) -> int:
        return next((index for index in range(first, len(self.rows)) if not self._is_remark(index)), first)

    def _is_remark(self, index: int) -> bool:
        """Whether the row is a remark by what it is; all rows above it are."""
        row = self.rows[index]
        if index + 1 == len(self.rows):
            return False
        if (is_comment(row) and not self.marks) or index < self.hashes:
            return not self._names(index)
        if self.single or index >= _MOST_REMARKS:
            return False
        cells = filled(row)
        return cells == 0 or (cells == 1 and self._is_title(index)) or self._is_sentence(index)

    def _names(self, index: int) -> bool:
        """Whether a comment is the header: names as wide as the table, directly above data (or above itself again)."""
        row = self.rows[index]
        below = next((each for each in range(index + 1, len(self.rows)) if self.rows[each] != row), index + 1)
        if self.gaps[below] or is_comment(self.rows[below]) or index + 1 < self.hashes or len(row) != self.width:
            return False
        names = [row[0].strip().lstrip(_MARKS), *row[1:]]
        found = fit(self.rows[index:], names)
        if header(self.rows[below:]).present:
            words = all(kind(name) == "word" and name == name.strip() for name in names)
            return self.width > 1 and words and not fit(self.rows[below:]).other
        if _is_prose(row, self.rows[below]) and self.width > 1:
            return False
        return (found.other > found.same or are_years(names)) and (self.width > 1 or len(names[0].split()) < 4)

    def _is_title(self, index: int) -> bool:
        """Whether a row with one filled cell is a title: it is, unless records follow, whose first column it names."""
        row, following = self.rows[index], self.rows[index + 1]
        if len(row) == self.width and fit(self.rows[index:]).same and not self._heads(index + 1):
            return False
        if self.gaps[index + 1] or filled(following) < 2 or is_comment(following):
            return True
        if not header(self.rows[index + 1 :]).present:
            return False
        named = self.width == 2 and len(row) == 2 and (not row[0].strip() or kind(row[0]) == "word")
        return not named or self._heads(index + 1) > 0

    def _is_sentence(self, index: int) -> bool:
        """Whether a row of another width than the table has delimiters in it only as a sentence has commas."""
        row, following = self.rows[index], self.rows[index + 1]
        if len(row) == self.width or not _is_prose(row, following):
            return False
        return self._is_full(index + 1) and not fit(self.rows[index:]).other and header(self.rows[index + 1 :]).present

    def _below_block(self, first: int) -> int:
        """The row below a blank line that parts a block of remarks from the table; 0 if there is none.

        Rows of such a block are narrow; or they are labels with values, three or more, above columns of other kinds.
        """
        last = len(self.rows) - 1
        for below in range(first + 1, min(first + _NEAR, last)):
            if self.gaps[below] or not filled(self.rows[below]) or self._is_title_of_table(below):
                block = range(first, below)
                labels = len(block) > 2 and self.width == 2 == fit(self.rows[below:]).clear
                narrow = all(self._is_narrow(self.rows[index]) for index in block)
                return below if (narrow or labels) and not any(self._fits(index, below) for index in block) else 0
        return 0

    def _is_title_of_table(self, index: int) -> bool:
        """Whether a row with one filled cell is a title right above two full rows."""
        return (
            filled(self.rows[index]) == 1 and self._is_title(index) and all(map(self._is_full, (index + 1, index + 2)))
        )

    def lower(self, first: int) -> int:
        """The header below `first` if the rows from there on are remarks above it, otherwise `first`.

        Of several such rows it is the one with the most names above columns of clear kinds.
        """
        best, start, names = (0, 0), first, 0
        for index in range(first + 1, min(first + _MOST_REMARKS, len(self.rows) - 1)):
            names += self._is_full(index - 1) and self.width > 2
            if names > _MOST_NAMES:
                break
            worth = self._heads(index), filled(self.rows[index])
            if worth[0] and worth > best and all(self._is_above(each, index) for each in range(first, index)):
                best, start = worth, index
        return start

    def _is_narrow(self, row: Sequence[str]) -> bool:
        return filled(row) * 3 <= self.width * 2 and self.width > 2

    def _is_full(self, index: int) -> bool:
        row = self.rows[index] if index < len(self.rows) else ()
        return len(row) == self.width and filled(row) == self.width

    def _heads(self, index: int) -> int:
        """How many names the row has above columns of other kinds, if it is by its cells the header of the columns."""
        row = self.rows[index]
        if len(row) != self.width or filled(row) < 2:
            return 0
        if self._has_years_of_groups(index):
            return filled(row)
        if any(map(is_atom, row)) and not are_dated(row):
            return 0
        if self._is_coded(index):
            return 0
        found = fit(self.rows[index:])
        return found.other + found.same if found.other > found.same or are_years(row) else 0

    def _has_years_of_groups(self, index: int) -> bool:
        """Whether the row is the lower one of a header whose upper row stands directly above it, and the lowest."""
        if not 0 < index < len(self.rows) - 1 or self.gaps[index]:
            return False
        if not are_years_of_groups(self.rows[index - 1], self.rows[index:]):
            return False
        return are_units(self.rows[index + 1]) or not self._heads(index + 1)

    def _is_coded(self, index: int) -> bool:
        """Whether the row has a code where the next rows have some, too: a record, though its code may be longer."""
        row, below = self.rows[index], self.rows[index + 1 : index + 1 + _NEXT]
        places = [place for place, cell in enumerate(row) if kind(cell) == "code"]
        return any(
            sum(kind(other[place]) == "code" for other in below if place < len(other)) * 2 > len(below)
            for place in places
        )

    def _is_above(self, index: int, below: int) -> bool:
        """Whether the row is a remark above the header at `below`: it is less of a header and no record."""
        row, lower = self.rows[index], self.rows[below]
        if filled(row) < 2 or (is_comment(row) and not self.marks) or are_merged_years(row):
            return True
        if row == lower or self._fits(index, below) or (are_units(lower) and are_names(row, self.width)):
            return False
        if len(row) != self.width or filled(row) < filled(lower) or _LABEL.fullmatch(row[0]) or _is_prose(row, lower):
            return True
        if any(map(is_atom, row)) and not is_series(row):
            return not any(map(is_atom, lower)) or is_series(lower)
        if len(set(row)) < len(row) == len(set(zip(row, lower, strict=True))):
            return True  # groups of columns, and together the two rows name each column
        found, distinct = fit(self.rows[below:]), len(set(lower)) == len(lower)
        return distinct and found.other > 1 and found.other == found.clear and found.clear * 2 >= self.width

    def _fits(self, index: int, below: int) -> bool:
        """Whether the row's cells have the types of the columns below the row at `below`, as a record's have."""
        row = self.rows[index]
        found, all_of_them = fit(self.rows[below:], row), fit(self.rows[below:])
        enough = 2 if self._is_narrow(row) else 1
        return filled(row) > 1 and found.same >= enough and not found.other and found.same * 2 >= all_of_them.clear


def _is_prose(row: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the delimiter is followed by spaces as in a sentence, and in the row below it is not."""
    return all(cell.startswith(" ") for cell in row[1:]) and not any(cell.startswith(" ") for cell in lower[1:])


def _hashes(rows: Sequence[Sequence[str]]) -> int:
    """How many leading rows are comments without a space after the mark: two or more, or one above a single column."""
    count = next((index for index, row in enumerate(rows) if row[0][:1] != "#"), 0)
    lone = count == 1 and len(rows[0]) == 1 and fit(rows[1:]).other > 0
    return count if count > 1 or lone else 0
