"""`python -m tests.faults.campaign`: hundreds of tasks, dozens of faults, and what became of every task.

Faults come at moments spread over the campaign by the number of tasks that have ended, in an order and on victims drawn
from a seed. Every accepted task must then have ended: with the right bytes, or with a cause that was injected.
"""

from __future__ import annotations

import argparse
import math
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.faults.clients import Client
from tests.faults.injections import FAULTS, UPGRADE, Injector
from tests.faults.stack import Stack, stack
from tests.faults.verdict import Verdict, judge
from tests.faults.workload import MIB, Subject, subjects
from tests.waiting import until

IN_FLIGHT = 30  # tasks that wait or run at a time
PATIENCE = 120.0  # seconds without any task that ends


@dataclass
class Report:
    injected: Counter[str]
    refused: int
    seconds: float
    verdict: Verdict
    log: str = field(repr=False)

    def table(self) -> str:
        lines = [("fault", "injected"), *self.injected.items(), ("requests refused and repeated", self.refused)]
        found = [("outcome", "tasks"), *self.verdict.outcomes.items(), *self.verdict.checks.items()]
        rows = [f"  {name:<44}{count:>8}" for name, count in [*lines, ("", ""), *found]]
        return "\n".join([*rows, f"  {'seconds':<44}{self.seconds:>8.0f}"])


class Campaign:
    """`clients` submit in turns from a thread of their own, while faults are injected."""

    def __init__(self, running: Stack, tasks: int, files: list[Subject], seed: int) -> None:
        self.stack, self.tasks, self.draw = running, tasks, random.Random(seed)
        self.clients = [Client.sign_up(running.running.url, number) for number in range(5)]
        for client in self.clients[:4]:
            for subject in files:
                client.upload(subject)
        self.clients[4].upload(files[-1])
        self.injector = Injector(running, self.clients[4], files[-1], random.Random(seed + 1))
        self.failure: BaseException | None = None
        self._counts, self._planned = (0, 0), 1

    def run(self, faults: Mapping[str, int]) -> None:
        plan = [name for name, count in faults.items() for _ in range(count)]
        self.draw.shuffle(plan)
        plan.sort(key=lambda name: name != UPGRADE)
        self._planned = len(plan)
        submitting = threading.Thread(target=self._submit, daemon=True)
        submitting.start()
        for number, name in enumerate(plan):
            self._until_ended(number * self.tasks * 9 // 10 // len(plan))
            say(f"{self._ended():4} of {self.tasks} tasks ended: {name}")
            self.injector.inject(name)
        submitting.join()
        if self.failure:
            raise self.failure
        self._until_ended(self.tasks)
        with suppress(AssertionError):  # then it is the verdict that names them
            until(lambda: self._count()[0] == 0, within=PATIENCE)

    def _submit(self) -> None:
        try:
            for number in range(self.tasks):
                until(lambda number=number: self._may_start(number), within=PATIENCE)
                self.clients[number % 4].start(self.draw)
        except BaseException as error:  # noqa: BLE001 -- told in the main thread
            self.failure = error

    def _may_start(self, number: int) -> bool:
        """So many at a time, and no further ahead of the faults: each shall find something to hurt."""
        share = self.tasks * (self.injector.done.total() + 1) / self._planned
        return number < share + 3 and number - self._ended() < IN_FLIGHT

    def _until_ended(self, count: int) -> None:
        """Wait for so many ended tasks, for as long as some still end."""
        while (before := self._ended()) < count and not self.failure:
            with suppress(AssertionError):
                until(lambda: self._ended() > before or self.failure, within=PATIENCE, every=0.05)
                continue
            return

    def _ended(self) -> int:
        return self._count()[1]

    def _count(self) -> tuple[int, int]:
        """How many tasks go on, and how many have ended: as of when the database answered last."""
        query = text("SELECT COUNT(*) - COUNT(finished_at), COUNT(finished_at) FROM tasks")
        with suppress(SQLAlchemyError), self.stack.engine.connect() as connection:
            going_on, ended = connection.execute(query).one()
            self._counts = (going_on, ended)
        return self._counts


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(tasks: int, faults: Mapping[str, int], seed: int, largest: int) -> Report:
    with stack(before=UPGRADE in faults) as running:
        began = time.monotonic()
        campaign = Campaign(running, tasks, subjects(largest), seed)
        campaign.run(faults)
        verdict = judge(running, campaign.clients)
        refused = sum(client.refused for client in campaign.clients)
        for client in campaign.clients:
            client.http.close()
        seconds = time.monotonic() - began
        assert running.running.stop() == 0
        return Report(campaign.injector.done, refused, seconds, verdict, running.running.text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=argparse.FileType("w"), help="where the log of the system goes")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is stopped and unmounted
    faults = {name: math.ceil(count * arguments.tasks / 300) for name, count in FAULTS.items()}
    faults[UPGRADE] = 1
    report = run(arguments.tasks, faults, arguments.seed, 60 * MIB)
    if arguments.log:
        arguments.log.write(report.log)
    print(report.table())
    for problem in report.verdict.problems:
        print("!", problem)
    return 1 if report.verdict.problems else 0


if __name__ == "__main__":
    sys.exit(main())
