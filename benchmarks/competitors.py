"""The systems, how each is started, and which of the cases it can do."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.cases import COMMANDS, NAMES, OPERATIONS, RECORDS, RESHAPED, Case

SYSTEMS = Path(__file__).parent / "systems"
CORES = len(os.sched_getaffinity(0))
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
MEMORY = 256 + 40  # MiB: what csvapi may take when nothing is said, and what Python and its blocks need besides


@dataclass(frozen=True)
class System:
    """`command` takes what to do, the case, input and output; a `slow` one runs fewer times.

    A peak above `memory` (MiB) is marked in the report.
    """

    name: str
    command: Callable[[str, Case, Path, Path], list[str]]
    there: bool = True
    slow: bool = False
    cases: tuple[str, ...] = tuple(NAMES)
    env: dict[str, str] = field(default_factory=dict)
    memory: float = float("inf")


def csvapi(name: str, *more: str, native: bool = True) -> System:
    """Without `native` it is as on a machine where the kernel could not be built."""

    def command(what: str, case: Case, source: Path, target: Path) -> list[str]:
        name = COMMANDS.get(what, what)
        return [sys.executable, "-m", "csvapi", name, str(source), "-o", str(target), "-q", *more, *case.flags(what)]

    memory = float("inf") if "--memory" in more else MEMORY
    return System(name, command, env={} if native else {"CSVAPI_NATIVE": "off"}, memory=memory)


def script(name: str, file: str, needs: str = "", **options: object) -> System:
    path = str(SYSTEMS / file)
    start = [sys.executable, path] if file.endswith(".py") else ["bash", path]

    def command(what: str, case: Case, source: Path, target: Path) -> list[str]:
        return [*start, what, str(source), str(target)]

    there = not needs or (_has(needs) if file.endswith(".py") else shutil.which(needs, path=PATH) is not None)
    return System(name, command, there=there, **options)  # type: ignore[arg-type]  # the fields of a system


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _copy(what: str, case: Case, source: Path, target: Path) -> list[str]:
    return ["cp", str(source), str(target)]


ONE = csvapi("csvapi, 1 process", "--processes", "1")
ALL = csvapi(f"csvapi, {CORES} processes")
PLAIN = csvapi(f"csvapi without the kernel, {CORES} processes", native=False)
PANDAS = script("pandas", "with_pandas.py", "pandas", cases=tuple(RECORDS))
_PEERED = tuple(name for name in OPERATIONS if name != "similar-edit")  # which has no single query
POLARS = script("Polars", "with_polars.py", "polars", cases=_PEERED)
DUCKDB = script("DuckDB", "with_duckdb.py", "duckdb", cases=tuple(name for name in _PEERED if name != "transpose"))
DUCKDB_LIMITED = script(
    "DuckDB, 256 MB limit",
    "with_duckdb.py",
    "duckdb",
    env={"MEMORY_LIMIT": "256MB"},
    cases=("dedup", "unique", "filter", "sort", "join"),
)
MILLER = script("Miller", "with_miller.sh", "mlr", slow=True, cases=tuple(RECORDS))
CSVKIT = script("csvkit", "with_csvkit.sh", "csvgrep", slow=True, cases=("filter",))
NAIVE = script("csv.reader → csv.writer", "with_csv.py", slow=True, cases=tuple(RECORDS))
COPY = System("cp", _copy)

TABLE = (ONE, ALL, PLAIN, PANDAS, POLARS, DUCKDB, DUCKDB_LIMITED, MILLER, CSVKIT, NAIVE, COPY)
PEERS = (ALL, replace(PANDAS, cases=RESHAPED), POLARS, DUCKDB, DUCKDB_LIMITED, COPY)
QUOTED = (ONE, ALL, PLAIN, PANDAS, POLARS, DUCKDB, NAIVE, COPY)
