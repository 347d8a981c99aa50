"""A filter's conditions over a table: the same tree, the same order, the same counts as `steps.conditions`.

A condition is asked of the records that those before it leave open. Numbers of at most eight characters are compared
as integers, exactly, and most texts where they lie (`texts`); cells of any other form, and all other conditions, are
asked of the condition itself.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from csvapi.engines.local.kernels import texts
from csvapi.engines.local.kernels.table import BELOW
from csvapi.steps.conditions import FEW, All, Leaf, Node, Not, Text
from csvapi.steps.typed import Typed, TypedLeaf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.engines.local.kernels.quotes import Places
    from csvapi.engines.local.kernels.table import Table
    from csvapi.operations.filter import Filter

Answers = NDArray[np.bool_]

_WORD = 8
_MOST = Decimal(10**9)  # beyond every number of eight digits


def choose(
    step: Filter, table: Table, records: Places, fates: bytearray | None = None, codes: Sequence[int] = ()
) -> Places:
    """Which of `records` stay; into `fates`, if they are wanted, goes the code of the reason why another goes: of the
    first part that does not hold."""
    for part, reason in zip(step.parts, step.first_reason, strict=True):
        if isinstance(part, TypedLeaf):
            answers, misses = _typed(part, table, records)
        else:
            answers, misses = _ask(part, table, records), None
        if fates is not None:
            marks = np.frombuffer(fates, np.uint8)
            marks[records[~answers]] = codes[reason]
            if misses is not None:
                marks[records[misses]] = codes[reason + 1]
        records = records[answers]
        if not len(records):
            break
    return records


def _ask(node: Node, table: Table, records: Places) -> Answers:
    if isinstance(node, All):
        return _all(node.parts, table, records)
    if isinstance(node, Not):
        return ~_ask(node.part, table, records)
    if isinstance(node, TypedLeaf):
        return _typed(node, table, records)[0]
    if not isinstance(node, Leaf):
        raise TypeError(f"{type(node).__name__} is no condition a table knows.")
    if isinstance(node.test, Text) and node.test.name in texts.NAMES and table.shows(node.test.operand):
        return texts.compare(node.test, table, node.position, records)
    return _cells(node, table, records)


def _all(parts: Sequence[Node], table: Table, records: Places) -> Answers:
    answers = _ask(parts[0], table, records)
    for part in parts[1:]:
        left = records[answers]
        if not len(left):
            break
        answers[answers] = _ask(part, table, left)
    return answers


def _cells(leaf: Leaf, table: Table, records: Places) -> Answers:
    rows = (records + table.row).tolist() if leaf.asked else ()
    answers = leaf.ask(table.cells(leaf.position, records), rows)
    return np.fromiter(map(bool, answers), np.bool_, len(records))


def _typed(leaf: TypedLeaf, table: Table, records: Places) -> tuple[Answers, Answers]:
    """For which of `records` the comparison holds, and whose cells are no such value."""
    answers, misses = np.zeros(len(records), np.bool_), np.zeros(len(records), np.bool_)
    others = np.arange(len(records))
    if isinstance(leaf.test, Typed) and leaf.test.number:
        first, last = table.span(leaf.position, records)
        value, scale, known = parse(table.words[first], last - first)
        if len(leaf.test.values) > FEW:
            answers = _among(leaf.test.among, value, scale)
        else:
            for limit in leaf.test.values:
                answers |= _compare(leaf.test.name, limit, value, scale)
        others = np.flatnonzero(~known)
        if leaf.asked:
            leaf.asked.add(len(records) - len(others), 0, ())
    if len(others):
        at = records[others]
        found = leaf.ask(table.cells(leaf.position, at), (at + table.row).tolist())
        answers[others] = np.fromiter(map(bool, found), np.bool_, len(others))
        misses[others] = np.fromiter((each is None for each in found), np.bool_, len(others))
    return answers, misses


def _compare(name: str, limit: Decimal, value: NDArray[np.int64], scale: NDArray[np.intp]) -> Answers:
    """`value` / 10 ** `scale` against `limit`: against the integers around `limit` * 10 ** `scale`."""
    below, above = (each[scale] for each in _around(limit))
    order = (value > below).view(np.int8) - (value < above).view(np.int8)
    return np.asarray(_COMPARE[name](order, 0), np.bool_)


_COMPARE = {"==": np.equal, ">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}


def _among(limits: frozenset[Decimal], value: NDArray[np.int64], scale: NDArray[np.intp]) -> Answers:
    """Whether `value` / 10 ** `scale` is one of `limits`: a search for each scale, however many limits there are."""
    answers = np.zeros(len(value), np.bool_)
    for power, wanted in enumerate(_scaled(limits)):
        these = scale == power
        if len(wanted) and these.any():
            answers[these] = np.isin(value[these], wanted)
    return answers


@lru_cache(maxsize=8)
def _scaled(limits: frozenset[Decimal]) -> list[NDArray[np.int64]]:
    """For each scale, the integers that `limits` * 10 ** scale are; those that no known cell reaches are left out."""
    found: list[list[int]] = [[] for _ in range(_WORD)]
    for limit in limits:
        if abs(limit) < _MOST:
            top, bottom = limit.as_integer_ratio()
            for power, integers in enumerate(found):
                if 10**power % bottom == 0:
                    integers.append(top * (10**power // bottom))
    return [np.array([each for each in integers if abs(each) < _MOST], np.int64) for integers in found]


@lru_cache
def _around(limit: Decimal) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The integers around `limit` * 10 ** scale for each scale; a limit that no known cell reaches may be nearer."""
    near = Fraction(max(-_MOST, min(_MOST, limit)))
    scaled = [near * 10**scale for scale in range(_WORD)]
    return np.array([floor(each) for each in scaled]), np.array([ceil(each) for each in scaled])


