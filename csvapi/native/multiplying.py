"""Several records of each: one for each item of the list in a field, or one for each of some fields."""

from __future__ import annotations

from array import array
from ctypes import Structure, addressof, byref, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from typing import TYPE_CHECKING

from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Growing, Memory
from csvapi.native.structures import StyleStruct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _typeshed import ReadableBuffer

    from csvapi.native.figures import Style
    from csvapi.native.form import Form
    from csvapi.native.index import RecordIndex

_FIELD = 4  # bytes that quotes, a delimiter or a line end may add to a field or a record


class CommonFieldsStruct(Structure):
    """`common_fields` of multiplying.inc."""

    _fields_ = (
        *((name, c_void_p) for name in ("before", "after")),
        *((name, c_uint64) for name in ("before_count", "after_count", "times", "limit", "part")),
        ("style", StyleStruct),
    )


class MultipliedStruct(Structure):
    """`multiplied` of multiplying.inc."""

    _fields_ = tuple((name, c_uint64) for name in ("record", "next", "records", "size", "filled", "lists"))


class _Stop(IntEnum):
    ALL_MADE = 0
    NO_MORE_ROOM = 1
    TOO_LONG = 2


class TooLongError(Exception):
    """Record number `record` of the index would become one of `size` bytes, which is more than the limit."""

    def __init__(self, record: int, size: int) -> None:
        super().__init__(f"Record {record} would have {size} bytes.")
        self.record, self.size = record, size


@dataclass(frozen=True)
class Made:
    """Some records: `count` of them in `text`, which is valid up to the next ones; so many of those that they are made
    of had something in the field (`filled`), and so many a list."""

    text: memoryview
    count: int
    filled: int = 0
    lists: int = 0


class _Multiplier:
    """Writes fields in the style of the records they are of. Memory: `part` bytes, and twice the longest record made;
    of a field with doubled quotes a copy, too."""

    def __init__(self, style: Style, limit: int, part: int, allocate: Allocate) -> None:
        style.structure()
        self._style, self._limit, self._part = style, limit, part
        self._out, self._scratch = Growing(allocate), Growing(allocate)

    def _common(
        self, form: Form, before: Sequence[int], after: Sequence[int], others: Sequence[int], times: int
    ) -> _Common:
        style = self._style
        if not all(0 <= at < form.width for at in (*before, *after, *others)):
            raise ValueError(f"Columns must be below {form.width}, and are {[*before, *after, *others]}.")
        if (form.delimiter, form.quote) != (style.delimiter, style.quote) or not (form.doubled or not form.quote):
            raise ValueError(f"Records of {form} cannot be written with {style}.")
        return _Common(array("I", before), array("I", after), times, (self._limit, self._part), style)

    def _made(
        self, index: RecordIndex, common: _Common, more: int, call: Callable[[MultipliedStruct, Memory, int], int]
    ) -> Iterator[Made]:
        """Call until all are made; the longest of the records may be the only one."""
        room = self._part + 2 * common.times * index.size + _FIELD * (common.count + 2) + more
        progress, stop = MultipliedStruct(), _Stop.NO_MORE_ROOM
        while stop == _Stop.NO_MORE_ROOM:
            out = self._out.at_least(room + SLACK)
            stop = _Stop(call(progress, out, room))
            if stop == _Stop.TOO_LONG:
                raise TooLongError(progress.record, progress.size)
            yield Made(out.view[: progress.size], progress.records, progress.filled, progress.lists)


class _Common:
    """The fields that all records made of one have, as the kernel takes them."""

    def __init__(
        self, before: array[int], after: array[int], times: int, limits: tuple[int, int], style: Style
    ) -> None:
        self._kept = before, after
        self.times, self.count = times, len(before) + len(after)
        places = (each.buffer_info()[0] if each else None for each in self._kept)
        self.structure = CommonFieldsStruct(
            *places, len(before), len(after), times, *limits, style.structure(same=True)
        )


class ListItems(_Multiplier):
    """Writes a record for each item of the list in field `column`, which lie between `separator`s; a record without one
    is copied. Raises `ValueError` where a record of one empty field could not be written."""

    def __init__(
        self, column: int, separator: bytes, style: Style, limit: int, part: int, *, allocate: Allocate = Memory
    ) -> None:
        super().__init__(style, limit, part, allocate)
        if not separator:
            raise ValueError("There must be a separator.")
        self._column, self._separator = column, separator

    def of(self, index: RecordIndex, mask: ReadableBuffer | None = None, value: int = 1) -> Iterator[Made]:
        """The records made of those whose byte in `mask` is `value`, in parts. Raises `TooLongError`."""
        form, column, separator = index.scanner.form, self._column, self._separator
        if form.width == 1 and not form.quote:
            raise ValueError("An empty field cannot be written without quotes.")
        common = self._common(form, range(column), range(column + 1, form.width), [column], 1)
        scratch, given = self._scratch.at_least((index.size if index.quotes else 0) + SLACK), index.mask(mask)

        def call(progress: MultipliedStruct, out: Memory, room: int) -> int:
            return int(
                kernel().put_list_items(
                    byref(index.structure), given, value, column, separator, len(separator), byref(common.structure),
                    scratch.address, out.address, room, byref(progress),
                )
            )  # fmt: skip

        return self._made(index, common, 0, call)


class ColumnRecords(_Multiplier):
    """Writes a record for each of `columns`: the fields of `kept`, the label of the column, and its field; none for an
    empty field if `drop_empty`. Labels are written already, with a delimiter after each."""

    def __init__(
        self,
        kept: Sequence[int],
        columns: Sequence[int],
        labels: Sequence[bytes],
        style: Style,
        limit: int,
        part: int,
        *,
        drop_empty: bool = False,
        allocate: Allocate = Memory,
    ) -> None:
        super().__init__(style, limit, part, allocate)
        if not columns or len(columns) != len(labels):
            raise ValueError(f"There are {len(columns)} columns and {len(labels)} labels.")
        if len(set(kept)) < len(kept):  # a record may not become so many times as long as it is
            raise ValueError(f"Columns must differ, and are {list(kept)}.")
        self._kept, self._columns, self._drop = kept, columns, drop_empty
        self._labels, self._longest = b"".join(labels), max(map(len, labels))
        self._ends = (c_uint64 * len(labels))(*accumulate(map(len, labels)))

    def of(self, index: RecordIndex, mask: ReadableBuffer | None = None, value: int = 1) -> Iterator[Made]:
        """See `ListItems.of`."""
        common = self._common(index.scanner.form, self._kept, (), self._columns, 2)  # kept, and by itself
        columns, given = (c_uint32 * len(self._columns))(*self._columns), index.mask(mask)

        def call(progress: MultipliedStruct, out: Memory, room: int) -> int:
            return int(
                kernel().put_column_records(
                    byref(index.structure), given, value, columns, len(columns), self._labels, addressof(self._ends),
                    self._longest, self._drop, byref(common.structure), out.address, room, byref(progress),
                )
            )  # fmt: skip

        return self._made(index, common, self._longest, call)
