"""What is made of groups of records, in as few lines as that can be said."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.operations.naive import date, number

Records = list[list[str]]
FUNCTIONS = ("count", "count_distinct", "sum", "mean", "min", "max", "first", "last", "join")
ORDERS = {"number": number, "date": date, "text": str}


def figure(function: str, cells: list[str], as_: str = "number", separator: str = ", ") -> Any:
    """One aggregate of the cells of a group; sums and means as fractions, "" if there is none."""
    filled = [cell for cell in cells if cell]
    if function == "count":
        return str(len(filled))
    if function == "count_distinct":
        return str(len(set(filled)))
    if function == "join":
        return separator.join(filled)
    parse: Any = ORDERS[as_] if function in ("sum", "mean", "min", "max") else str
    values = [cell for cell in filled if parse(cell) is not None]
    if not values:
        return ""
    if function in ("sum", "mean"):
        return sum(map(Fraction, map(parse, values))) / (len(values) if function == "mean" else 1)
    ends = {"min": min(values, key=parse), "max": max(values, key=parse), "first": values[0], "last": values[-1]}
    return ends[function]


def same(found: str, expected: Any) -> bool:
    """Whether a cell is a figure of the model: sums exactly, means in 15 digits."""
    if isinstance(expected, Fraction):
        value = number(found)
        return value is not None and abs(Fraction(value) - expected) <= abs(expected) / 10**14
    return bool(found == expected)


def groups(rows: Records, by: list[int]) -> dict[tuple[str, ...], Records]:
    """The records of each group, in order of first appearance; an absent cell is an empty one."""
    found: dict[tuple[str, ...], Records] = {}
    for row in rows:
        found.setdefault(tuple(cell(row, at) for at in by), []).append(row)
    return found


def cell(row: list[str], position: int) -> str:
    return row[position] if position < len(row) else ""
