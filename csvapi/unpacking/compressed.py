"""gzip and Zstandard, piece by piece: memory for a piece, and for the window of Zstandard.

gzip is read by ISA-L where that is installed (about twice as fast), else by the standard library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from csvapi.errors import NotCsv

if TYPE_CHECKING:
    from collections.abc import Generator

PIECE = 1 << 20
WINDOW = 128 * 1024 * 1024  # bytes: what `zstd` itself reads unless it is told otherwise
_SKIPPABLE, _FRAME = 0x184D2A50, 0xFD2FB528
_RAW, _RLE = 0, 1  # types of blocks (RFC 8878, section 3.1.1.2)


def gzip_library() -> tuple[Any, int]:
    """The module that has `GzipFile`, and the level that balances its speed and size."""
    try:
        return import_module("isal.igzip"), 2
    except ImportError:
        return import_module("gzip"), 6


def gunzip(source: BinaryIO) -> Generator[bytes]:
    """The contents of all members, one after the other. Raises NotCsv when they are damaged or cut off."""
    from gzip import BadGzipFile  # only here, to start fast without it
    from zlib import error as zlib_error

    module, _ = gzip_library()
    try:
        with module.GzipFile(fileobj=source, mode="rb") as packed:
            while piece := packed.read(PIECE):
                yield piece
    except (EOFError, BadGzipFile, zlib_error, _isal_error()) as error:
        detail = f"The gzip data is damaged or cut off: {str(error).rstrip('.')}."
        raise NotCsv(detail, pointer="/file") from error


def _isal_error() -> type[Exception]:
    try:
        return cast("type[Exception]", import_module("isal.isal_zlib").IsalError)
    except ImportError:
        return EOFError


def unzstd(source: BinaryIO) -> Generator[bytes]:
    """The contents of all frames, one after the other. Raises NotCsv as `gunzip` does, and for a window beyond
    WINDOW.

    The library ends without an error where the data is cut off; so the blocks are followed first, from head to head.
    """
    from zstandard import ZstdDecompressor, ZstdError

    _follow(source)
    source.seek(0)
    try:
        with ZstdDecompressor(max_window_size=WINDOW).stream_reader(
            source, read_across_frames=True, closefd=False
        ) as reader:
            while piece := reader.read(PIECE):
                yield piece
    except ZstdError as error:
        raise NotCsv(f"The Zstandard data cannot be read: {error}.", pointer="/file") from error


def _follow(source: BinaryIO) -> None:
    """Go from frame to frame, and from block to block, to the end. Raises NotCsv if the file ends before."""
    size = source.seek(0, 2)
    at = 0
    while at < size:
        source.seek(at)
        magic = int.from_bytes(_exactly(source, 4), "little")
        if magic & ~0xF == _SKIPPABLE:
            at += 8 + int.from_bytes(_exactly(source, 4), "little")
        elif magic == _FRAME:
            at = _after(source, at)
        else:
            raise NotCsv(f"The Zstandard data is damaged: no frame begins at byte {at}.", pointer="/file", byte=at)
    if at > size:
        raise _cut()


def _after(source: BinaryIO, at: int) -> int:
    """Where the frame ends that begins there."""
    descriptor = _exactly(source, 1)[0]
    single, checksum = descriptor & 0x20, descriptor & 0x4
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    content = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    at += 5 + (not single) + dictionary + content
    last = 0
    while not last:
        source.seek(at)
        head = int.from_bytes(_exactly(source, 3), "little")
        last, kind, length = head & 1, head >> 1 & 3, head >> 3
        at += 3 + (1 if kind == _RLE else length)
    return at + (4 if checksum else 0)


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise _cut()
    return data


def _cut() -> NotCsv:
    return NotCsv("The Zstandard data is cut off: the file ends within a frame.", pointer="/file")
