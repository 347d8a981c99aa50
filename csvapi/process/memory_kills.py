"""Kills by the kernel when memory runs out: which process it prefers, and how many it has killed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

KILLED = "A process of the task was killed for want of memory; try a smaller file, or more memory"
_SOURCES = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))  # a container's own count, the machine's


def oom_kills() -> int:
    """How many processes the kernel has killed for lack of memory; 0 if it does not report that."""
    for source in _SOURCES:
        try:
            lines = source.read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def prefer_to_kill_this_process() -> None:
    """Have the kernel prefer this process and its children to their parents (proc(5), oom_score_adj)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")
