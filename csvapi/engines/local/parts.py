"""A result in parts: each a CSV file of its own, with all that stands above the records and some of these.

The result is written whole first, into the workspace, and then divided in one pass. By the number of records, parts are
written as they come; by a column, the records of each part are collected in a file of the workspace.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from csvapi.csvio.data_warnings import shown
from csvapi.csvio.preview import head
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.sink import emptied
from csvapi.csvio.source import Source
from csvapi.engines.local.part_files import FolderParts, ZipParts
from csvapi.engines.local.range_pass import NATIVE
from csvapi.errors import TooLarge
from csvapi.spill.chunks import Chunks
from csvapi.steps.output import position_of
from csvapi.steps.part_names import MOST, PartNames, numbered
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.engines.local.part_files import PartFiles
    from csvapi.engines.options import Options
    from csvapi.steps.step import Context

Part = tuple[str, dict[str, Any], "Iterable[bytes]"]  # a name, what the receipt says of it, its bytes
LISTED = 100  # parts in the receipt
_KEY = 100  # bytes of a value that are kept as they are
_NAMED = 1000  # bytes of a value that a name is made of


@dataclass
class Divided:
    """What became of a result: the form, the bytes and the SHA-256 of all, and the first parts."""

    form: dict[str, str]
    size: int = 0
    sha256: str = ""
    count: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """What the receipt adds to the output's form."""
        return {**self.form, "parts": {"count": self.count, "files": self.files}}


