"""The most memory a run took, in a process of its own: its peak of resident memory, or that of a child of its.

Not what `wait4` says of the process: that counts the memory of this one, too, from which it was made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from compileall import compile_dir
from functools import cache
from pathlib import Path
from typing import Any

from csvapi.process import memory

ROOT = Path(__file__).parents[2]

_PROGRAM = """
import json, re, resource, sys
from pathlib import Path
from csvapi.commands.dialect import dialect
from csvapi.engines import Options, run
from csvapi.process import memory

path, steps, other, options, folder, room = json.load(sys.stdin)
memory.keep_freed_memory()
files = {each: (Path(other), dialect(Path(other), {})[0]) for each in (2, 3)}
if "memory" in options:
    memory.limit(options["memory"] + memory.BESIDES + room)  # as in a worker
run(Path(path), dialect(Path(path), {})[0], steps, Path(folder) / "out", options=Options(**options),
    workspace=Path(folder), files=files)
mine = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
print(max(mine, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
"""


def peak(folder: Path, path: Path, steps: list[dict[str, Any]], other: Path, *, room: int = 0, **options: Any) -> int:
    """Bytes of memory of detection and the run; `other` is what steps call file 2 or 3.

    With a budget (`memory`) the run has the hard limit that a worker's has, and `room` on top of it.
    """
    _compile()
    given = json.dumps([str(path), steps, str(other), options, str(folder), room])
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, **memory.LIBRARIES},
    )
    return int(done.stdout) * 1024


@cache
def _compile() -> None:
    """Have the modules compiled: the process that does it would need a megabyte more."""
    compile_dir(ROOT / "csvapi", quiet=2)
