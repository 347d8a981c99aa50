"""What the service takes while it is abused: memory of every process, bytes on its disk."""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.processes import children, command_line

EVERY = 0.2  # seconds between looks
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def pss(pid: int) -> int:
    """The process's proportional share of memory (proc(5), smaps_rollup), in bytes; 0 for one that is gone."""
    with suppress(OSError):
        if found := _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text()):
            return int(found[1]) * 1024
    return 0


def family(pid: int) -> set[int]:
    """The process and all its descendants."""
    found, new = {pid}, {pid}
    while new:
        new = {child for each in new for child in children(each)} - found
        found |= new
    return found


class Watch:
    """Looks from a thread of its own until it is closed, and keeps the highest figures.

    `peaks` has, in bytes, by kind: a web process, what a web process has started (readers of previews), a worker with
    everything that works for it, and all the files of the service.
    """

    def __init__(self, supervisor: int, folder: Path) -> None:
        self._supervisor, self._folder = supervisor, folder
        self.peaks: Counter[str] = Counter()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._over.wait(EVERY):
            self.look()

    def look(self) -> None:
        for pid in children(self._supervisor):
            line = command_line(pid)
            if "csvapi web" in line:
                for web in children(pid):
                    self._note("a web process", pss(web))
                    self._note("its child processes", sum(map(pss, family(web) - {web})))
            elif "csvapi worker" in line:
                self._note("a worker and its processes", sum(map(pss, family(pid))))
        self._note("bytes of stored files", _size(self._folder / "files"))
        self._note("bytes of the workspace", _size(self._folder / "workspace"))

    def _note(self, name: str, figure: int) -> None:
        self.peaks[name] = max(self.peaks[name], figure)


def _size(folder: Path) -> int:
    """What the files in a folder take from the disk."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118 -- thousands of names
    return total
