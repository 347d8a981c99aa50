"""What a run of the benchmarks may choose, from the environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
PARTS = ("operations", "synthetic", "quoted", "flights", "start", "growth", "spill", "reasons", "where", "gzip")
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def size(text: str) -> int:
    """Bytes of a size such as 100MB or 1GB."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) *([KMG]B)", text.strip().upper())
    if not found:
        raise SystemExit(f"{text!r} is not a size such as 100MB or 1GB")
    return int(float(found[1]) * _UNITS[found[2]])


def named(number: int) -> str:
    for unit, factor in reversed(_UNITS.items()):
        if number >= factor:
            return f"{number / factor:g}{unit}"
    return str(number)


def _listed(name: str, default: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,]+", os.environ.get(name) or default) if part)


@dataclass(frozen=True)
class Settings:
    """Each field is an environment variable of the name in the README."""

    size: int = field(default_factory=lambda: size(os.environ.get("BENCH") or "100MB"))
    parts: tuple[str, ...] = field(default_factory=lambda: _listed("BENCH_PARTS", " ".join(PARTS)))
    cases: tuple[str, ...] = field(default_factory=lambda: _listed("BENCH_CASES", "all"))
    systems: tuple[str, ...] = field(default_factory=lambda: _listed("BENCH_SYSTEMS", "all"))
    runs: int = field(default_factory=lambda: int(os.environ.get("BENCH_RUNS") or 3))
    slow_runs: int = field(default_factory=lambda: int(os.environ.get("BENCH_SLOW_RUNS") or 99))
    growth: tuple[str, ...] = field(default_factory=lambda: _listed("BENCH_GROWTH", "10MB 100MB"))
    timeout: float = field(default_factory=lambda: float(os.environ.get("BENCH_TIMEOUT") or 1800))
    memory: str = field(default_factory=lambda: os.environ.get("BENCH_MEMORY") or "")
    data: Path = field(default_factory=lambda: Path(os.environ.get("BENCH_DATA") or HERE / "data").resolve())
    busy: bool = field(default_factory=lambda: bool(os.environ.get("BENCH_BUSY")))
    docs: bool = field(default_factory=lambda: bool(os.environ.get("BENCH_DOCS")))
