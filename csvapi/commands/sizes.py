"""Sizes as people type them: 256MiB, 2G."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError

_UNITS = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([KMGT]?)(i?B?)", re.IGNORECASE)
_SMALLEST = 1 << 20


def size(text: str) -> int:
    """Bytes, at least 1 MiB: a number with KiB, MiB, GiB or TiB (KB and K mean the same); for argparse."""
    found = _SIZE.fullmatch(text.strip())
    given = int(float(found[1]) * _UNITS[found[2].upper()]) if found else 0
    if given < _SMALLEST:
        raise ArgumentTypeError(f"{text!r} is not a size of at least 1MiB, such as 256MiB or 2GiB")
    return given
