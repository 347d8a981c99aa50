"""Records written anew in the dialect they were read in: what every mapper's batches are made of.

The csv module writes each record that holds a special character; any other is its fields between delimiters.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from csvapi.csvio.batch import Batch
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.codec import error_handler
from csvapi.csvio.keys import canonical
from csvapi.csvio.parsed_batch import ParsedBatch
from csvapi.csvio.records import cut, line_count
from csvapi.errors import InvalidInput
from csvapi.steps.growth import Bound
from csvapi.steps.mapping import Headed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.sink import Sink
    from csvapi.steps.step import Context


def plain_dialect(dialect: Dialect) -> Dialect:
    """The dialect a mapper writes: the input's, without what only reading knows."""
    return replace(dialect, skip_space=False, preamble=0)


def byte_dialect_of(context: Context) -> ByteDialect:
    """The byte dialect that a step meets; a step that is built for a file always has one."""
    assert context.byte_dialect is not None  # noqa: S101  a step is built for a file
    return context.byte_dialect


def records(rows: Sequence[Sequence[bytes]], byte_dialect: ByteDialect) -> list[bytes]:
    """Each row as one record. Raises `InvalidInput` for what the dialect cannot say."""
    line_end, delimiter = byte_dialect.dialect.line_end.encode(), byte_dialect.delimiter
    keys = list(map(delimiter.join, rows))
    text = b"\n".join(keys)
    special = any(mark and mark in text for mark in (byte_dialect.quote, byte_dialect.escape, b"\r"))
    widths = sum(map(len, rows)) - len(rows)
    if special or b"" in keys or text.count(b"\n") != max(0, len(keys) - 1) or text.count(delimiter) != widths:
        return [_record(row, key, byte_dialect, line_end) for row, key in zip(rows, keys, strict=True)]
    return [key + line_end for key in keys]


def _record(row: Sequence[bytes], key: bytes, byte_dialect: ByteDialect, line_end: bytes) -> bytes:
    special = any(mark and mark in key for mark in (byte_dialect.quote, byte_dialect.escape, b"\r", b"\n"))
    if key and not special and key.count(byte_dialect.delimiter) == len(row) - 1:
        return key + line_end
    if not byte_dialect.quote and not byte_dialect.escape:
        raise _unsayable(row, byte_dialect)
    try:
        return (
            byte_dialect.write([row], "\r\n")[0][:-2] + line_end
        )  # only so does it quote both characters of line ends
    except csv.Error as error:
        raise _unsayable(row, byte_dialect) from error


def _unsayable(row: Sequence[bytes], byte_dialect: ByteDialect) -> InvalidInput:
    cell = max(row, key=len).decode(byte_dialect.inner, "replace")[:80]
    return InvalidInput(
        f"A record with the field {cell!r} cannot be written in the result's dialect, which has no way to quote it; "
        "put a normalise step before this one."
    )


def batch_of(rows: Sequence[Sequence[bytes]], numbers: Sequence[int], byte_dialect: ByteDialect, bound: Bound) -> Batch:
    """A batch of new records, which keep the numbers of those they come from.

    Raises `TooLarge` for one that its quotes make longer than the bound; without them it is to be within it.
    """
    delimiter = byte_dialect.delimiter
    line_texts = [canonical(row, delimiter) for row in rows]
    parsed_fields = {
        index: list(rows[index]) for index, key in enumerate(line_texts) if key.startswith(b"\n") or not key
    }
    raw = records(rows, byte_dialect)
    if max(map(len, raw), default=0) > bound.limit:
        for row, record in zip(numbers, raw, strict=True):
            bound.check(len(record), row)
    return ParsedBatch(byte_dialect, raw, line_texts, numbers, parsed_fields)


def movable(batch: Batch) -> list[bytes]:
    """The raw records, each ending in a line end so that others can follow: the file's last record gets one if it has
    none, and is written anew where an open quote would take it in."""
    last = len(batch) - 1
    if last < 0 or _ends(batch, last, batch.raw[last]):
        return batch.raw
    ended = batch.raw[last] + batch.byte_dialect.dialect.line_end.encode()
    if _ends(batch, last, ended):
        return [*batch.raw[:last], ended]
    return [*batch.raw[:last], *records([batch.fields(last)], batch.byte_dialect)]


def _ends(batch: Batch, index: int, raw: bytes) -> bool:
    """Whether what is appended to these bytes of a record would begin a new one; the csv module decides."""
    if index not in batch.parsed_fields or not raw.endswith((b"\n", b"\r")):
        return raw.endswith((b"\n", b"\r"))
    return cut(raw + b"x", batch.byte_dialect, final=True).units[0] == raw


@dataclass(frozen=True)
class Text:
    """Records that are written already: `count` of them in `text`, in the bytes of `byte_dialect`."""

    byte_dialect: ByteDialect
    text: memoryview
    count: int

    @classmethod
    def of(cls, byte_dialect: ByteDialect, raw: Sequence[bytes]) -> Text:
        """Some records, each with its line end."""
        return cls(byte_dialect, memoryview(b"".join(raw)), len(raw))

    def __len__(self) -> int:
        return self.count

    @property
    def lines(self) -> int:
        """See `mapping.Records`."""
        return line_count(bytes(self.text))

    def write_to(self, sink: Sink) -> None:
        """See `mapping.Records`."""
        sink.write_text(self.text, self.byte_dialect)


class Written(Headed):
    """The edges of a mapper, an expander or a reducer: the columns and the dialect after it, and its header record.

    Raises `TooLarge` for a header beyond the `bound`, which is that of every record, too (see `steps.growth`).
    """

    def __init__(self, context: Context, columns: list[str], pointer: str = "", *, header: bool | None = None) -> None:
        byte_dialect = byte_dialect_of(context)
        self.bound = Bound(context.max_record, pointer)
        self.bound.check_names(columns)
        has = context.header if header is None else header
        self.byte_dialect = ByteDialect(replace(plain_dialect(byte_dialect.dialect), header=has), byte_dialect.codec)
        names = columns if has else [f"column_{number}" for number in range(1, len(columns) + 1)]
        self.after = replace(context, columns=names, header=has, byte_dialect=self.byte_dialect)

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """The names as they are; see `Headed`."""
        return self.top(fields)

    def top(self, names: list[bytes]) -> tuple[list[bytes], bytes]:
        """The header's fields and everything above the first data record."""
        if not self.after.header or not names:
            return names, self.byte_dialect.bom
        return names, self.byte_dialect.bom + self.byte_dialect.restore(records([names], self.byte_dialect)[0])


def encoded(text: str, byte_dialect: ByteDialect, pointer: str = "") -> bytes:
    """`text` in the bytes of `byte_dialect`. Raises `InvalidInput` for a character its encoding does not have."""
    try:
        if byte_dialect.wide:
            text.encode(byte_dialect.codec, error_handler(byte_dialect.codec))
        return text.encode(byte_dialect.inner, byte_dialect.errors)
    except UnicodeEncodeError as error:
        missing = text[error.start]
        name = byte_dialect.dialect.encoding
        detail = f"The character {missing!r} does not exist in {name}; put a normalise step before this one."
        raise InvalidInput(detail, pointer=pointer) from error
