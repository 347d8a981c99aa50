"""`python -m tests.abuse.campaign`: one hostile user beside a normal one on a real stack, and what both of them get.

The normal user's small jobs are timed alone first, then beside the hostile user's requests: every operation at its
extremes, previews, lists, rows, uploads, webhooks. No answer may be a 5xx, no process may outgrow its limit, nothing
more may be stored than the limits allow, and the normal user's 95th percentile may be three times what it is alone.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import socket
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from typing import Any

from tests.abuse.users import Hostile, Normal, sign_up
from tests.abuse.watch import Watch
from tests.servers import create_database, mariadb_in, short_folder
from tests.start.running import started

MIB = 1 << 20
BUDGET = 256 * MIB  # CSVAPI_TASK_MEMORY
STORED = 256 * MIB  # CSVAPI_MAX_STORED
ALONE, BESIDE = "alone", "beside the hostile user"
SLOWER = 3.0  # times what the normal user's jobs take alone
SETTINGS = {
    "CSVAPI_WORKERS": "2",
    "CSVAPI_WEB_WORKERS": "2",  # as in compose
    "CSVAPI_MAX_STORED": f"{STORED}",
    "CSVAPI_TASK_MEMORY": f"{BUDGET}",
    "CSVAPI_TASK_TIME": "20s",
    "CSVAPI_WEBHOOK_PRIVATE": "on",
    "CSVAPI_LOG_LEVEL": "WARNING",
}
LIMITS = {
    "a web process": 300 * MIB,
    "a worker and its processes": BUDGET + 100 * MIB,
    "bytes of stored files": 2 * STORED,
}


@dataclass
class Report:
    answers: Counter[tuple[str, int]]
    alone: list[float]
    beside: list[float]
    by_request: dict[str, dict[str, list[float]]]
    peaks: Counter[str]
    problems: list[str]
    log: str = field(repr=False)

    @property
    def slower(self) -> float:
        return p95(self.beside) / p95(self.alone)

    def table(self) -> str:
        actions = sorted({action for action, _ in self.answers})
        lines = [f"  {'hostile requests':<28}answers"]
        for action in actions:
            by_status = {status: count for (name, status), count in sorted(self.answers.items()) if name == action}
            lines.append(f"  {action:<28}{', '.join(f'{status}: {count}' for status, count in by_status.items())}")
        lines += ["", f"  {'peak':<28}{'MiB':>8}{'limit':>8}"]
        for name, figure in self.peaks.items():
            limit = f"{LIMITS[name] // MIB:>8}" if name in LIMITS else ""
            lines.append(f"  {name:<28}{figure / MIB:>8.0f}{limit}")
        lines += ["", f"  {'the normal user':<28}{'jobs':>8}{'median':>8}{'p95':>8}"]
        for name, taken in ((ALONE, self.alone), (BESIDE, self.beside)):
            lines.append(f"  {name:<28}{len(taken):>8}{statistics.median(taken):>7.2f}s{p95(taken):>7.2f}s")
            for kind, each in self.by_request[name].items():
                lines.append(f"    {kind:<26}{len(each):>8}{statistics.median(each):>7.2f}s{p95(each):>7.2f}s")
        return "\n".join([*lines, f"  {'p95, times what it is alone':<28}{self.slower:>24.1f}"])


def p95(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95)] if taken else float("inf")


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of a webhook that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def attack(
    url: str, sink: str, seed: int, threads: int, count: int, ready: Event, over: Event, found: Queue[Any]
) -> None:
    """The hostile user's process: what it does costs the other user's client nothing, and the service little."""
    os.nice(10)  # a real one would have a machine of its own
    hostile = Hostile(sign_up(url, "hostile"), sink, seed, count)
    ready.set()
    hostile.attack(threads, over)
    found.put((hostile.answers, hostile.bad))


@contextmanager
def hostile_user(*arguments: Any) -> Iterator[list[Any]]:
    """While the block runs, and its last requests; then the list has the answers and what was bad."""
    context = multiprocessing.get_context("spawn")
    ready, over, results, found = context.Event(), context.Event(), context.Queue(), list[Any]()
    process = context.Process(target=attack, args=(*arguments, ready, over, results), daemon=True)
    process.start()
    assert ready.wait(120), "the hostile user did not begin"
    try:
        yield found
    finally:
        over.set()
    found += results.get(timeout=120)
    process.join()


def run(alone: float, beside: float, seed: int, threads: int = 8, count: int = 300) -> Report:
    """Raises nothing for what goes wrong: `problems` of the report name it."""
    with short_folder() as folder, mariadb_in(folder) as server, silent_server() as sink:
        url = create_database(server, "csvapi")
        with (
            started(folder, DATABASE_URL=url, **SETTINGS) as running,
            closing(sign_up(running.url, "normal")) as client,
        ):
            normal = Normal(client)
            taken_alone, by_request = normal.jobs(alone), {ALONE: normal.seconds}
            normal.seconds = by_request[BESIDE] = defaultdict(list)
            watch = Watch(running.pid, folder / "var")
            with hostile_user(running.url, sink, seed, threads, count) as found:
                taken_beside = normal.jobs(beside)
            watch.close()
            answers, bad = found
            problems = [*bad, *(f"the normal user: {each}" for each in normal.failures)]
            for name, limit in LIMITS.items():
                if not watch.peaks[name]:
                    problems.append(f"{name}: nothing was measured")
                if watch.peaks[name] > limit:
                    problems.append(f"{name}: {watch.peaks[name] / MIB:.0f} MiB, more than {limit / MIB:.0f}")
            if running.process.poll() is not None:
                problems.append("the service ended")
            running.stop()
            return Report(answers, taken_alone, taken_beside, by_request, watch.peaks, problems, running.text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=140, help="how long both users are there")
    parser.add_argument("--alone", type=float, default=30, help="how long the normal user is alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=argparse.FileType("w"), help="where the log of the system goes")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is stopped
    report = run(arguments.alone, arguments.seconds, arguments.seed)
    if report.slower > SLOWER:
        report.problems.append(f"the normal user's p95 is {report.slower:.1f} times what it is alone")
    if arguments.log:
        arguments.log.write(report.log)
    print(report.table())
    for problem in report.problems:
        print("!", problem)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
