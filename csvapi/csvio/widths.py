"""How many fields the records of a file have, where no header says so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def common_width(widths: Iterable[int], wanted: int = 0) -> int:
    """The commonest number of fields above one (of equals `wanted`, or the larger); 1 if no record has two."""
    counts = Counter(widths)
    counts.pop(1, None)
    return max(counts, key=lambda width: (counts[width], width == wanted, width), default=1)
