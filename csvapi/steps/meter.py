"""What a format writes, charged to the budget of the run."""

from __future__ import annotations

from csvapi.csvio.disk import disk_budget, expect

_CHARGED = 1 << 16  # bytes that are charged together


class Meter:
    """Charges what a format writes to the budget of the run, some of it at a time."""

    def __init__(self) -> None:
        self.size = self.pending = 0

    def add(self, size: int) -> None:
        """Charge `size` more bytes. Raises what `Budget.spend` and `Budget.expect` do: when the file is complete, it is
        copied to the result."""
        self.size += size
        self.pending += size
        if self.pending >= _CHARGED:
            expect(self.size)
            with disk_budget(self.pending):
                self.pending = 0