def _each(byte: int) -> np.uint64:
    """A word of eight equal bytes."""
    return np.uint64(byte * 0x0101010101010101)


_HIGH, _LOW, _POINT, _ZERO, _OVER = map(_each, (0x80, 0x7F, ord("."), ord("0"), 0x7F - 9))
_ONE, _SEVEN, _EIGHT, _FIRST = (np.uint64(each) for each in (1, 7, 8, 0xFF))


def parse(words: NDArray[np.uint64], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp], Answers]:
    """Cells as integers and numbers of decimals, and for which of them that is known.

    A cell is the first `lengths` bytes of a little-endian word. Known are those of at most eight bytes that are an
    optional minus sign, digits without a zero too many, and an optional point with digits after it; any other cell may
    be a number, too. The bytes of a
    word are handled side by side (Lamport 1975, "Multiple byte processing with full-word instructions").
    """
    known = lengths <= _WORD
    size = np.minimum(lengths, _WORD)
    cell = words & BELOW[size]
    negative = cell & _FIRST == ord("-")
    signed = negative.any()
    if signed:
        cell = np.where(negative, cell >> _EIGHT, cell)
        size -= negative
    differs = cell ^ _POINT
    points = ~(((differs & _LOW) + _LOW) | differs | _LOW)  # the high bit of every point
    before = (points >> _SEVEN) - _ONE  # the bytes before the point; without one, all
    has_point = points != 0
    size -= has_point
    whole = np.minimum(np.bitwise_count(before) >> 3, size)
    digits = ((cell & before) | ((cell >> _EIGHT) & ~before)) ^ _ZERO
    digits &= BELOW[size]
    known &= (points & (points - _ONE)) == 0
    known &= ((digits + _OVER) | digits) & _HIGH == 0
    known &= (whole > 0) & ((digits & _FIRST != 0) | (whole == 1)) & (~has_point | (size > whole))
    scale = np.where(known, size - whole, 0)
    value = _integer(digits << ((_WORD - size) * 8 & 63).astype(np.uint64))
    return np.where(negative, -value, value) if signed else value, scale, known


_PAIRS, _QUARTERS = np.uint64(2561), np.uint64(0x000000FF000000FF)
_LEFT, _RIGHT = np.uint64(100 + (1_000_000 << 32)), np.uint64(1 + (10_000 << 32))
_SIXTEEN, _HALF = np.uint64(16), np.uint64(32)


def _integer(digits: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Eight digits, the first in the lowest byte, as a number in three multiplications (Lemire's, of simdjson)."""
    pairs = (digits * _PAIRS) >> _EIGHT
    left, right = (pairs & _QUARTERS) * _LEFT, ((pairs >> _SIXTEEN) & _QUARTERS) * _RIGHT
    return ((left + right) >> _HALF).astype(np.int64)
