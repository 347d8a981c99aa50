"""Memory that notices when more of it is used than there is."""

from __future__ import annotations

import ctypes
import mmap

from csvapi.native.memory import Memory

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_NOTHING = 0  # PROT_NONE


class Guarded(Memory):
    """Ends where a page begins that nobody may touch, and begins behind one, but for what fills the first page."""

    def __init__(self, size: int) -> None:
        page = mmap.PAGESIZE
        inner = -(-size // page) * page
        whole = mmap.mmap(-1, inner + 2 * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        start = ctypes.addressof(ctypes.c_char.from_buffer(whole))
        for guard in (start, start + page + inner):
            if _libc.mprotect(guard, page, _NOTHING):
                raise OSError(ctypes.get_errno(), "mprotect")
        first = page + (inner - size) // 16 * 16  # numbers stay aligned
        self.view = memoryview(whole)[first : first + size]
        self.address = start + first


class Heap(Memory):
    """From malloc, so that AddressSanitizer knows where it ends."""

    def __init__(self, size: int) -> None:
        memory = bytearray(max(size, 1))
        self.view = memoryview(memory)[:size]
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
