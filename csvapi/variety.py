"""How much there is in a secret: few characters in one that repeats itself or counts."""

from __future__ import annotations

import zlib
from itertools import pairwise

_FRAME = len(zlib.compress(b"", 9))


def variety(secret: str) -> int:
    """About how many characters neither repeat nor count up or down: few in `aaaa`, and in `1234`."""
    raw = secret.encode()
    steps = bytes((after - before) % 256 for before, after in pairwise(raw))
    return min(len(zlib.compress(part, 9)) for part in (raw, steps)) - _FRAME
