"""How a cell compares with a value: as number, date or text.

A number is an optional sign, digits without leading zeros, an optional fraction and exponent; `007` is text. A date is
ISO 8601 (extended form), with an optional time and offset; without one it is taken as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

As = Literal["number", "date", "text"]
Operator = Literal["==", "!=", ">", ">=", "<", "<="]

_NUMBER = re.compile(rb"[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,6})?")
_DATE = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    rb"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,6})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)

# What an order of cell and value (-1, 0, 1) must be for the operator to hold.
HOLDS: dict[str, frozenset[int]] = {
    "==": frozenset((0,)),
    "!=": frozenset((-1, 1)),
    ">": frozenset((1,)),
    ">=": frozenset((0, 1)),
    "<": frozenset((-1,)),
    "<=": frozenset((-1, 0)),
}


def number(cell: bytes) -> Decimal | None:
    """The exact number a cell holds; None when it holds none."""
    return Decimal(cell.decode("ascii")) if _NUMBER.fullmatch(cell) else None


def numbers_of(cells: Iterable[bytes]) -> dict[bytes, Decimal]:
    """The numbers among the cells, each once."""
    found = list(filter(_NUMBER.fullmatch, cells))
    return dict(zip(found, map(Decimal, b"\n".join(found).decode("ascii").split("\n")), strict=True)) if found else {}


def date(cell: bytes) -> datetime | None:
    """The moment a cell names; None when it names none."""
    if not _DATE.fullmatch(cell):
        return None
    try:
        moment = datetime.fromisoformat(cell.decode("ascii").replace(",", "."))
    except ValueError:  # 2023-02-30
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def floats(cells: Sequence[bytes]) -> list[float] | None:
    """All cells as the nearest floats when every one is a number in decimal notation, else None.

    A text of digits, points and minus signs is such a list when `float` takes every cell and none begins with a zero
    too many, begins or ends with a point. A few C-level scans of the cells together instead of a match of each.
    """
    text = b"\n" + b"\n\n".join(cells) + b"\n"
    if text.count(b"\n") != 2 * len(cells):  # a cell with a line end of its own, which `float` would overlook
        return None
    if text.translate(None, b"0123456789.-\n") or b"\n." in text or b".\n" in text or b"-." in text:
        return None
    if text.count(b"\n0") + text.count(b"-0") != sum(map(text.count, _ONE_ZERO)):
        return None
    try:
        return list(map(float, cells))
    except ValueError:
        return None


_ONE_ZERO = (b"\n0.", b"\n0\n", b"-0.", b"-0\n")


PARSERS: dict[str, Callable[[bytes], Any]] = {"number": number, "date": date}


def kind_of(value: object) -> As:
    """How `auto` compares with `value`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    text = str(value).encode("utf-8", "surrogatepass")
    if number(text) is not None:
        return "number"
    return "text" if date(text) is None else "date"


def as_bytes(value: object) -> bytes:
    """A JSON value as the text it is written with."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return str(value).encode("utf-8", "surrogatepass")
