"""How objects of any size become the parts of one: by the protocol each part but the last has 5 MiB to 5 GiB."""

from __future__ import annotations

from collections.abc import Sequence

from csvapi.setting_forms import GIB, MIB

LEAST, MOST = 5 * MIB, 5 * GIB
COPIED = 2 * LEAST  # from here on the bucket copies a part itself: always a part of one object, and of a larger one
MOST_PARTS = 10_000
Span = tuple[str, int, int]  # an object's key, and bytes of it
Piece = list[Span]  # one part: of one object, which the bucket copies, or of several, which are small


def pieces(objects: Sequence[tuple[str, int]], least: int = LEAST, most: int = MOST) -> list[Piece]:
    """The parts of one object that holds these, each with its size, in order.

    What is smaller than a part is put together with what follows, as much of it as a part needs; so a part of several
    objects is shorter than `COPIED`.
    """
    found: list[Piece] = []
    small: Piece = []
    held = 0
    for key, size in objects:
        start = 0
        if held or size < least:
            start = size if held + size < 2 * least else least - held
            small += [(key, 0, start)] if start else []
            held += start
        if held >= least:
            found.append(small)
            small, held = [], 0
        while start < size:
            stop = size if size - start <= most else start + most // 2
            found.append([(key, start, stop)])
            start = stop
    return [*found, small] if small else found
