"""Feed the engine what nobody should: `make fuzz` (FUZZ_MINUTES of processor time, FUZZ_SEED).

Hypothesis makes the bytes and dialects; detection, blocks, rows and three runs of the engine take them. For every
input: an answer or an error of csvapi's own tree; within seconds; in bounded memory; blocks that put together are the
file; and every byte of every record in the output or among the dropped.
Rounds are processes of their own; a watchdog ends one that hangs, even in C code. Every second round runs with the
kernel under AddressSanitizer and UndefinedBehaviorSanitizer, the others under an address-space limit. Each kind of
failure is told once, with the smallest input that Hypothesis found for it.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fuzz_inputs import data, dialects, steps, ways, writers
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from csvapi import engines
from csvapi.csvio import rows
from csvapi.csvio.detection import detect
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.preview import head
from csvapi.csvio.reading import read_parsed
from csvapi.csvio.source import Source
from csvapi.engines.receipt import Receipt
from csvapi.errors import CsvapiError

sys.path.append(str(Path(__file__).parents[1]))  # `tests` is no package that is installed

from tests.native import sanitized

EXAMPLES = 1000  # in a round
SLOW = 10.0  # seconds of processor time for one input: 512 KB of short records that are padded to 200 columns take 4.5
UNIT = 0.06  # seconds of a million squares on the machine on which they do
SILENT = 300.0  # seconds without a sign of life: a hang, on a busy machine, too
ADDRESS_SPACE = 2 << 30
MEMORY = 400  # MiB that a round may have used at most
SANITIZED = (
    4  # times as much of both for a round under the sanitizers, which has no address-space limit: they map terabytes
)
ROOT = Path(__file__).parents[1]
KEPT = ROOT / "benchmarks" / "data" / "fuzz"


def check(
    folder: Path,
    content: bytes,
    dialect: Dialect | None,
    pipeline: list[dict[str, object]],
    writer: dict[str, object],
    way: engines.Options,
) -> str:
    """Everything once over one input; what came of it. Anything but an error of csvapi's own is a find."""
    path = folder / "input"
    path.write_bytes(content)
    size = max(way.block_size, len(content) // 1000)  # blocks of a byte are for small files
    options = replace(way, block_size=size)
    try:
        chosen = dialect or detect(content[: 1 << 16], content[-(1 << 16) :], complete=len(content) <= 1 << 16).dialect
        source = Source.open(path, chosen)
        units = [
            unit for each in read_parsed(source, source.body, source.size, size=size) for unit in each.result.units
        ]
        whole = source.byte_dialect.restore(b"".join(units))
        kept = content[: len(content) - source.trailing]
        assert source.prefix + whole + source.tail == kept, "batches are not the file"
        rows(path, chosen, 20, 3)
        out, gone, why = (folder / name for name in ("out", "gone", "why"))
        receipt = engines.run(path, chosen, pipeline, out, options=options, workspace=folder, dropped=gone, explain=why)
        conserved(receipt, source, out.stat().st_size + gone.stat().st_size)
        engines.run(path, chosen, [writer], out, options=options, workspace=folder)
        engines.run(path, chosen, [{"op": "normalise"}], out, options=options, workspace=folder)
        out.read_bytes().removeprefix(source.byte_dialect.bom).decode("utf-8")
    except CsvapiError as error:
        return error.code
    return "ok"


def conserved(receipt: Receipt, source: Source, written: int) -> None:
    """Each byte of a record is kept or dropped, and what is above the first one is in both files."""
    if receipt.census.blank or receipt.options["on_ragged"] == "pad":
        return
    top = len(source.prefix) + len(source.byte_dialect.restore(head(source).record))
    assert written == source.size + top, "records were lost or made"


def round_(number: int, folder: Path) -> None:
    """One round in this process; prints its counts as JSON."""
    more = SANITIZED if "ASAN_OPTIONS" in os.environ else 1
    if more == 1:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    outcomes: Counter[str] = Counter()
    slowest = 0.0

    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(data, st.one_of(st.none(), dialects), steps, writers, ways)
    def fuzz(
        content: bytes,
        dialect: Dialect | None,
        pipeline: list[dict[str, object]],
        writer: dict[str, object],
        way: engines.Options,
    ) -> None:
        nonlocal slowest
        (folder / "case").write_bytes(json.dumps([str(dialect), pipeline, writer, str(way)]).encode() + b"\n" + content)
        start = time.process_time()
        outcomes[check(folder, content, dialect, pipeline, writer, way)] += 1
        seconds = time.process_time() - start
        slowest = max(slowest, seconds)
        most = SLOW * more
        assert seconds < most or seconds < most * slowness(), f"one input took longer than {most} s"

    run: Callable[[], None] = fuzz
    run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    assert peak < MEMORY * more, f"the round used {peak} MiB"
    print(json.dumps({"outcomes": outcomes, "slowest": slowest, "peak": peak}))


def slowness() -> float:
    """How many times as long as on the machine of `UNIT` all takes here and now."""
    start = time.process_time()
    sum(number * number for number in range(10**6))
    return max(1.0, (time.process_time() - start) / UNIT)


def watched(number: int, folder: Path, environment: dict[str, str]) -> tuple[dict[str, object], str]:
    """The counts of one round in a process of its own, or why it failed."""
    with tempfile.TemporaryFile() as said:
        command = [sys.executable, __file__, str(number), str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env={**os.environ, **environment})
        case = folder / "case"
        while process.poll() is None:
            time.sleep(0.2)
            if case.exists() and time.time() - case.stat().st_mtime > SILENT:
                process.kill()
                process.wait()
                return {}, f"no answer within {SILENT:.0f} s"
        output = process.stdout.read() if process.stdout else b""
        said.seek(0)
        return (json.loads(output), "") if process.returncode == 0 else ({}, said.read().decode(errors="replace"))


def kinds(failure: str) -> dict[str, str]:
    """The reports in what a failed round said, by the error and the line of csvapi that raised it."""
    reports = re.split(r"\n *\+-\+?-{8}.*\n", failure)
    found: dict[str, str] = {}
    for report in reports[1:] or reports:
        text = re.sub(r"^ *\| ?", "", report, flags=re.MULTILINE)
        places = re.findall(r'File "[^"]*/(csvapi/[^"]+)", line (\d+)', text)
        errors = re.findall(r"^(\w+(?:Error|Exception|Code)\b.*|no answer .*)", text, re.MULTILINE)
        if errors or len(reports) == 1:
            error = errors[-1] if errors else "died"
            error = error if error.startswith(("Assertion", "no answer")) else error.partition(":")[0]
            found[f"{error} at {':'.join(places[-1]) if places else 'check'}"] = text
    return found


class Tally:
    """What all rounds together saw."""

    def __init__(self, sanitizers: dict[str, str]) -> None:
        self.sanitizers = sanitizers
        self.outcomes: Counter[str] = Counter()
        self.failures: dict[str, str] = {}
        self.slowest, self.peak, self.rounds = 0.0, 0, 0

    def add(self, number: int) -> None:
        with tempfile.TemporaryDirectory(prefix="csvapi-fuzz-") as name:
            found, failure = watched(number, Path(name), self.sanitizers if number % 2 else {})
            if failure:
                self._failed(number, failure, Path(name) / "case")
                return
        self.rounds += 1
        self.outcomes.update(found["outcomes"])  # type: ignore[arg-type]  # as a round printed it
        self.slowest = max(self.slowest, float(str(found["slowest"])))
        self.peak = max(self.peak, int(str(found["peak"])))

    def _failed(self, number: int, failure: str, case: Path) -> None:
        KEPT.mkdir(parents=True, exist_ok=True)
        if case.exists():
            (KEPT / f"case-{number}").write_bytes(case.read_bytes())
        for kind, text in kinds(failure).items():
            if kind not in self.failures:
                self.failures[kind] = text
                print(f"FUZZ_SEED={number}: {kind}\n{text}\n", flush=True)


def main() -> int:
    minutes = float(os.environ.get("FUZZ_MINUTES") or 5)
    number = first = int(os.environ.get("FUZZ_SEED") or time.time())
    spent = 0.0
    with tempfile.TemporaryDirectory(prefix="csvapi-fuzz-") as built:
        tally = Tally(sanitized.build(Path(built)))
        while spent < minutes:
            tally.add(number)
            number += 1
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = (used.ru_utime + used.ru_stime) / 60
    good = f"{tally.outcomes.total():,} inputs in {tally.rounds} of {number - first} rounds without a failure"
    print(f"{good}, {spent:.1f} minutes of processor time, seeds {first} to {number - 1}")
    print(f"slowest input {tally.slowest:.2f} s, highest memory {tally.peak} MiB")
    print(", ".join(f"{name} {count:,}" for name, count in tally.outcomes.most_common()))
    print("\n".join([f"{len(tally.failures)} kinds of failure", *sorted(tally.failures)]))
    return 1 if tally.failures else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        round_(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        sys.exit(main())
