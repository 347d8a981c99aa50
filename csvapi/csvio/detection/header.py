"""Whether a table's first record names its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise, zip_longest
from typing import TYPE_CHECKING

from csvapi.csvio.detection.cells import VALUES, is_atom, is_comment, kind
from csvapi.csvio.detection.groups import YEAR, are_years_over_others

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BODY, _BODY_CELLS = 80, 800
"""How much of the table is compared with its first record."""
_COLUMNS, _NEXT = 500, 4
"""Values of the first record are looked for in the next few: in enough of them, any value occurs again."""
_CODE = 40
_NUMBER = re.compile("0+")
_SHAPE = str.maketrans({**dict.fromkeys("123456789", "0"), **dict.fromkeys("BCDEFGHIJKLMNOPQRSTUVWXYZ", "A")})


@dataclass(frozen=True, slots=True)
class Header:
    """Whether the first record names the columns, how sure that is from 0 to 1, and why, in a sentence."""

    present: bool
    confidence: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Fit:
    """How many cells of a row are of the clear kind of the column below (`same`), and how many clearly are not."""

    same: int
    other: int
    clear: int


def header(rows: Sequence[Sequence[str]]) -> Header:
    """Whether the first record is a header: it is, unless it looks like the data below it and nothing like names.

    Columns that are numbers, dates or codes of one shape below speak against a header where the first cell is one
    too, and for it where it is not. Years and 1, 2, 3… are ordinary names in a pivoted table.
    """
    first, body = rows[0], _body(rows)
    if not body:
        return _lonely(first)
    repeated = _repeats(first, _columns(body[:_NEXT], len(first))) if len(body) >= 3 else 0
    return _decide(first, _fit(first, body), repeated, series=is_series(first) or are_years_over_others(rows))


def fit(rows: Sequence[Sequence[str]], row: Sequence[str] | None = None) -> Fit:
    """How `row` (the first one unless given) fits the columns below the first row."""
    return _fit(rows[0] if row is None else row, _body(rows))


def _fit(row: Sequence[str], body: Sequence[Sequence[str]]) -> Fit:
    kinds = [_clear(column) for column in _columns(body, len(row))]
    verdicts = [_compare(cell, below) for cell, below in zip(row, kinds, strict=False)]
    return Fit(verdicts.count(1), verdicts.count(-1), sum(1 for below in kinds if below))


def _body(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The records below the first row that say what the columns hold: no comments, no repeats of the header."""
    first = rows[0]
    most = max(4, min(_BODY, _BODY_CELLS // len(first))) + 1
    return [row for row in rows[1 : 1 + most] if row != first and not is_comment(row)]


def _columns(body: Sequence[Sequence[str]], width: int) -> list[tuple[str, ...]]:
    return list(zip_longest(*(row[:width] for row in body), fillvalue=""))[:_COLUMNS]


def _decide(first: Sequence[str], found: Fit, repeated: int, *, series: bool) -> Header:
    """Weigh the cells that are the same as the data below, the ones that are not, and the values repeated below."""
    cells, same, other = len(first), found.same, found.other
    if same > other and (all(map(is_atom, first)) or not series):
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
    atoms = sum(is_atom(cell) and not YEAR.fullmatch(cell.strip()) for cell in first)
    if atoms * 2 >= len(first) and not is_series(first):
        return Header(
            present=False, confidence=0.6, evidence=f"no header: the only record has {atoms} numbers or dates in it"
        )
    return Header(present=True, confidence=0.5, evidence="header: assumed, the file has one record")


def _clear(column: Sequence[str]) -> str:
    """The kind of the column's first filled cells, so that more change nothing; of all where that is unclear."""
    return _shared(list(islice(filter(str.strip, column), _NEXT))) or _shared(list(filter(str.strip, column)))


def _shared(column: Sequence[str]) -> str:
    """The kind of values that nearly all cells are, the shape (with a zero in it) that they share, or nothing clear."""
    return _of_nearly_all(column, kind, VALUES.__contains__) or _of_nearly_all(
        column, _shape, lambda shape: "0" in shape and len(column) >= (3 if len(shape) < 4 else 2)
    )


def _of_nearly_all(column: Sequence[str], of: Callable[[str], str], clear: Callable[[str], bool]) -> str:
    """What four of five cells or more are, if it is `clear`: one of the first fifth and the next cell is it, too."""
    for found in filter(clear, set(map(of, column[: len(column) // 5 + 1]))):
        if list(map(of, column)).count(found) * 10 >= len(column) * 8:
            return found
    return ""


def _compare(name: str, below: str) -> int:
    """+1 when the first cell is of the column's clear kind, -1 when it is of another, 0 when nothing is clear."""
    if not below:
        return 0
    if below in VALUES:
        return _beside(kind(name), below)
    return 1 if _of_any_size(_shape(name)) == _of_any_size(below) else -1 if name.strip() else 0


def _beside(given: str, below: str) -> int:
    """`_compare` for the kind of the first cell and that of the atoms below it.

    A day or an hour above numbers names their column in a pivoted table; other atoms of two kinds are loose data.
    """
    if given == "empty" or (given in ("date", "time") and below == "number"):
        return 0 if given == "empty" else -1
    return 1 if given in VALUES else -1


@lru_cache(maxsize=1 << 16)
def _shape(cell: str) -> str:
    """`AB-129` → `AA-000`: digits and capitals by class, so that codes of one scheme look alike; others have none."""
    return "" if len(cell) > _CODE or " " in cell.strip() else cell.translate(_SHAPE)


def _of_any_size(shape: str) -> str:
    """The shape with one digit for each number: the ninth code of a series is one though those below it are longer."""
    return _NUMBER.sub("0", shape)


def is_series(first: Sequence[str]) -> bool:
    """Whether the numbers among the cells count on by one step (1990, 1991, … or 1, 2, 3), as names of columns do."""
    if are_years(first):
        return True
    stripped = [cell.strip() for cell in first]
    numbers = [int(cell) for cell in stripped if cell.isascii() and cell.isdigit() and len(cell) < 10]
    steps = {after - before for before, after in pairwise(numbers)}
    return len(numbers) >= 3 and len(steps) == 1 and steps != {0} and len(numbers) == sum(map(is_atom, first))


def are_dated(row: Sequence[str]) -> bool:
    """Whether all cells that are no plain names are years, days or hours, as in the header of a pivoted table."""
    return are_years(row) or all(kind(cell) in ("date", "time") for cell in row if is_atom(cell))


def are_merged_years(row: Sequence[str]) -> bool:
    """Whether the row holds years above groups of columns, and nothing above the first one."""
    atoms = [cell for cell in row if is_atom(cell)]
    return bool(atoms) and not row[0].strip() and all(YEAR.fullmatch(cell.strip()) for cell in atoms)


def are_years(first: Sequence[str]) -> bool:
    """Two or more different years in order and no other number."""
    years = [cell.strip() for cell in first if YEAR.fullmatch(cell.strip())]
    rising = years == sorted(set(years)) or years == sorted(set(years), reverse=True)
    return len(years) >= 2 and rising and len(years) == sum(map(is_atom, first))


def forget() -> None:
    """Let go of the cells that were looked at."""
    kind.cache_clear()
    _shape.cache_clear()


def _repeats(first: Sequence[str], columns: Sequence[Sequence[str]]) -> int:
    return sum(1 for name, column in zip(first, columns, strict=False) if name.strip() and name in column)


def _sure(many: int, few: int) -> float:
    return round(min(0.98, 0.6 + 0.4 * (many - few) / (many + few + 1)), 2)
