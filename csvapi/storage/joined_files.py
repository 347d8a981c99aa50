"""Files one after the other, as one that is read: what several of them become in a bucket need not be copied first."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class JoinedFiles(io.RawIOBase):
    """Open until it is closed; `size` is that of all files as they are now."""

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._files = [self._stack.enter_context(file.open("rb", buffering=0)) for file in files]
        self._starts = list(accumulate((os.fstat(file.fileno()).st_size for file in self._files), initial=0))
        self.size, self._at = self._starts[-1], 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The byte that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go on elsewhere."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """The next bytes, of one file."""
        if not 0 <= self._at < self.size:
            return 0
        number = bisect_right(self._starts, self._at) - 1
        read = os.preadv(self._files[number].fileno(), [buffer], self._at - self._starts[number])
        self._at += read
        return read

    def close(self) -> None:
        """Close the files."""
        self._stack.close()
        super().close()