@dataclass
class Division:
    """Divides the file `whole`, which has the columns and the byte dialect of `after` and `records` records."""

    whole: Path
    after: Context
    wanted: dict[str, Any]
    records: int
    options: Options
    folder: Path
    heartbeat: Callable[[], None]

    def into(self, target: Path | BinaryIO, *, hashed: bool) -> Divided:
        """Write the parts to a ZIP, or to an empty folder. Memory: a quarter of the budget, twice for a moment.

        Raises `TooLarge` for more than `MOST` parts, before anything is written; `UnknownColumn` or `AmbiguousColumn`
        for the column; and what `csvio.disk` does for too much that is written.
        """
        size = self.whole.stat().st_size
        with ExitStack() as stack:
            parts = stack.enter_context(closing(self._parts()))
            first = next(parts, None)
            files = self._files(target, stack, size, hashed=hashed)
            found = Divided(files.form)
            while first is not None:
                self._write(found, files, *first)
                first = next(parts, None)
            found.size, found.sha256 = files.written()
        return found

    def _files(self, target: Path | BinaryIO, stack: ExitStack, size: int, *, hashed: bool) -> PartFiles:
        if isinstance(target, Path) and target.is_dir():
            return FolderParts(target)
        file = stack.enter_context(emptied(target)) if isinstance(target, Path) else target
        return stack.enter_context(ZipParts(file, size, hashed=hashed))

    def _write(self, found: Divided, files: PartFiles, name: str, told: dict[str, Any], data: Iterable[bytes]) -> None:
        """Write a part, and list it if it is one of the first; `told` may get its number of records meanwhile."""
        digest, size = sha256(), 0
        with files.part(name) as write:
            for piece in data:
                write(piece)
                digest.update(piece)
                size += len(piece)
                self.heartbeat()
        found.count += 1
        if len(found.files) < LISTED:
            found.files.append({"name": name, **told, "bytes": size, "sha256": digest.hexdigest()})

    def _parts(self) -> Generator[Part]:
        """The name of each part, what the receipt says of it, and its bytes."""
        if not self.after.columns:
            return  # of a file without records
        position = None if "records" in self.wanted else position_of(self.wanted, self.after)
        byte_dialect = byte_dialect_of(self.after)
        size = self.whole.stat().st_size
        body = len(byte_dialect.bom) + byte_dialect.dialect.preamble
        source = Source(self.whole, byte_dialect, size, body, known_width=len(self.after.columns))
        start, top = source.body, source.prefix
        if byte_dialect.dialect.header:
            first = head(source, limit=self.options.max_record)
            start, top = first.start, top + byte_dialect.restore(first.record)
        if position is None:
            yield from _Numbered(self, source, top).parts(self._batches(source, start))
        else:
            yield from self._by_value(source, top, start, position)

    def _batches(self, source: Source, start: int) -> Iterator[Batch]:
        block, limit = self.options.block_size, self.options.max_record
        native = 2 * NATIVE * block if self.options.native else 0
        parsers = parsers_of(source, len(self.after.columns), limit, native=native)
        size = block * (NATIVE if len(parsers) > 1 else 1)
        for located in read_batches(source, start, source.size, parsers, size=size, limit=limit):
            if len(located):
                yield located.batch
            self.heartbeat()

    def _by_value(self, source: Source, top: bytes, start: int, position: int) -> Generator[Part]:
        restore, tail = source.byte_dialect.restore, source.tail
        with closing(Chunks(self.folder / "parts", self.options.memory // 4, restore)) as chunks:
            values = _Values(self.after.columns[position], source, chunks)
            for batch in self._batches(source, start):
                values.add(batch, position)
            chunks.flush()
            self.whole.unlink()  # the disk need not have room for both of them and the parts
            for number, (name, value, records) in enumerate(values.found):
                last = tail if number == values.last else b""
                yield name, {"value": value, "records": records}, _joined(top, chunks.read(number), last)


def _joined(top: bytes, pieces: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    yield top
    yield from pieces
    if tail:
        yield tail


class _Values:
    """Sorts records into texts by the value of a column; values that are equal as text are the same one."""

    def __init__(self, column: str, source: Source, chunks: Chunks) -> None:
        self.column, self.byte_dialect, self.chunks = column, source.byte_dialect, chunks
        self.names = PartNames()
        self.numbers: dict[bytes, int] = {}
        self.made: list[tuple[str, str]] = []
        self.counts: list[int] = []
        self.last = -1

    @property
    def found(self) -> list[tuple[str, str, int]]:
        """Name, value and number of records of each part."""
        return [(*each, count) for each, count in zip(self.made, self.counts, strict=True)]

    def add(self, batch: Batch, position: int) -> None:
        """A field that a record does not have is an empty one."""
        for cell, raw in zip(batch.column(position), batch.raw, strict=True):
            key = _key(cell or b"")
            number = self.numbers.get(key)
            if number is None:
                number = self.numbers[key] = self._new(cell or b"")
            self.counts[number] += 1
            self.chunks.add(number, raw)
            self.last = number

    def _new(self, cell: bytes) -> int:
        text = cell[:_NAMED].decode(self.byte_dialect.inner, "replace")
        if len(self.made) == MOST:
            detail = (
                f"output.parts: {shown(self.column)!r} has more than {MOST} different values, and a result may have "
                f"{MOST} parts at most: {shown(text)!r} in record {sum(self.counts) + 1} of the result is one too "
                "many; let a filter leave fewer, or choose another column, or records."
            )
            raise TooLarge(detail, pointer="/output/parts/by", limit=MOST)
        self.made.append((self.names.of(text), shown(text)))
        self.counts.append(0)
        return self.chunks.new()


def _key(cell: bytes) -> bytes:
    """The cell, or something as good that is not so long, and longer than any cell that is its own key."""
    return cell if len(cell) <= _KEY else sha256(cell).digest().ljust(_KEY + 1, b"\0")


class _Numbered:
    """Parts of so many records each, in the order of the result."""

    def __init__(self, division: Division, source: Source, top: bytes) -> None:
        self.each, self.source, self.top = division.wanted["records"], source, top
        if division.records > MOST * self.each:
            least = -(-division.records // MOST)
            detail = (
                f"output.parts: the result has {division.records} records, which would be more than {MOST} parts of "
                f"{self.each} records; give records of at least {least}."
            )
            raise TooLarge(detail, pointer="/output/parts/records", limit=MOST)

    def parts(self, batches: Iterator[Batch]) -> Generator[Part]:
        """One after the other; the bytes of each have to be taken before the next."""
        self.batches, self.batch, self.number = batches, next(batches, None), 0
        while self.batch is not None:
            self.number += 1
            told = {"records": 0}
            yield numbered(self.number), told, self._bytes(told)

    def _bytes(self, told: dict[str, int]) -> Iterator[bytes]:
        yield self.top
        while self.batch is not None and told["records"] < self.each:
            batch, room = self.batch, self.each - told["records"]
            yield self.source.byte_dialect.restore(b"".join(batch.part(0, room).raw))
            told["records"] += min(room, len(batch))
            self.batch = batch.part(room, len(batch)) if room < len(batch) else next(self.batches, None)
        if self.batch is None and self.source.tail:
            yield self.source.tail
