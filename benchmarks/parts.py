"""The parts of the report: what runs over which file."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from benchmarks import data
from benchmarks.cases import FLIGHTS, OPERATIONS, PEOPLE, RECORDS, SYNTHETIC, Case
from benchmarks.competitors import (
    ALL,
    DUCKDB,
    DUCKDB_LIMITED,
    ONE,
    PANDAS,
    PEERS,
    PLAIN,
    QUOTED,
    TABLE,
    System,
    csvapi,
)
from benchmarks.rounds import Rounds, Row
from benchmarks.settings import Settings, named, size
from benchmarks.where import OTHERS

_SMALL = 10_000_000
_TRANSPOSED = 8_000_000
_SPILL_SHARE = 16  # the budget for keys is this part of the file's size


def synthetic(settings: Settings) -> list[Row]:
    path = data.synthetic(settings.data, settings.size, named(settings.size))
    return _cases(Rounds(settings, SYNTHETIC, path, TABLE, ALL))


def quoted(settings: Settings) -> list[Row]:
    path = data.quoted(settings.data, settings.size, named(settings.size))
    return _cases(Rounds(settings, SYNTHETIC, path, QUOTED, ALL))


def flights(settings: Settings) -> list[Row]:
    return _cases(Rounds(settings, FLIGHTS, data.flights(settings.data), TABLE, ALL))


def start(settings: Settings) -> list[Row]:
    """A small file, where starting counts."""
    path = data.synthetic(settings.data, _SMALL, named(_SMALL))
    return Rounds(settings, SYNTHETIC, path, TABLE, ALL).run("dedup")


def growth(settings: Settings) -> list[Row]:
    """csvapi alone over growing files; time per MB and memory should not grow with them."""
    rows: list[Row] = []
    for name in settings.growth:
        path = data.synthetic(settings.data, size(name), name)
        few = replace(settings, runs=1) if size(name) > 10**9 else settings
        for what in ("dedup", "filter", "sort"):
            found = Rounds(few, SYNTHETIC, path, (ALL,), ALL).run(what)
            rows += [{**row, "size": name, "per_gb": 1000 / float(str(row["speed"]))} for row in found]
    return rows


def spill(settings: Settings) -> list[Row]:
    """dedup whose keys need many times the memory they are given."""
    path = data.synthetic(settings.data, settings.size, named(settings.size))
    memory = settings.memory or f"{max(4, settings.size // _SPILL_SHARE >> 20)}MiB"
    rich = csvapi("csvapi, 64 GiB for keys", "--memory", "64GiB")
    poor = csvapi(f"csvapi, {memory} for keys", "--memory", memory)
    plain = csvapi(f"csvapi without the kernel, {memory} for keys", "--memory", memory, native=False)
    return Rounds(settings, SYNTHETIC, path, (rich, poor, plain, DUCKDB_LIMITED), rich).run("dedup")


def reasons(settings: Settings) -> list[Row]:
    """What it costs to write the dropped records and why they were dropped, besides."""
    path = data.synthetic(settings.data, settings.size, named(settings.size))
    sides = settings.data / "dropped.csv", settings.data / "reasons.csv"
    flags = [part for flag, side in zip(("--dropped", "--explain"), sides, strict=True) for part in (flag, str(side))]
    more = csvapi(f"{ALL.name}, with --dropped and --explain", *flags)

    def anew(what: str, case: Case, source: Path, target: Path) -> list[str]:
        for side in sides:
            side.unlink(missing_ok=True)  # as the output before each run: to replace a file is dearer
        return more.command(what, case, source, target)

    rows = _cases(Rounds(settings, SYNTHETIC, path, (ALL, replace(more, command=anew)), ALL))
    for side in sides:
        side.unlink(missing_ok=True)  # where BENCH_SYSTEMS leaves csvapi out
    return rows


def where(settings: Settings) -> list[Row]:
    """The share of each module of csvapi in the time of a run."""
    path = data.synthetic(settings.data, settings.size, named(settings.size))
    shares: dict[str, dict[str, float]] = {}
    for what in RECORDS:
        command = [sys.executable, "-m", "benchmarks.where", what, str(path), *SYNTHETIC.flags(what)]
        for row in json.loads(subprocess.run(command, capture_output=True, check=True).stdout):
            shares.setdefault(row["module"], {})[what] = row["share"]
    order = sorted(shares, key=lambda module: (module == OTHERS, -sum(shares[module].values())))
    return [{"module": module, **shares[module]} for module in order]


def packed(settings: Settings) -> list[Row]:
    """gzip in, gzip out."""
    path = data.synthetic(settings.data, settings.size, named(settings.size))
    archive = path.with_suffix(".csv.gz")
    if not archive.exists():
        part = archive.with_suffix(".part")
        with path.open("rb") as file, gzip.open(part, "wb", compresslevel=6) as target:
            shutil.copyfileobj(file, target, 1 << 20)
        part.rename(archive)
    return _cases(Rounds(settings, SYNTHETIC, archive, (ONE, ALL, PANDAS, DUCKDB), ALL, ".csv.gz", path.stat().st_size))


def operations(settings: Settings) -> list[Row]:
    """Every operation, beside the columnar engines and a copy of the file."""
    size, name = settings.size, named(settings.size)
    rows: list[Row] = []
    for what in OPERATIONS:
        if what in settings.cases or "all" in settings.cases:
            rows += Rounds(settings, *file_of(what, settings.data, size, name), PEERS, ALL).run(what)
    return rows


def file_of(what: str, folder: Path, size: int, name: str) -> tuple[Case, Path]:
    """The case with its second file, and the file that it is about."""
    if what == "diff":
        newer, older = data.versions(folder, size, name)
        return replace(SYNTHETIC, second=older), newer
    if what == "transpose":  # whose records become columns, which csvapi bounds
        most = min(size, _TRANSPOSED)
        return SYNTHETIC, data.versions(folder, most, named(most) if most < size else name)[0]
    if what.startswith("similar"):
        return PEOPLE, data.named_people(folder, size, name)
    return replace(SYNTHETIC, second=data.members(folder, size, name)), data.synthetic(folder, size, name)


def cancel(settings: Settings) -> list[Row]:
    """Ctrl-C in the middle: seconds until all is gone, and what is left behind."""
    path = data.synthetic(settings.data, settings.size, named(settings.size))
    return [_cancelled(settings, path, system) for system in (ONE, ALL, PLAIN) if system.there]


def _cancelled(settings: Settings, path: Path, system: System) -> Row:
    folder = settings.data / "cancelled"
    folder.mkdir(exist_ok=True)
    command = system.command("dedup", SYNTHETIC, path, folder / "output.csv")
    with subprocess.Popen([*command, "--workspace", str(folder)]) as process:
        while process.poll() is None and not any(folder.rglob("keys-*")):
            time.sleep(0.005)
        time.sleep(settings.size / 1e9)
        process.send_signal(signal.SIGINT)
        begin = time.perf_counter()
        code = process.wait(60)
        seconds = time.perf_counter() - begin
    left = len(list(folder.iterdir()))
    shutil.rmtree(folder)
    return {"system": system.name, "code": code, "seconds": seconds, "left": left}


def _cases(rounds: Rounds, names: Collection[str] = RECORDS) -> list[Row]:
    wanted = rounds.settings.cases
    return [row for what in names if what in wanted or "all" in wanted for row in rounds.run(what)]


PARTS = {
    "operations": operations,
    "synthetic": synthetic,
    "quoted": quoted,
    "flights": flights,
    "start": start,
    "growth": growth,
    "spill": spill,
    "reasons": reasons,
    "where": where,
    "gzip": packed,
    "cancel": cancel,
}
