"""A header of two rows: the upper one names groups of columns, the lower one the columns of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from csvapi.csvio.detection.cells import is_atom, is_comment

if TYPE_CHECKING:
    from collections.abc import Sequence

YEAR = re.compile(r"(?:1[6-9]|20)\d\d|2100")
_NEXT = 4
"""How many records below the header are looked at, so that more change nothing."""


def filled(row: Sequence[str]) -> int:
    """How many cells hold more than spaces."""
    return len(list(filter(str.strip, row)))


def are_names(row: Sequence[str], width: int) -> bool:
    """Whether a row above the header may be an upper row of it: as wide, two or more cells filled, none a number."""
    return len(row) == width and filled(row) > 1 and not is_comment(row) and not any(map(is_atom, row))


def are_years_over_others(rows: Sequence[Sequence[str]], different: int = 2) -> bool:
    """Whether the first row has several years, `different` ones, no other numbers, and other values below each year.

    Years are numbers, so a record may look the same: then records below it have years in the same columns.
    """
    years = [place for place, cell in enumerate(rows[0]) if _is_year(cell)]
    if len(years) < 2 or len({rows[0][place].strip() for place in years}) < different:
        return False
    return not any(is_atom(cell) and not _is_year(cell) for cell in rows[0]) and _hold_others(
        years, rows[1 : 1 + _NEXT]
    )


def are_years_of_groups(upper: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of `rows` names columns, some by years, below the groups that `upper` names.

    The same years may stand below each group; below one group they are in order.
    """
    lower = rows[0]
    if not are_names(upper, len(lower)):
        return False
    groups = _groups(upper)
    spread = any(len(group) > 1 for group in groups)
    ordered = all(_in_order([lower[place].strip() for place in group if _is_year(lower[place])]) for group in groups)
    return spread and ordered and are_years_over_others(rows, different=1)


def _is_year(cell: str) -> bool:
    return YEAR.fullmatch(cell.strip()) is not None


def _groups(upper: Sequence[str]) -> list[list[int]]:
    """The columns of each name: its own and those after it whose cell is blank or the same."""
    groups: list[list[int]] = []
    last = ""
    for place, cell in enumerate(upper):
        if cell.strip() and cell != last:
            groups.append([])
            last = cell
        if groups:
            groups[-1].append(place)
    return groups


def _in_order(years: list[str]) -> bool:
    """Whether each is later than the one before it, or each earlier."""
    rising = sorted(set(years))
    return years in (rising, rising[::-1])


def _hold_others(places: Sequence[int], records: Sequence[Sequence[str]]) -> bool:
    """Whether the records have values in these columns, and in none of them only years."""
    columns = [[row[place].strip() for row in records if place < len(row)] for place in places]
    values = [column for cells in columns if (column := [cell for cell in cells if cell])]
    return bool(values) and not any(all(map(YEAR.fullmatch, column)) for column in values)
