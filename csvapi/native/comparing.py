"""Compares cells in place, and turns answers about some records into answers about all."""

from __future__ import annotations

import ctypes
from ctypes import byref
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import TYPE_CHECKING

from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import readable, writable

if TYPE_CHECKING:
    from csvapi.native.index import RecordIndex

NO, YES, UNSURE = 0, 1, 3  # answers
_LESS, _EQUAL, _MORE = 1, 2, 4
_ORDERS = {"<": _LESS, "<=": _LESS | _EQUAL, "==": _EQUAL, ">=": _EQUAL | _MORE, ">": _MORE}
_SCALES = 19  # decimals of a number of up to 18 digits, and none
_MOST = 10**18 + 1  # beyond every number that the kernel knows
_Bounds = ctypes.Array[ctypes.c_int64]


class How(IntEnum):
    """How a text is compared with another one."""

    IS = 0
    CONTAINS = 1
    STARTS_WITH = 2
    ENDS_WITH = 3


def compare_texts(index: RecordIndex, column: int, how: How, wanted: bytes, mask: bytes | None = None) -> bytes:
    """For each record in `mask` 1 where its cell is `wanted`, or holds, begins or ends with it, else 0."""
    answers = bytearray(len(index))
    kernel().compare_texts(
        byref(index.structure),
        index.mask(mask),
        1,
        index.columns([column])[0],
        how,
        wanted,
        len(wanted),
        index.scanner.scratch.at_least(index.size + SLACK).address,
        writable(answers, len(index), "answers"),
    )
    return bytes(answers)


def compare_numbers(
    index: RecordIndex, column: int, comparison: str, limit: Decimal, mask: bytes | None = None
) -> tuple[bytes, int]:
    """For each record in `mask` YES or NO, or UNSURE where only Python can tell; and how many of these there are.

    `comparison` is one of < <= == >= >. UNSURE is a cell with a leading zero, and any other that is not plainly a
    number of up to 18 digits.
    """
    below, above = around(limit)
    answers = bytearray(len(index))
    unsure = kernel().compare_numbers(
        byref(index.structure),
        index.mask(mask),
        1,
        index.columns([column])[0],
        _ORDERS[comparison],
        below,
        above,
        writable(answers, len(index), "answers"),
    )
    return bytes(answers), int(unsure)


@lru_cache
def around(limit: Decimal) -> tuple[_Bounds, _Bounds]:
    """The integers around `limit` * 10 ** scale for each scale; a limit that no known cell reaches may be nearer."""
    near = Fraction(max(Decimal(-_MOST), min(Decimal(_MOST), limit)))
    scaled = [max(-_MOST, min(_MOST, near * 10**scale)) for scale in range(_SCALES)]
    kind = ctypes.c_int64 * _SCALES
    return kind(*map(floor, scaled)), kind(*map(ceil, scaled))


def spread(mask: bytes, values: bytes) -> bytes:
    """The next one of `values` where the byte of `mask` is 1, else 0. Raises `ValueError` unless they are as many."""
    if mask.count(1) != len(values):
        raise ValueError(f"There must be a value for each of {mask.count(1)} records, and there are {len(values)}.")
    out = bytearray(len(mask))
    count = len(mask)
    kernel().spread(readable(mask, count, "mask"), count, values or None, writable(out, count, "out"))
    return bytes(out)


def pack(mask: bytes, values: bytes) -> bytes:
    """Those of `values` where the byte of `mask` is 1. Raises `ValueError` unless they are as many."""
    if len(mask) != len(values):
        raise ValueError(f"There must be a value for each of {len(mask)} records, and there are {len(values)}.")
    out, count = bytearray(len(mask)), len(mask)
    taken = kernel().pack(readable(mask, count, "mask"), count, values, writable(out, count, "out"))
    return bytes(out[:taken])
