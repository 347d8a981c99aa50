"""Memory that the kernel may read or write, and the check that every buffer of a caller is large enough."""

from __future__ import annotations

import ctypes
import errno
import mmap
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_LARGE = 4 << 20  # bytes: several large pages


class Memory:
    """`size` bytes of this process alone, zero at first, which take up memory only where they are written to.

    `view` is all of it as bytes, `address` where it is. `large_pages` asks for pages of 2 MiB, where the system has
    them, for what becomes full or is used here and there: each page of 4 KiB costs a fault at its first use, and a miss
    where the next use is elsewhere. Raises `MemoryError` where the system refuses the memory.
    """

    def __init__(self, size: int, *, large_pages: bool = False) -> None:
        self._map = _anonymous(max(size, 1))
        if large_pages and size >= _LARGE:
            with suppress(OSError):  # a system without large pages
                self._map.madvise(mmap.MADV_HUGEPAGE)
        self.view = memoryview(self._map)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.view))

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.view)

    def clear(self, size: int) -> None:
        """Make the first `size` bytes zero. Raises `ValueError` where there are fewer."""
        if size > self.size:
            raise ValueError(f"{size} bytes of {self.size} cannot be cleared.")
        ctypes.memset(self.address, 0, size)

    def forget(self) -> None:
        """Make all of it zero, and take up no memory until it is written to again."""
        self._map.madvise(mmap.MADV_DONTNEED)


def _anonymous(size: int) -> mmap.mmap:
    try:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from error
        raise


Allocate = Callable[[int], Memory]
in_large_pages: Allocate = partial(Memory, large_pages=True)


class Growing:
    """Memory for results, which is made anew when more is needed; the last one stays valid for whoever still has it."""

    def __init__(self, allocate: Allocate) -> None:
        self._allocate = allocate
        self._memory: Memory | None = None

    def at_least(self, size: int) -> Memory:
        """Memory of `size` bytes or more, with what the last call left in it or something else."""
        if self._memory is None:
            self._memory = self._allocate(max(size, 1))
        elif self._memory.size < size:
            self._memory = self._allocate(max(size, self._memory.size * 5 // 4))
        return self._memory


def readable(buffer: ReadableBuffer, size: int, name: str, *, item: int = 1) -> Any:
    """`buffer` as an argument that the kernel reads `size` bytes of, in numbers of `item` bytes; None for no bytes.

    Copies it if it is read-only and no `bytes`. Raises `ValueError` where it is smaller, or where the numbers would not
    be aligned; `name` says what it is.
    """
    view = _checked(buffer, size, name)
    if not size:
        return None
    if isinstance(buffer, bytes):
        return ctypes.c_char_p(buffer)
    return ctypes.c_char_p(bytes(view)) if view.readonly else _pointer(view, name, item)


def writable(buffer: WriteableBuffer, size: int, name: str, *, item: int = 1) -> Any:
    """`buffer` as an argument that the kernel writes `size` bytes to, in numbers of `item` bytes; None for no bytes.

    Raises `ValueError` where it is smaller or read-only, or where the numbers would not be aligned; `name` says what it
    is.
    """
    view = _checked(buffer, size, name)
    if view.readonly:
        raise ValueError(f"{name} is read-only.")
    return _pointer(view, name, item) if size else None


def address(view: memoryview) -> int | None:
    """Where the bytes of a view that may be written to begin; None for no bytes."""
    return ctypes.addressof(ctypes.c_char.from_buffer(view)) if view.nbytes else None


def _checked(buffer: ReadableBuffer, size: int, name: str) -> memoryview:
    view = memoryview(buffer)
    if not view.c_contiguous or view.nbytes < size:
        raise ValueError(f"{name} must have {size} bytes in one piece, and has {view.nbytes}.")
    return view


def _pointer(view: memoryview, name: str, item: int) -> Any:
    first = ctypes.c_char.from_buffer(view)
    if ctypes.addressof(first) % item:
        raise ValueError(f"{name} must begin at a multiple of {item} bytes.")
    return ctypes.byref(first)
