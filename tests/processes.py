"""What /proc tells about other processes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def children(pid: int) -> set[int]:
    """The direct children, whichever thread of the process made them."""
    found = set[int]()
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found |= set(map(int, (thread / "children").read_text().split()))
    return found


def command_line(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    return ""


def alive(pids: set[int]) -> set[int]:
    """Those that still run; one that only waits to be collected does not."""
    return {pid for pid in pids if command_line(pid)}


def time_of_children(pid: int) -> int:
    """Clock ticks of the children that have ended (proc(5): cutime and cstime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[13]) + int(fields[14])
