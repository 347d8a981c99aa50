"""Work that is one step ahead of whoever takes what it makes, in a thread: for what the kernel does without Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from queue import SimpleQueue

THREAD = 16 << 20  # bytes of memory that are set aside for a thread


def ahead(pieces: Iterator[memoryview]) -> Iterator[bytes]:
    """Copies of the same pieces, the next of which is made while one is looked at.

    Memory: two pieces more, and `THREAD`. What goes wrong in the thread is raised here, and no thread is left when this
    ends, whatever ends it. `pieces` must not write: no budget of a disk holds for another thread.
    """
    from queue import SimpleQueue  # to start fast without them
    from threading import Thread

    asked: SimpleQueue[bool] = SimpleQueue()
    made: SimpleQueue[bytes | BaseException | None] = SimpleQueue()
    thread = Thread(target=_make, args=(pieces, asked, made), name="ahead")
    thread.start()
    try:
        asked.put(True)
        while (piece := made.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            asked.put(True)
            yield piece
    finally:
        asked.put(False)
        thread.join()


def _make(
    pieces: Iterator[memoryview], asked: SimpleQueue[bool], made: SimpleQueue[bytes | BaseException | None]
) -> None:
    """Make a piece whenever one is asked for; None comes after the last one."""
    try:
        while asked.get():
            piece = next(pieces, None)
            made.put(None if piece is None else bytes(piece))
    except BaseException as error:  # noqa: BLE001  raised by whoever takes the pieces
        made.put(error)
