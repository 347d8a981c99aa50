"""A file as a stream of bytes in its byte dialect's inner encoding, from any record's start."""

from __future__ import annotations

import codecs
import io
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.codec import error_handler, unit_size
from csvapi.csvio.trailing import FILL, RUN, trailing
from csvapi.errors import InvalidInput, UnsupportedEncoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect


@dataclass(frozen=True)
class Shared:
    """What is the same on all machines that read a file: what digests of its keys are made under, and in how many
    partitions they are spread, a power of two."""

    secret: bytes
    partitions: int


@dataclass(frozen=True)
class Source:
    """`body` is where the header record begins; positions are bytes of the file, in wide files of its inner text.

    `size` ends with the last record: a run of NULs and Ctrl-Z at the end of the file (`trailing` bytes), as blocks of
    tapes and DOS programs leave it, is no record. `known_width` is the number of columns where the caller knows it.
    `shared` says that many machines read it, a range each.
    """

    path: Path
    byte_dialect: ByteDialect
    size: int
    body: int
    trailing: int = 0
    known_width: int | None = None
    shared: Shared | None = None

    @classmethod
    def open(cls, path: Path, dialect: Dialect) -> Source:
        """Look at the file's ends: which byte order it has, and where its records begin and end.

        Raises `InvalidInput` for a dialect that does not fit the file, `UnsupportedEncoding` for an encoding that is
        not known.
        """
        with path.open("rb") as file:
            byte_dialect = ByteDialect.of(dialect, file.read(4))
        return cls(path, byte_dialect, path.stat().st_size, len(byte_dialect.bom) + dialect.preamble).bounded()

    def bounded(self) -> Self:
        """This source without what stands behind its last record. Raises `InvalidInput` for too long a preamble."""
        if self.body > self.size:
            preamble = self.byte_dialect.dialect.preamble
            raise InvalidInput(f"The preamble of {preamble} bytes is longer than the file.", pointer="/preamble")
        filled = _trailing(self)
        return replace(self, size=self.size - filled, trailing=filled)

    def raw(self, start: int, stop: int, size: int) -> Iterator[bytes]:
        """The file's own bytes from `start` to `stop`, in pieces of at most `size`. Whatever is read is read here."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(start)
            while start < stop and (piece := file.read(min(size, stop - start))):
                start += len(piece)
                yield piece

    @contextmanager
    def sized(self, start: int, stop: int) -> Iterator[Callable[[int], bytes]]:
        """What gives the file's own bytes from `start` to `stop`, one after the other, as many as it is asked for."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(start)
            yield file.read

    @cached_property
    def width(self) -> int:
        """The number of columns, by which records with malformed quotes are read; reads the file's head to know it."""
        if self.known_width is not None:
            return self.known_width
        from csvapi.csvio.preview import head  # which reads a source

        return len(head(self).columns)

    @cached_property
    def prefix(self) -> bytes:
        """Byte order mark and preamble, which come before the header in every copy."""
        return b"".join(self.raw(0, self.body, _BACK))

    @cached_property
    def preamble(self) -> tuple[int, str]:
        """How many lines stand above the header, and the first of them."""
        decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(self.byte_dialect.codec)("replace"), translate=True
        )
        left, lines, first, last = self.body - len(self.byte_dialect.bom), 0, "", "\n"
        for data in self.raw(len(self.byte_dialect.bom), self.body, _BACK):
            left -= len(data)
            text = decoder.decode(data, final=not left)
            first = first or text.partition("\n")[0]
            lines, last = lines + text.count("\n"), text[-1:] or last
        return lines + (last != "\n"), first

    @property
    def preamble_lines(self) -> int:
        """The number of physical lines above the header."""
        return self.preamble[0]

    def pieces(self, start: int, stop: int, size: int) -> Iterator[bytes]:
        """The bytes from `start` to `stop` in pieces of about `size`; a wide file is read from `body` to its end."""
        if self.byte_dialect.wide:
            skip = start - self.body
            for piece in self._transcoded(size):
                if rest := piece[skip:]:
                    yield rest
                skip = max(0, skip - len(piece))
            return
        yield from self.raw(start, stop, size)

    def _transcoded(self, size: int) -> Iterator[bytes]:
        """UTF-8 pieces of a wide file, in which bytes that are no text are surrogates."""
        byte_dialect, last = self.byte_dialect, ""
        for text, raw in self._decoded(max(size, 4)):
            if self._encoded(text) != raw or self._joins(last, text[:1]):
                name = byte_dialect.dialect.encoding
                detail = f"This file has several spellings in {name} for one text, and cannot be copied exactly."
                raise UnsupportedEncoding(f"{detail} Convert it to UTF-8 first.", pointer="/encoding")
            last = text[-1:] or last
            yield text.encode(byte_dialect.inner, byte_dialect.errors)

    def _encoded(self, text: str) -> bytes | None:
        try:
            return text.encode(self.byte_dialect.codec, error_handler(self.byte_dialect.codec))
        except UnicodeEncodeError:  # the second character of one code
            return None

    def _joins(self, last: str, first: str) -> bool:
        """Whether two characters that stood in codes of their own would be written as one."""
        one, other = self._encoded(last), self._encoded(first)
        return one is not None and other is not None and self._encoded(last + first) != one + other

    def _decoded(self, size: int) -> Iterator[tuple[str, bytes]]:
        """Text with its bytes, up to the `tail`."""
        codec, errors = self.byte_dialect.codec, error_handler(self.byte_dialect.codec)
        decoder = codecs.getincrementaldecoder(codec)(errors)
        pending = b""
        try:
            for raw in self.raw(self.body, self.size - len(self.tail), size):
                text = decoder.decode(raw)
                pending += raw
                whole = len(pending) - len(decoder.getstate()[0])
                yield text, pending[:whole]
                pending = pending[whole:]
            yield pending.decode(codec, errors), pending  # what an incremental decoder's end would cut short
        except UnicodeDecodeError as error:
            detail = f"The file is not {self.byte_dialect.dialect.encoding}: {error.reason} after byte {self.body}."
            raise UnsupportedEncoding(detail, pointer="/encoding") from error

    @cached_property
    def tail(self) -> bytes:
        """The bytes of half a UTF-16 or UTF-32 unit at the end. They stay at the end of every copy."""
        left = (self.size - self.body) % unit_size(self.byte_dialect.codec)
        return b"".join(self.raw(self.size - left, self.size, _BACK))

    def byte(self, position: int) -> int:
        """The file's byte offset of an inner position (in a wide file by reading up to it)."""
        if not self.byte_dialect.wide:
            return position
        offset, position = self.body, position - self.body
        for piece in self.pieces(self.body, self.size, 1 << 20):
            part = piece[:position]
            offset += len(self.byte_dialect.restore(part))
            position -= len(part)
            if not position:
                break
        return offset


