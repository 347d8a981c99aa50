"""The parts of a field, as the texts of several columns."""

from __future__ import annotations

from ctypes import Structure, byref, c_uint64, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Growing, Memory
from csvapi.native.rewriting import CellTexts

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from csvapi.native.index import RecordIndex

_LENGTH = 4  # bytes


class MadeTextsStruct(Structure):
    """`made_texts` of multiplying.inc."""

    _fields_ = (("text", c_void_p), ("lengths", c_void_p), ("size", c_uint64))


@dataclass(frozen=True)
class Parts:
    """The texts of each column; a byte for each record, 1 where something was cut into fewer parts than there are
    columns; and how many fields hold something. Valid up to the next ones."""

    texts: list[CellTexts]
    fewer: bytes
    filled: int


class FieldParts:
    """Cuts field `column` at a separator into texts for `count` columns: the last one takes the rest, and those for
    which there is none are empty. Memory: the bytes of an index for each column, as far as they are written to.
    """

    def __init__(self, column: int, separator: bytes, count: int, *, allocate: Allocate = Memory) -> None:
        if not separator or count < 1:
            raise ValueError("There must be a separator, and a column.")
        self._column, self._separator, self._count = column, separator, count
        self._texts, self._lengths, self._fewer, self._scratch = (Growing(allocate) for _ in range(4))

    def of(self, index: RecordIndex, mask: ReadableBuffer | None = None, value: int = 1) -> Parts:
        """The parts of all records, or of those whose byte in `mask` is `value`."""
        if not 0 <= self._column < index.scanner.form.width:
            raise ValueError(f"Columns must be below {index.scanner.form.width}, and are [{self._column}].")
        records, count, room = len(index), self._count, index.size + SLACK
        texts, lengths = self._texts.at_least(count * room), self._lengths.at_least(_LENGTH * count * records)
        fewer, scratch = self._fewer.at_least(records), self._scratch.at_least(room)
        columns = (MadeTextsStruct * count)(
            *(
                MadeTextsStruct(texts.address + at * room, lengths.address + at * _LENGTH * records, 0)
                for at in range(count)
            )
        )
        filled = kernel().put_parts(
            byref(index.structure),
            index.mask(mask),
            value,
            self._column,
            self._separator,
            len(self._separator),
            count,
            scratch.address,
            columns,
            fewer.address,
        )
        records = records if mask is None else bytes(mask).count(value)
        made = [
            CellTexts(
                texts.view[at * room : at * room + column.size],
                lengths.view[at * _LENGTH * len(index) :][: _LENGTH * records],
            )
            for at, column in enumerate(columns)
        ]
        return Parts(made, bytes(fewer.view[:records]), int(filled))
