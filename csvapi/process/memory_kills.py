"""What the kernel does when memory runs out: which process it takes, and what it says of it afterwards."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

KILLED = "A process of the task was killed for want of memory; try a smaller file, or more memory"
_SOURCES = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))  # a container's own count, the machine's


def oom_kills() -> int:
    """How many processes the kernel has killed for want of memory, as far as it tells; 0 where it does not."""
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
    """Let the kernel rather take this process and its children than their parents (proc(5), oom_score_adj)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")
