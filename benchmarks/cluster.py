"""`make bench-cluster`: work on a cluster beside the local engine, on this machine.

A bucket, a Dask scheduler and one worker, then two, are processes of their own; their processor time is counted while
the work goes on, so that what starting them takes is left out. CLUSTER_SIZE, CLUSTER_CASES, CLUSTER_WORKERS,
CLUSTER_RANGE, CLUSTER_SERVER (`files`, a server that does nothing else than ranges and parts; or `moto`, in memory);
with CLUSTER_DOCS the tables go into docs/cluster.md, which has a place for 1GB and one for 10GB.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from benchmarks import data, report
from benchmarks.machine import facts
from benchmarks.settings import HERE, named, size
from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, cluster
from tests.engines.cluster.machines import Machines, machines, peak
from tests.storage.file_server import file_server
from tests.storage.ranged_bucket import RangedBucket, ranged_bucket

SECOND = "second"  # the key of the second file, and what steps call it
CASES: dict[str, list[dict[str, Any]]] = {
    "filter": [{"op": "filter", "filters": [{"column": "age", "operator": ">", "value": 40}]}],
    "dedup": [{"op": "dedup", "columns": ["email"]}],
    "ranked": [{"op": "dedup", "columns": ["email"], "keep": {"max": "amount", "as": "number"}}],
    "sort": [{"op": "sort", "by": [{"column": "email"}]}],
    "frequency": [{"op": "frequency", "column": "city"}],
    "join": [{"op": "join", "file": SECOND, "on": ["email"], "how": "left"}],
    "full": [{"op": "join", "file": SECOND, "on": ["email"], "how": "full"}],
    "group": [{"op": "group", "by": ["city"], "aggregates": [{"aggregate": "mean", "column": "amount"}]}],
}
LOCAL = "local, one process"
MIB = 1 << 20
PAGE = HERE.parent / "docs" / "cluster.md"
MARKS = ("<!-- make bench-cluster, {} -->", "<!-- end of make bench-cluster, {} -->")
_HERTZ = os.sysconf("SC_CLK_TCK")
SERVERS = {"files": file_server, "moto": ranged_bucket}


@dataclass(frozen=True)
class Figures:
    """Seconds of the clock and of processors, those of the bucket's server, MiB of the largest process, the digest; and
    what each function did."""

    wall: float
    cpu: float
    server: float
    memory: float
    sha256: str
    functions: list[dict[str, Any]] = field(default_factory=list)


def main() -> None:
    """Measure the cases one after the other, and print a table."""
    given = os.environ.get
    amount = size(given("CLUSTER_SIZE") or "1GB")
    cases = (given("CLUSTER_CASES") or " ".join(CASES)).split()
    marks = MARKS[0].format(named(amount)), MARKS[1].format(named(amount))
    if given("CLUSTER_DOCS") and marks[0] not in PAGE.read_text():
        raise SystemExit(f"docs/cluster.md has no place for the figures of {named(amount)}")
    workers = [int(each) for each in (given("CLUSTER_WORKERS") or "1 2").split()]
    split = cluster.Split(int(size(given("CLUSTER_RANGE") or "128MB")))
    folder = Path(given("BENCH_DATA") or HERE / "data")
    source = data.synthetic(folder, amount, named(amount))
    for name, value in facts().items():
        print(f"{name}: {value}")
    second = data.members(folder, 3 * amount, named(3 * amount))  # too large for each machine to have, from 1 GB on
    rows = [(case, LOCAL, local(source, folder, _steps(case, str(second)))) for case in cases]
    serve = SERVERS[given("CLUSTER_SERVER") or "files"]
    with TemporaryDirectory(prefix="cluster-", dir=folder) as place, serve(Path(place) / "bucket") as server:
        os.environ.update(server.environ)
        server.objects.upload("in", source)
        server.objects.upload(SECOND, second)
        for count in workers:
            with machines(Path(place), server.environ, count) as dask:
                rows += [(case, f"{count} workers", there(server, dask, CASES[case], split)) for case in cases]
    lines = [*table(rows), "", *traffic(rows, source.stat().st_size)]
    print("", *lines, sep="\n")
    if given("CLUSTER_DOCS"):
        where = "; ".join(f"{name}: {value}" for name, value in facts().items() if name in ("date", "machine"))
        report.insert(PAGE, "\n".join([f"{named(amount)}, {where}", "", *lines]), marks)


def table(rows: list[tuple[str, str, Figures]]) -> list[str]:
    """Its lines; ends with an error where an output is another one than the local engine's."""
    lines = ["| | | wall s | CPU s | of the local engine's | of the server s | MiB of a worker |"]
    lines.append("|---|---|---|---|---|---|---|")
    first = {case: found for case, how, found in rows if how == LOCAL}
    for case, how, found in sorted(rows, key=lambda row: list(first).index(row[0])):
        times = f"{found.cpu / first[case].cpu:.1f} ×"
        memory = "" if how == LOCAL else f"{found.memory:.0f}"  # there it is that of the benchmark itself
        figures = f"{found.wall:.1f} | {found.cpu:.1f} | {times} | {found.server:.1f} | {memory}"
        lines.append(f"| {case} | {how} | {figures} |")
        if found.sha256 != first[case].sha256:
            raise SystemExit(f"{case}, {how}: the output is another one than the local engine's")
    return lines


