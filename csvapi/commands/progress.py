"""A progress bar on standard error, where that is a terminal; a run that is over at once shows none."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csvapi.engines import Progress

_AFTER, _EVERY = 0.4, 0.1  # seconds


class Bar:
    """Called by the engine between batches. It draws by itself: a drawing thread would not survive the run's forks."""

    def __init__(self, size: int, *, shown: bool) -> None:
        self._size, self._shown = size, shown
        self._start = time.monotonic()
        self._next = self._start + _AFTER
        self._bar: Any = None

    @classmethod
    def on_terminal(cls, size: int, *, quiet: bool) -> Bar:
        """A bar over `size` bytes, which shows nothing unless stderr is a terminal."""
        return cls(size, shown=not quiet and sys.stderr.isatty())

    def __call__(self, done: Progress) -> None:
        """Draw how far the run is, a few times a second at most."""
        if not self._shown or (at := time.monotonic()) < self._next:
            return
        self._next = at + _EVERY
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
            self._bar.add_task("", total=done.bytes_total, speed="")
        self._bar.update(0, completed=done.bytes_done, speed=self._speed(done, at - self._start))
        self._bar.refresh()

    def _speed(self, done: Progress, seconds: float) -> str:
        """By the file, not by the pass: a run of two passes is half through when it has read the file once."""
        share = done.bytes_done / max(done.bytes_total, 1)
        passes = max(done.bytes_total / max(self._size, 1), 1)
        return rates(self._size * share, done.rows_in / passes, seconds)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def finish(self, records: int, kept: int) -> None:
        """Take the bar away and say on the terminal what came out."""
        self.close()
        if self._shown:
            seconds = time.monotonic() - self._start
            told = f"{records:,} records in, {kept:,} out in {seconds:.1f} s"
            print(f"{told} ({rates(self._size, records, seconds)})", file=sys.stderr)


def rates(size: float, records: float, seconds: float) -> str:
    """The throughput for people: millions of bytes and records in a second."""
    seconds = max(seconds, 1e-6)
    return f"{size / seconds / 1e6:,.0f} MB/s, {records / seconds:,.0f} records/s"


def _bar() -> Any:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[speed]}"),
        progress.TextColumn("ETA"),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
