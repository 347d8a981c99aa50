"""An index: where the records and fields of a scanned text are."""

from __future__ import annotations

from ctypes import byref, c_uint32, c_uint64
from typing import TYPE_CHECKING, Any

from csvapi.native.library import kernel
from csvapi.native.memory import readable, writable
from csvapi.native.structures import RecordsStruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer, WriteableBuffer

    from csvapi.native.scanner import Declined, Scanner
    from csvapi.native.structures import FoundStruct


class RecordIndex:
    """The records that a scan took; made by `Scanner.scan`, and valid until that scanner's next one.

    start     the byte of the scanner's text where the first record begins
    size      the bytes of all records
    lines     their physical lines
    quotes    the quotes among their bytes
    declined  why the record after them was not taken; None if it was only not whole

    `len()` is the number of records. Functions over an index take a `mask`, a byte for each record, and a `value`: they
    are about the records whose byte is that; without a mask, about all.
    """

    __slots__ = ("_count", "_scan", "_structure", "declined", "lines", "quotes", "scanner", "size", "start")

    def __init__(self, scanner: Scanner, start: int, found: FoundStruct, size: int, declined: Declined | None) -> None:
        self.scanner, self.start, self.size, self.declined = scanner, start, size, declined
        self._count: int = found.records
        self.lines: int = found.lines
        self.quotes: int = found.quotes
        self._scan = scanner.scans
        self._structure = RecordsStruct(
            scanner.memory.address + start,
            scanner.ends.address,
            scanner.quotes.address,
            scanner.hidden.address,
            found.records,
            size,
            scanner.form.structure,
        )

    def __len__(self) -> int:
        return self._count

    @property
    def structure(self) -> RecordsStruct:
        """As the kernel takes it. Raises `RuntimeError` after the scanner's next scan."""
        if self._scan != self.scanner.scans:
            raise RuntimeError("This index is not valid any more: its scanner has scanned again.")
        return self._structure

    @property
    def text(self) -> memoryview:
        """The bytes of the records, where they lie in the scanner's text."""
        return self.scanner.text[self.start : self.start + self.size]

    def mask(self, mask: ReadableBuffer | None) -> Any:
        """A mask as the kernel takes it. Raises `ValueError` for one with fewer bytes than there are records."""
        return None if mask is None else readable(mask, len(self), "mask")

    def columns(self, columns: Sequence[int]) -> Any:
        """Positions of columns, from 0, as the kernel takes them. Raises `ValueError` for one that there is not."""
        width = self.scanner.form.width
        if not columns or not all(0 <= column < width for column in columns):
            raise ValueError(f"Columns must be from 0 to {width - 1}, and are {list(columns)}.")
        return (c_uint32 * len(columns))(*columns)

    def record_ends(self, base: int, out: WriteableBuffer) -> None:
        """Write for each record where it ends, `base` being where the first one begins: 8 bytes each, native order."""
        kernel().record_ends(byref(self.structure), base, writable(out, 8 * len(self), "out", item=8))

    def record_lengths(self, out: WriteableBuffer) -> None:
        """Write for each record its length in bytes: 4 bytes each, native order."""
        kernel().record_lengths(byref(self.structure), writable(out, 4 * len(self), "out", item=4))

    def count_lines(self, start: int, stop: int) -> int:
        """The physical lines of the records from number `start` up to `stop`."""
        if not 0 <= start <= stop <= len(self):
            raise ValueError(f"Records {start} to {stop} are not among {len(self)}.")
        return int(kernel().count_lines(byref(self.structure), start, stop))

    def lines_of(self, mask: ReadableBuffer, value: int = 1) -> int:
        """The physical lines of the records whose byte in `mask` is `value`."""
        return int(kernel().count_lines_of(byref(self.structure), self.mask(mask), value))

    def count_equal(self, record: bytes) -> tuple[int, int]:
        """How many records are these bytes but for their line ends, and the number of the first one."""
        first = c_uint64(0)
        return kernel().count_equal(byref(self.structure), record, len(record), byref(first)), first.value
