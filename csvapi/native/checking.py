"""Which cells a field's rules certainly allow; Python judges the others."""

from __future__ import annotations

from ctypes import byref, c_uint64
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from csvapi.native.comparing import around
from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import writable
from csvapi.native.structures import SCALES, RulesStruct

if TYPE_CHECKING:
    from csvapi.native.index import RecordIndex
    from csvapi.native.profiling import ValueCounter

ALLOWED, ASK, MATCH = 0, 1, 2  # answers
_WORD = (1 << 64) - 1


class Kind(IntEnum):
    """What a value must be: a text, a number in plain digits, a moment in its default form, or what was learned."""

    TEXT = 0
    NUMBER = 1
    DATE = 2
    DATETIME = 3
    TIME = 4
    LEARNED = 5


@dataclass(frozen=True)
class CellRules:
    """What a cell must keep to be surely allowed.

    empty     whether an empty one is
    points    whether a number may have a decimal point
    fewest, most  characters
    least, greatest  the bounds of a number, or of a moment in seconds since the year 1 began; None for none
    matched   whether a pattern remains to be matched
    """

    kind: Kind
    empty: bool
    points: bool = True
    fewest: int = 0
    most: int = _WORD
    least: Decimal | None = None
    greatest: Decimal | None = None
    matched: bool = False

    @cached_property
    def structure(self) -> RulesStruct:
        """As the kernel takes it."""
        return RulesStruct(
            self.kind,
            self.empty,
            SCALES if self.points else 1,
            MATCH if self.matched else ALLOWED,
            min(self.fewest, _WORD),
            min(self.most, _WORD),
            around(Decimal("-Infinity") if self.least is None else self.least)[1],
            around(Decimal("Infinity") if self.greatest is None else self.greatest)[0],
        )


@dataclass(frozen=True)
class Answers:
    """A byte for each record of an index; how many of them are `ask`, and how many `match`."""

    each: bytearray
    ask: int
    match: int


def check_cells(
    index: RecordIndex, column: int, rules: CellRules, mask: bytes | None = None, known: ValueCounter | None = None
) -> Answers:
    """Check the cells of a column in the records of the mask; those of other records count as allowed.

    `known` is for rules of kind LEARNED: a value that is not among its own becomes one, if it has room, with the count
    0; those with a count of 1 are allowed. Raises `ValueError` where it is missing.
    """
    if known is None and rules.kind == Kind.LEARNED:
        raise ValueError("What is learned needs a place.")
    found, counts = bytearray(len(index)), (c_uint64 * 2)()
    kernel().check_cells(
        byref(index.structure),
        index.mask(mask),
        1,
        index.columns([column])[0],
        byref(rules.structure),
        None if known is None else known.secret,
        None if known is None else byref(known.structure),
        index.scanner.scratch.at_least(index.size + SLACK).address,
        writable(found, len(index), "found"),
        counts,
    )
    return Answers(found, counts[0], counts[1])
