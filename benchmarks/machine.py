"""What the figures were measured on and with."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_QUIET = 0.1  # of the processors' time


def facts() -> dict[str, str]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{len(os.sched_getaffinity(0))} cores, {_processor()}, {_memory()} GB memory, {platform.system()}",
        "load": f"{os.getloadavg()[0]:.1f} at the start",
        "versions": ", ".join(
            filter(None, [f"Python {platform.python_version()}", *map(_library, _LIBRARIES), _miller()])
        ),
    }


def quiet(anyway: bool) -> float:
    """The share of the processors' time that others take; ends the measurement where that is much, unless `anyway`."""
    share = busy()
    if share > _QUIET and not anyway:
        raise SystemExit(f"Others take {share:.0%} of this machine; figures need a quiet one. BENCH_BUSY=1 goes on.")
    return share


def busy(seconds: float = 2) -> float:
    """The share of the processors' time that others take meanwhile: a load average tells of minutes ago."""
    before = _times()
    time.sleep(seconds)
    idle, total = (now - then for now, then in zip(_times(), before, strict=True))
    return 1 - idle / total


def _times() -> tuple[int, int]:
    """Ticks that the processors were idle or waited for a disk, and all of them, since the machine started."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


_LIBRARIES = ("csv-processing-api", "pandas", "polars", "duckdb", "csvkit", "isal")


def _library(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return ""


def _miller() -> str:
    if not shutil.which("mlr"):
        return ""
    said = subprocess.run(["mlr", "--version"], capture_output=True, text=True, check=False).stdout
    return "Miller " + said.strip().removeprefix("mlr ").removeprefix("version ")


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return " ".join(found[1].split()) if found else platform.machine()


def _memory() -> int:
    found = re.search(r"MemTotal: +([0-9]+)", Path("/proc/meminfo").read_text())
    return round(int(found[1]) / 1e6) if found else 0
