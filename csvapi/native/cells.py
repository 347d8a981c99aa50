"""The fields of records as Python objects."""

from __future__ import annotations

import ctypes
from ctypes import byref
from typing import TYPE_CHECKING

from csvapi.native.library import SLACK, kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer

    from csvapi.native.index import RecordIndex


def joined(index: RecordIndex, columns: Sequence[int], mask: ReadableBuffer | None = None, value: int = 1) -> bytes:
    """What the fields of some columns hold, record by record, each followed by a NUL: no field of an index holds one.

    `columns` are counted from 0, in any order; one that occurs n times is there n times. Only the records whose byte in
    `mask` is `value`; all of them without a mask. The text can be decoded as one where the encoding allows.
    """
    times = max(map(columns.count, columns), default=0)
    out = index.scanner.output.at_least(times * (index.size + 1) + len(columns) * len(index) + SLACK)
    size = kernel().put_cells(
        byref(index.structure), index.mask(mask), value, index.columns(columns), len(columns), out.address
    )
    return ctypes.string_at(out.address, size)


def cells(index: RecordIndex, column: int, mask: ReadableBuffer | None = None, value: int = 1) -> list[bytes]:
    """What the fields of one column, counted from 0, hold, for the records in the mask."""
    return joined(index, [column], mask, value).split(b"\0")[:-1]


def rows(index: RecordIndex, mask: ReadableBuffer | None = None, value: int = 1) -> list[tuple[bytes, ...]]:
    """What all fields hold, record by record, for the records in the mask."""
    width = index.scanner.form.width
    flat = iter(joined(index, range(width), mask, value).split(b"\0")[:-1])
    return list(zip(*[flat] * width, strict=True))
