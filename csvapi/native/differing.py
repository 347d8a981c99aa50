"""What is new, gone or changed between two files: records of a table, of entries with versions (see `native.entries`)
in the order of their keys."""

from __future__ import annotations

from array import array
from ctypes import Structure, byref, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from csvapi.native.figures import Style
from csvapi.native.keys import DIGEST
from csvapi.native.library import kernel
from csvapi.native.memory import Allocate, Growing, Memory, readable, writable
from csvapi.native.structures import StyleStruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.native.sorting import Block

_WORDS = 3
_CELL = 24  # bytes of `cell` of differing.inc


class DifferenceTableStruct(Structure):
    """`difference_table` of differing.inc."""

    _fields_ = (
        *(
            (name, c_void_p)
            for name in ("compared", "keys", "shown", "texts", "ends", "bases", "cells", "names", "unquoted")
        ),
        *(
            (name, c_uint64)
            for name in ("compared_count", "shown_count", "new_width", "old_width", "origins", "old_origins")
        ),
        *((name, c_uint64) for name in ("limit", "partial")),
        ("found", c_uint64 * _WORDS),
        ("same", c_uint64),
        ("quotes", c_uint32 * 2),
        ("doubled", c_uint32 * 2),
        ("style", StyleStruct),
    )


@dataclass(frozen=True)
class DifferenceForm:
    """What the records are: one of `words` for what is new, gone or changed; the `names` of the columns that differ, of
    the newer file's; its cells, and the older one's at `shown`. Columns count from 0, pairs are the newer file's first.

    `widths` are the numbers of columns of both files, the newer one's first. A record that is gone has the older file's
    cells of `keys`. With `partial`, there are none of these. No record is longer than `limit` bytes.
    """

    words: tuple[bytes, bytes, bytes]
    names: Sequence[bytes]
    widths: tuple[int, int]
    keys: Sequence[tuple[int, int]]
    compared: Sequence[tuple[int, int]]
    shown: Sequence[int]
    limit: int
    partial: bool = False

    def __post_init__(self) -> None:
        new, old = self.widths
        pairs = [*self.keys, *self.compared]
        fits = len(self.names) == new and all(0 <= a < new and 0 <= b < old for a, b in pairs)
        fits = fits and all(0 <= at < old for at in self.shown)
        once = (self.shown, [b for _, b in self.keys])  # or a record might be longer than there is room for
        if not fits or any(len(set(each)) != len(each) for each in once):
            raise ValueError(f"There are {new} and {old} columns, which do not fit names, keys or cells.")


class Differences:
    """Writes the records. `bases` are the records before those of each origin, of which the first `old` are the older
    file's, as `quote` is; `doubled` says whether two of these are one within a cell in quotes.

    `style` says how records are written, and must have the delimiter of both files and the quote of the newer one,
    which is doubled; without it none are, so that all entries but those of equal records are left.

    `found` counts the records by their words, `same` the pairs of records that are equal.
    """

    def __init__(
        self,
        form: DifferenceForm,
        bases: Sequence[int],
        old: int,
        style: Style | None,
        quote: bytes,
        allocate: Allocate = Memory,
        *,
        doubled: bool = True,
    ) -> None:
        (width, old_width), texts = form.widths, [*form.words, *form.names]
        origins = {a: b + 1 for a, b in form.keys}
        ends = array("Q", accumulate(map(len, texts)))
        self._arrays = (
            array("I", chain.from_iterable(form.compared)),
            array("I", [origins.get(at, 0) for at in range(width)]),
            array("I", form.shown),
            array("B", b"".join(texts)),
            ends,
            array("Q", bases),
        )
        self._room = allocate(_CELL * (width + old_width)), allocate(ends[-1] + len(texts))
        places = [*(each.buffer_info()[0] for each in self._arrays), *(each.address for each in self._room), None]
        limit = form.limit if style else 0
        sizes = len(form.compared), len(form.shown), width, old_width, len(bases), old, limit, form.partial
        given = style or Style(b",", b"", b"\n")
        quotes = (c_uint32 * 2)(*(ord(each or b"\n") for each in (given.quote, quote)))
        written = StyleStruct(
            ord(given.delimiter), ord(given.quote or b"\0"), 0, 0, int.from_bytes(given.line_end, "little")
        )
        both = (c_uint32 * 2)(bool(given.quote), doubled and bool(quote))
        self._table = DifferenceTableStruct(*places, *sizes, (c_uint64 * _WORDS)(), 0, quotes, both, written)
        self._last, self._out, self._size = bytearray(DIGEST), Growing(allocate), c_uint64(0)
        self._unquoted = Growing(allocate)

    @property
    def found(self) -> list[int]:
        """How many records were written, by their words."""
        return list(self._table.found)

    @property
    def same(self) -> int:
        """How many pairs of records were equal."""
        return int(self._table.same)

    def put(self, entries: bytes, block: Block, start: int = 0) -> int:
        """Put records of the next entries, each whole, into the block, from byte `start` on; `left` has the others.

        Returns the byte where the block has no room; go on there with one that has.
        """
        if not start:
            self._size.value = 0
        out = self._out.at_least(len(entries))
        self._table.unquoted = self._unquoted.at_least(len(entries)).address  # no pair of records is longer
        given, last = readable(entries, len(entries), "entries"), writable(self._last, DIGEST, "last")
        table, size = byref(self._table), byref(self._size)
        return int(
            kernel().put_differences(given, len(entries), start, last, table, byref(block.structure), out.address, size)
        )

    @property
    def left(self) -> bytes:
        """Those of the entries given last that the caller has to look at: of a key that more than one record of a file
        has, or the first or last of all may have, too; and those whose record has other quotes than around whole cells,
        is longer than the limit, or needs quotes where there are none."""
        return bytes(self._out.at_least(1).view[: self._size.value])
