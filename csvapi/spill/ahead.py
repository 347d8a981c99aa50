"""Work that is one step ahead of whoever takes what it makes, in a thread: for what the kernel does without Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

THREAD = 16 << 20  # bytes of memory that are set aside for a thread


def ahead(pieces: Iterator[memoryview]) -> Iterator[bytes]:
    """Copies of the same pieces, the next of which is made while one is looked at.

    Memory: two pieces more, and `THREAD`. What goes wrong in the thread is raised here, and no thread is left when this
    ends, whatever ends it. `pieces` must not write: no budget of a disk holds for another thread.
    """
    from concurrent.futures import ThreadPoolExecutor  # to start fast without it

    def copied() -> bytes | None:
        piece = next(pieces, None)
        return None if piece is None else bytes(piece)

    with ThreadPoolExecutor(1, "ahead") as pool:
        made = pool.submit(copied)
        while (piece := made.result()) is not None:
            made = pool.submit(copied)
            yield piece
