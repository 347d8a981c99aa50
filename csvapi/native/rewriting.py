"""Writing records anew: some of their fields, with the quotes that another dialect needs."""

from __future__ import annotations

from array import array
from collections import Counter
from ctypes import byref, c_uint32
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Memory, address
from csvapi.native.scanner import Scanner
from csvapi.native.structures import StyleStruct, TextsStruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer

    from csvapi.native.form import Form
    from csvapi.native.index import RecordIndex

_FIELD = 4  # bytes that quotes, a delimiter or a line end may add to a field or a record


@dataclass(frozen=True)
class CellTexts:
    """The texts of a column: all records' in one, and their lengths, 4 bytes each; `of` sees that they fit."""

    text: bytes | memoryview
    lengths: memoryview

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> CellTexts:
        """The texts of all records, one after the other."""
        return cls(b"".join(texts), memoryview(array("I", map(len, texts))))

    @property
    def structure(self) -> TextsStruct:
        """As the kernel takes it."""
        found = TextsStruct()
        found.text = self.text if isinstance(self.text, bytes) else address(self.text)
        found.lengths = address(self.lengths)
        return found


class Rewriter:
    """Writes the fields of `columns`, counted from 0, as records of another form, and indexes what it wrote.

    Fields get quotes where they need them, or `all` of them. `form.quote` must not be b"", and two of them in a field
    stand for one. `line_end` is one or two bytes. Memory: up to nine times the text that is written at once, kept for
    the next time. Raises `ValueError` for a form that this is not.
    """

    def __init__(
        self,
        form: Form,
        columns: Sequence[int],
        line_end: bytes,
        *,
        quote_all: bool = False,
        allocate: Allocate = Memory,
    ) -> None:
        if not form.quote or not form.doubled or form.width != len(columns) or not 1 <= len(line_end) <= 2:
            raise ValueError(f"Records of {len(columns)} fields cannot be written as {form}, {line_end!r}.")
        self.form, self._columns, self._all = form, columns, quote_all
        self._line_end = int.from_bytes(line_end, "little")
        self._times = max(Counter(columns).values())
        self._allocate = allocate
        self._scanner: Scanner | None = None

    def rewrite(
        self,
        index: RecordIndex,
        mask: ReadableBuffer | None = None,
        value: int = 1,
        texts: Sequence[CellTexts] = (),
    ) -> RecordIndex | None:
        """The records whose byte in `mask` is `value`, written anew; valid until the next call.

        Columns from the index's width on are `texts`, each of all these records. None where the kernel would not read
        what it wrote, as a text with a NUL. Raises `ValueError` for texts that are not as many as the records.
        """
        count = len(index) if mask is None else bytes(mask).count(value)
        if any(each.lengths.nbytes != 4 * count for each in texts):
            raise ValueError(f"There must be a text for each of {count} records.")
        others = (TextsStruct * max(1, len(texts)))(*(each.structure for each in texts))
        width = index.scanner.form.width
        if not all(0 <= column < width + len(texts) for column in self._columns):
            raise ValueError(f"Columns must be below {width + len(texts)}, and are {list(self._columns)}.")
        scanner = self._room(index, texts)
        old = index.scanner.form
        same = old.delimiter == self.form.delimiter and old.quote == self.form.quote
        style = StyleStruct(self.form.delimiter[0], self.form.quote[0], self._all, same, self._line_end, 0)
        size = kernel().put_records(
            byref(index.structure),
            index.mask(mask),
            value,
            (c_uint32 * len(self._columns))(*self._columns),
            len(self._columns),
            byref(others),
            len(texts),
            count,
            byref(style),
            scanner.memory.address,
        )
        found = scanner.scan(0, size, final=True)
        return None if found.declined else found

    def _room(self, index: RecordIndex, texts: Sequence[CellTexts]) -> Scanner:
        fields = len(index) * (len(self._columns) + 1)
        size = 2 * self._times * (index.size + sum(len(each.text) for each in texts)) + _FIELD * fields + SLACK
        if self._scanner is None or len(self._scanner.text) < size:
            self._scanner = Scanner(self.form, size * 5 // 4, allocate=self._allocate)
        return self._scanner
