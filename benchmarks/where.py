"""`python -m benchmarks.where OPERATION FILE [flags]`: which modules the time of csvapi goes into, as JSON.

One process over the file, under cProfile. What a module has done outside of csvapi (by the kernel, by the system) is
its own time; what importing takes stands for itself.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

import csvapi
from csvapi.cli import main

_Function = tuple[str, int, str]
_Spent = tuple[int, int, float, float, dict[_Function, tuple[int, int, float, float]]]
_HOME = Path(csvapi.__file__).parent
OTHERS = "others"
_IMPORTING = "importing"
_LEAST = 0.01  # share of a module that is told apart


class Shares:
    """To which modules of csvapi the time of a function belongs, by the time it took for each caller."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.stats: dict[_Function, _Spent] = pstats.Stats(*map(str, files)).stats  # type: ignore[attr-defined]
        self.known: dict[_Function, dict[str, float]] = {}

    def of(self, function: _Function) -> dict[str, float]:
        if function not in self.known:
            self.known[function] = {_IMPORTING: 1.0}  # for those that call themselves
            self.known[function] = self._of(function)
        return self.known[function]

    def _of(self, function: _Function) -> dict[str, float]:
        file, callers = Path(function[0]), self.stats[function][4]
        if file.is_relative_to(_HOME):
            return {str(file.relative_to(_HOME)): 1.0}
        total = sum(spent[3] for spent in callers.values())
        if "importlib" in str(file) or not total:
            return {_IMPORTING: 1.0}
        shares: defaultdict[str, float] = defaultdict(float)
        for caller, spent in callers.items():
            for name, share in self.of(caller).items():
                shares[name] += share * spent[3] / total
        return shares


def modules(files: Sequence[Path]) -> list[dict[str, object]]:
    """Seconds and shares, the largest first."""
    shares, spent = Shares(files), defaultdict[str, float](float)
    for function, (_, _, own, *_) in shares.stats.items():
        for name, share in shares.of(function).items():
            spent[name] += own * share
    total, rows = sum(spent.values()), defaultdict[str, float](float)
    for name, seconds in spent.items():
        rows[name if seconds >= _LEAST * total else OTHERS] += seconds
    return [{"module": name, "seconds": seconds, "share": seconds / total} for name, seconds in _largest(rows)]


def _largest(rows: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(rows.items(), key=itemgetter(1), reverse=True)


if __name__ == "__main__":
    operation, source, *flags = sys.argv[1:]
    with tempfile.TemporaryDirectory() as made:
        profiler = cProfile.Profile()
        arguments = [operation, source, "-o", f"{made}/output.csv", "-q", "--processes", "1", *flags]
        profiler.runcall(main, arguments)
        profiler.dump_stats(Path(made) / "stats")
        print(json.dumps(modules([Path(made) / "stats"])))
