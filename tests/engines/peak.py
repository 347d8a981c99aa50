"""The most memory a run took, in a process of its own: its peak of resident memory, and the highest of its children."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM = """
import json, sys
from pathlib import Path
from csvapi.commands.dialect import dialect
from csvapi.engines.local import Options, run

path, steps, other, options, folder = json.load(sys.stdin)
files = {each: (Path(other), dialect(Path(other), {})) for each in (2, 3)}
run(Path(path), dialect(Path(path), {}), steps, Path(folder) / "out", options=Options(**options),
    workspace=Path(folder), files=files)
"""


def peak(folder: Path, path: Path, steps: list[dict[str, Any]], other: Path, **options: Any) -> int:
    """Bytes of memory of detection and the run; `other` is what steps call file 2 or 3."""
    child = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(json.dumps([str(path), steps, str(other), options, str(folder)]).encode())
    child.stdin.close()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return used.ru_maxrss * 1024
