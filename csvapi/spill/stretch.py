"""Where sorted records lie on disk: in a file, or between two places of one that others read, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path


class Stretch(NamedTuple):
    """The bytes of a file from `start` up to `stop`; without that all of it, which goes once it is open."""

    path: Path
    start: int = 0
    stop: int | None = None

    def opened(self, stack: ExitStack) -> Callable[[memoryview], int]:
        """What reads on, as `readinto` does."""
        file = stack.enter_context(self.path.open("rb", buffering=0))
        if self.stop is None:
            self.path.unlink()
            return file.readinto
        left = self.stop - file.seek(self.start)

        def read(room: memoryview) -> int:
            nonlocal left
            got = file.readinto(room[:left])
            left -= got
            return got

        return read