_BACK = 64 * 1024


def _trailing(source: Source) -> int:
    """The bytes of NULs and Ctrl-Z at the end of the file, and of lines before it that hold nothing else.

    Reads back from the end of the file as far as they go; of lines that end in line ends, at most `_BACK` bytes.
    """
    size, body, codec = source.size, source.body, source.byte_dialect.codec
    unit = unit_size(codec)
    is_ascii = unit > 1 or RUN.decode(codec, "replace") == RUN.decode("ascii")
    if not is_ascii or (size - body) % unit:
        return 0
    stop = size
    while stop > body:
        last = _last(FILL, source, max(body, stop - _BACK), stop)
        stop -= len(last) * unit
        if len(last) * unit < _BACK:
            break
    lines = _last(RUN, source, max(body, stop - _BACK), stop)
    return size - stop + trailing(lines, starts_line=len(lines) * unit == stop - body) * unit


def _last(wanted: bytes, source: Source, start: int, stop: int) -> bytes:
    """The characters before `stop` that are all `wanted`, one byte each."""
    data = b"".join(source.raw(start, stop, _BACK))
    if unit_size(source.byte_dialect.codec) == 1:
        return data[len(data.rstrip(wanted)) :] if data.translate(None, wanted) else data
    text = data.decode(source.byte_dialect.codec, "replace")
    return text[len(text.rstrip(wanted.decode("ascii"))) :].encode("ascii")
