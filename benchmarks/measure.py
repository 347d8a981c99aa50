"""Wall time, CPU time and peak memory of one command with all its children."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_EVERY = 0.02  # seconds between looks at a process
_EVERY_TREE = 0.2  # and at several, whose shares the kernel has to add up page by page: often, that slows them down
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Measured:
    """Seconds and MiB; `failed` is the last line of what it said when it went wrong."""

    wall: float
    cpu: float
    rss: float
    failed: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def run(command: Sequence[str], env: Mapping[str, str], timeout: float) -> Measured:
    """Run to the end, as installed programs run: with compiled modules. CPU comes from the kernel's accounting of the
    whole tree.

    Peak memory of a single process is its high-water mark (VmHWM; the figure that wait gives would include the process
    that started it), seen every 20 ms; of several, the highest sum of their proportional shares (PSS), so that pages
    which forks share count once, seen five times a second.
    """
    os.sync()  # what the run before wrote is not this one's burden
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        env = {**_ENVIRONMENT, **env}
        process = subprocess.Popen(command, env=env, stdout=said, stderr=said, start_new_session=True)
        peak, look, ended, usage = 0.0, start, 0, None
        while not ended:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            if time.perf_counter() - start > timeout:
                os.killpg(process.pid, signal.SIGKILL)
            if time.perf_counter() >= look:
                tree = _tree(process.pid)
                peak = max(peak, _memory(tree))
                look = time.perf_counter() + (_EVERY_TREE if len(tree) > 1 else _EVERY)
            time.sleep(_EVERY / 4)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    assert usage is not None
    failed = f"exit code {process.returncode}: {lines[-1] if lines else ''}" if process.returncode else ""
    return Measured(wall, usage.ru_utime + usage.ru_stime, peak, failed)


def _tree(pid: int) -> list[int]:
    """A process and its descendants."""
    tree = [pid]
    for parent in tree:
        try:
            tree += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
        except OSError:
            continue
    return tree


def _memory(tree: Sequence[int]) -> float:
    """MiB of these processes."""
    if len(tree) == 1:
        return kilobytes(Path(f"/proc/{tree[0]}/status"), "VmHWM:") / 1024
    return sum(kilobytes(Path(f"/proc/{each}/smaps_rollup"), "Pss:") for each in tree) / 1024


def kilobytes(path: Path, name: str) -> int:
    """One figure of a file in /proc; 0 once the process is gone."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
