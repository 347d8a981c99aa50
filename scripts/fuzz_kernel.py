"""Feed the kernel random texts: `make fuzz` (FUZZ_MINUTES of processor time, FUZZ_SEED), or fuzz_kernel.py MINUTES.

Every function is compared with plain Python (`tests.native.checks`), half of the time in memory between guard pages,
half of it under AddressSanitizer and UndefinedBehaviorSanitizer. A round is a process of its own; one that fails says
what it met and the seed of the case, and ends the run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csvapi.native.loader import load, why  # noqa: E402  the path comes first
from tests.native import sanitized  # noqa: E402

ROUND = 30.0  # seconds


def round_(seconds: float, seed: int, memory: str, environment: dict[str, str]) -> Counter[str] | None:
    """What one process counted; None if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.native.fuzzing", str(seconds), str(seed), memory],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return Counter(json.loads(done.stdout)) if done.returncode == 0 else None


def _spent() -> float:
    """Seconds of processor time that the rounds took so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    if load() is None:
        print(f"There is no kernel to fuzz: {why()}")
        return 1
    minutes = float((sys.argv[1:] or [os.environ.get("FUZZ_MINUTES") or "5"])[0])
    seed = int(os.environ.get("FUZZ_SEED") or time.time())
    seconds, total = minutes * 60 / 2, Counter[str]()
    with tempfile.TemporaryDirectory(prefix="csvapi-fuzz-") as folder:
        ways = {"Guarded": dict[str, str](), "Heap": sanitized.build(Path(folder))}
        for memory, environment in ways.items():
            end = _spent() + seconds
            while (left := end - _spent()) > 0:
                counts = round_(min(ROUND, left), seed, memory, environment)
                if counts is None:
                    print(f"failed in the round that began with FUZZ_SEED={seed}, in memory that is {memory}")
                    return 1
                total += counts
                seed += max(counts["cases"], 1)
    cases, size, taken = (total.pop(name) for name in ("cases", "bytes", "taken"))
    print(f"{cases:,} texts of {size:,} bytes, of which the kernel took {taken / size:.0%}, without a difference")
    print(", ".join(f"{name} {count:,}" for name, count in total.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
