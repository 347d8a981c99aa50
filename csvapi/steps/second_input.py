"""Another input file of a step, its records in the bytes of the first one's dialect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from csvapi.blame import blaming
from csvapi.csvio.batch import BLOCK_SIZE
from csvapi.csvio.census import Counter
from csvapi.csvio.file_warnings import file_warnings
from csvapi.csvio.parsing import ParsedRecords, WrongCut
from csvapi.csvio.preview import head
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.source import Source
from csvapi.steps.step import Context
from csvapi.steps.writing import encoded

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from contextlib import AbstractContextManager

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.census import Census
    from csvapi.csvio.data_warnings import DataWarning
    from csvapi.steps.step import Column, FileId

_LONGEST = 1 << 24  # bytes of a record
_NATIVE = 8  # times as much as the csv module is the kernel given at once


class SecondInput:
    """Opened where the step is built; read in batches when it runs. Raises `InvalidInput` for a file not given.

    Every error about this file names it, so that the first file is never blamed for it.
    """

    def __init__(self, context: Context, name: FileId, pointer: str) -> None:
        self.name, self.pointer = name, pointer
        with self.blamed():
            given, dialect = context.file(name, pointer)
            self.source = given if isinstance(given, Source) else Source.open(given, dialect)
            self.first = head(self.source)
        self.counter = Counter(self.source, self.first)
        self.context = Context(self.first.columns, dialect.header, self.source.byte_dialect)

    def blamed(self) -> AbstractContextManager[None]:
        """Errors in this block are this file's."""
        return blaming(self.name, self.pointer)

    @property
    def columns(self) -> list[str]:
        """The names of this file's columns."""
        return self.first.columns

    def position(self, column: Column, pointer: str) -> int:
        """Where this file has `column`, from 0. Raises `UnknownColumn` or `AmbiguousColumn` at `pointer`."""
        with self.blamed():
            return self.context.position(column, pointer)

    def batches(self, *, native: bool = False, bounds: tuple[int, int] | None = None) -> Generator[Batch]:
        """All its records, if `native` by the kernel where it can; issues of its records are counted for `warnings`.

        With `bounds` those of a range of its bytes. Raises `WrongCut` where that ends within a record.
        """
        self.counter = Counter(self.source, self.first)
        times = _NATIVE if native else 1
        room = 2 * times * BLOCK_SIZE if native else 0
        parsers = parsers_of(self.source, self.counter.width, _LONGEST, native=room)
        start, stop = bounds or (self.first.start, self.source.size)
        with self.blamed():
            batches = read_batches(
                self.source, start, stop, parsers, line=self.first.line, size=times * BLOCK_SIZE, limit=_LONGEST
            )
            for located in batches:
                if located.unclosed and stop < self.source.size:
                    raise WrongCut
                if isinstance(located, ParsedRecords):
                    self.counter.count(located)
                else:  # its parser takes no other records than good ones
                    self.counter.count_good(located)
                yield located.batch

    def count(self, found: Sequence[Census]) -> None:
        """Take what its ranges counted, in their order, for `warnings`."""
        census, *more = found
        for each in more:
            census.add(each)
        self.counter.census = census

    def warnings(self) -> list[DataWarning]:
        """The warnings about this file; call it after its records were read."""
        census = self.counter.census
        for issue in census.issues.values():
            issue.byte = self.source.byte(issue.byte) if issue.count else 0
        return [replace(warning, file=self.name) for warning in file_warnings(self.source, self.first, census)]

    def into(self, byte_dialect: ByteDialect, cells: list[bytes | None]) -> list[bytes]:
        """Cells in the encoding of `byte_dialect`, absent ones empty; `InvalidInput` for a character it does not
        have."""
        mine = self.source.byte_dialect
        if (mine.codec, mine.inner) == (byte_dialect.codec, byte_dialect.inner):
            return [cell or b"" for cell in cells]
        with self.blamed():
            return [
                cell if not cell or cell.isascii() else encoded(mine.decode(cell), byte_dialect, self.pointer)
                for cell in (each or b"" for each in cells)
            ]