def traffic(rows: list[tuple[str, str, Figures]], size: int) -> list[str]:
    """The lines of a table of what each function read and wrote, with the most workers; `size` is the file's."""
    lines = ["| | function | calls | s | read MB | of the file | written MB | of the file |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    last = {case: found for case, how, found in rows if how != LOCAL}
    for case, found in last.items():
        for each in found.functions:
            read, written = (
                f"{each[what] / 1e6:,.0f} | {each[what] / size:.2f} ×" for what in ("bytes_read", "bytes_written")
            )
            lines.append(
                f"| {case} | {each['function']} | {each['calls']} | {each['seconds']:.1f} | {read} | {written} |"
            )
    return lines


def local(source: Path, folder: Path, steps: list[dict[str, Any]]) -> Figures:
    """One process of the command line."""
    target, receipt = folder / "out.csv", folder / "receipt.json"
    command = [sys.executable, "-m", "csvapi", "process", "--steps", json.dumps(steps), str(source), "-q"]
    command += ["-o", str(target), "--receipt", str(receipt), "--processes", "1"]
    began = time.monotonic()
    process = subprocess.Popen(command)
    _, status, taken = os.wait4(process.pid, 0)  # of this process alone
    wall, process.returncode = time.monotonic() - began, os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"csvapi ended with {process.returncode}")
    sha256 = json.loads(receipt.read_text())["receipt"]["output"]["sha256"]
    target.unlink()
    return Figures(wall, taken.ru_utime + taken.ru_stime, 0, taken.ru_maxrss / 1024, sha256)


def there(server: RangedBucket, dask: Machines, steps: list[dict[str, Any]], split: cluster.Split) -> Figures:
    """The same on the cluster, whose driver is this process."""
    workers = [worker.pid for worker in dask.workers]
    bucket, prefix = server.objects, f"work/{uuid4().hex}/"
    mine, theirs, servers, began = used(os.getpid()), used(*workers), used(server.pid), time.monotonic()
    receipt = cluster.run(
        cluster.File("in", Dialect()),
        steps,
        cluster.Targets("out"),
        bucket=bucket,
        prefix=prefix,
        cluster=cluster.connect(dask.address),
        options=Options(),
        split=split,
        files={SECOND: cluster.File(SECOND, Dialect())},
    )
    wall, cpu = time.monotonic() - began, used(os.getpid()) - mine + used(*workers) - theirs
    found = Figures(wall, cpu, used(server.pid) - servers, max(map(peak, workers)) / MIB, receipt.output_sha256)
    found.functions.extend(each for stage in receipt.run["stages"] for each in stage["functions"])
    bucket.clear(prefix)
    return found


def _steps(case: str, second: str) -> list[dict[str, Any]]:
    return [{**step, "file": second} if "file" in step else step for step in CASES[case]]


def used(*pids: int) -> float:
    """Seconds of processors that the processes have used."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / _HERTZ


if __name__ == "__main__":
    main()
