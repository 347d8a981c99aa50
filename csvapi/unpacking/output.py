"""The CSV while it is written: counted, hashed, and bounded as its bytes come."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Self

from csvapi.csvio.disk import write_all

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.unpacking.limits import Limits


class Output:
    """One pass, no copy. `packed` is the number of bytes that all this comes out of."""

    def __init__(self, path: Path, limits: Limits, packed: int, *, hashed: bool = True) -> None:
        self._file = path.open("wb", buffering=0)
        self._limits, self._packed = limits, packed
        self._hash = hashlib.sha256() if hashed else None
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append all of it. Raises the limits' `beyond`, and TooLarge beyond the ratio."""
        self.size += len(data)
        if self.size > self._limits.size:
            raise self._limits.beyond
        self._limits.check_ratio(self.size, self._packed)
        if self._hash:
            self._hash.update(data)
        write_all(self._file, data)

    @property
    def sha256(self) -> str:
        """Of all that was written, in hexadecimal; "" where it is not hashed."""
        return self._hash.hexdigest() if self._hash else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
