"""How long the records of a range are, as they lie in the bucket: most are short, and so take a byte each.

The lowest bytes of all lengths stand together, then the higher ones, compressed where there are any.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BYTES = 4  # of a length, a native number


def packed(lengths: bytes) -> list[bytes]:
    """The planes of these numbers of 4 bytes; an empty one is all zeros."""
    low, *others = (lengths[place::_BYTES] for place in range(_BYTES))
    zeros = bytes(len(low))
    return [low, *(b"" if plane == zeros else zlib.compress(plane, 1) for plane in others)]


def unpacked(planes: Sequence[bytes]) -> bytearray:
    """The numbers of these planes."""
    low, *others = planes
    lengths = bytearray(_BYTES * len(low))
    lengths[::_BYTES] = low
    for place, plane in enumerate(others, start=1):
        if plane:
            lengths[place::_BYTES] = zlib.decompress(plane)
    return lengths
