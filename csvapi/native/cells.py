"""Cells as Python objects."""

from __future__ import annotations

from ctypes import byref
from typing import TYPE_CHECKING

from csvapi.native.library import kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer

    from csvapi.native.index import Index


def cells(index: Index, columns: Sequence[int], mask: ReadableBuffer | None = None, value: int = 1) -> list[bytes]:
    """The cells of some columns of the records whose byte in `mask` is `value`, record by record."""
    room = index.size * (len(columns) if len(set(columns)) < len(columns) else 1) + len(index) * len(columns) + 16
    out = index.scanner.output.at_least(room)
    size = kernel().put_cells(
        byref(index.structure), index.mask(mask), value, index.columns(columns), len(columns), out.address
    )
    return bytes(out.view[: size - 1]).split(b"\0") if size else []
