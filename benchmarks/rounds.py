"""Run systems in turn, several rounds, and put their figures side by side."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import measure
from benchmarks.cases import Case
from benchmarks.competitors import COPY, PATH, System
from benchmarks.measure import Measured
from benchmarks.settings import HERE, Settings

Row = dict[str, object]


@dataclass
class Rounds:
    """One case over one file by several systems; the first one's output is the reference for the others.

    `base` is the system that ratios are against: within each round, so that both saw the same machine.
    """

    settings: Settings
    case: Case
    source: Path
    systems: Sequence[System]
    base: System
    suffix: str = ".csv"
    volume: int = 0  # bytes of CSV, where the file itself is packed

    def run(self, what: str) -> list[Row]:
        chosen = [each for each in self.systems if self._wanted(each, what)]
        found: dict[str, list[Measured]] = {each.name: [] for each in chosen}
        agrees: dict[str, str] = {}
        self._reference.unlink(missing_ok=True)
        self._warm()
        for number in range(self.settings.runs):
            for system in chosen:
                if system.slow and number >= self.settings.slow_runs:
                    continue
                found[system.name].append(self._one(system, what, agrees))
        self._reference.unlink(missing_ok=True)
        return [self._row(what, each, found, agrees) for each in chosen]

    def _wanted(self, system: System, what: str) -> bool:
        names = self.settings.systems
        chosen = names == ("all",) or any(name.lower() in system.name.lower() for name in names)
        return system.there and what in system.cases and chosen

    @property
    def _reference(self) -> Path:
        return self.settings.data / f"reference{self.suffix}"

    def _warm(self) -> None:
        """Read the file once: nobody pays for the disk."""
        with self.source.open("rb") as file:
            while file.read(1 << 20):
                pass

    def _one(self, system: System, what: str, agrees: dict[str, str]) -> Measured:
        target = self.settings.data / f"output{self.suffix}"
        target.unlink(missing_ok=True)
        env = {**self.case.words(), "PATH": PATH, "TMPDIR": str(self.settings.data), **system.env}
        seen = measure.run(system.command(what, self.case, self.source, target), env, self.settings.timeout)
        print(
            f"  {what:10}{system.name:26}{seen.wall:8.2f} s {seen.cpu:8.2f} s cpu {seen.rss:7.0f} MiB {seen.failed}",
            flush=True,
        )
        if not seen.failed and system.name not in agrees:
            agrees[system.name] = self._agreement(system, target)
        target.unlink(missing_ok=True)
        return seen

    def _agreement(self, system: System, target: Path) -> str:
        if system is COPY:
            return ""
        if system is self.systems[0]:
            target.rename(self._reference)
            return "reference"
        if not self._reference.exists():
            return "not compared: the reference failed"
        command = [sys.executable, "-m", "benchmarks.agree", str(self._reference), str(target)]
        return subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=True).stdout.strip()

    def _row(self, what: str, system: System, found: dict[str, list[Measured]], agrees: dict[str, str]) -> Row:
        runs = found[system.name]
        failed = next((run.failed for run in runs if run.failed), "")
        wall = median(run.wall for run in runs)
        base = found.get(self.base.name, [])
        paired = [run.wall / other.wall for run, other in zip(runs, base, strict=False) if not other.failed]
        return {
            "case": what,
            "system": system.name,
            "runs": len(runs),
            "wall": wall,
            "cpu": median(run.cpu for run in runs),
            "rss": max(run.rss for run in runs),
            "memory": system.memory if system.memory < max(run.rss for run in runs) else None,
            "speed": (self.volume or self.source.stat().st_size) / 1e6 / wall,
            "ratio": median(paired) if paired else None,
            "output": failed or agrees.get(system.name, ""),
            "failed": bool(failed),
        }
