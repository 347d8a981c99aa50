"""What a format writes, charged to the budget of the run."""

from __future__ import annotations

from csvapi.csvio.disk import disk_budget, expect

_CHARGED = 1 << 16  # bytes that are charged together


class Meter:
    """Charges what a format writes to the budget of the run, some of it at a time."""

    def __init__(self) -> None:
        self.size = self.pending = 0

    def add(self, size: int) -> None:
        """Raises what `Budget.spend` and `Budget.expect` do, for the file is copied to the result when it is whole."""
        self.size += size
        self.pending += size
        if self.pending >= _CHARGED:
            expect(self.size)
            with disk_budget(self.pending):
                self.pending = 0
