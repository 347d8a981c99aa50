"""Keeping programs running: a dead one is restarted, all stop together, none outlives this process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from csvapi.process.parent_death import die_with_parent

STEADY = 10.0  # seconds after which a program counts as running well
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0  # seconds before a dead program is started again
_LONGEST_LINE = 8192

Say = Callable[[str, str], None]  # the program's name, one line


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a name for the log, the command, its environment, the descriptors it inherits."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    descriptors: tuple[int, ...] = ()
    log: Path | None = None  # of a program that writes its reasons there and not to its output

    async def spawn(self) -> Process:
        """Start it in a process group of its own: Ctrl-C at the terminal reaches only the supervisor.

        All programs stay in the supervisor's session, because Linux compares the niceness of processes only within a
        session (sched(7), "The autogroup feature"): long work must not delay the requests that the web server answers.
        """
        return await asyncio.create_subprocess_exec(
            *self.command,
            env=self.env,
            cwd=self.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            process_group=0,
            pass_fds=self.descriptors,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )


@dataclass(slots=True)
class Keeper:
    """One program that is kept running until it is stopped."""

    program: Program
    say: Say
    grace: float  # seconds it gets to stop by itself
    deaths: int = 0  # in a row, without a steady run between them
    end: str = ""  # how it ended last
    words: str = ""  # the last line it wrote
    _process: Process | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self) -> None:
        """Run the program again and again, with growing pauses while it dies early."""
        while not self._stopping.is_set():
            began = time.monotonic()
            self.end = await self._run()
            if self._stopping.is_set():
                return
            self.deaths = 0 if time.monotonic() - began > STEADY else self.deaths + 1
            pause = min(FIRST_PAUSE * 2**self.deaths, LONGEST_PAUSE)
            self.say(self.program.name, f"{self.end}; starting it again in {pause:.1f} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _run(self) -> str:
        """Run the program once; returns how it ended."""
        try:
            self._process = await self.program.spawn()
        except OSError as error:
            return f"cannot be started ({error.strerror})"
        if self._stopping.is_set():  # a stop came while it started
            _signal(self._process, signal.SIGTERM)
        return how_it_ended(await run_to_end(self._process, self._said))

    def _said(self, line: str) -> None:
        self.words = line or self.words
        self.say(self.program.name, line)

    def why(self) -> str:
        """Why it does not run: how it ended, the last line it wrote, and its log if it has one."""
        words = f"it said: {self.words}" if self.words else "it said nothing"
        return f"it {self.end}; {words}" + (f"; its log is {self.program.log}" if self.program.log else "")

    async def stop(self, kept: asyncio.Task[None], hurry: asyncio.Event) -> None:
        """Ask the program to stop; kill it once its grace period is over or a second signal comes."""
        self._stopping.set()
        if self._process is not None:
            _signal(self._process, signal.SIGTERM)
        hurried = asyncio.create_task(hurry.wait())
        await asyncio.wait({kept, hurried}, timeout=self.grace, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not kept.done() and self._process is not None:
            _signal(self._process, signal.SIGKILL)
        await kept


async def run_to_end(process: Process, say: Callable[[str], None]) -> int:
    """Pass on the lines of the process until it ends; then kill whatever is left in its process group."""
    lines = asyncio.create_task(_pass_on(process, say))
    code = await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.wait({lines}, timeout=1)
    lines.cancel()
    return code


async def _pass_on(process: Process, say: Callable[[str], None]) -> None:
    if process.stdout is None:
        return
    rest = b""
    while chunk := await process.stdout.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        for line in lines:
            say(line.decode(errors="replace").rstrip())
    if rest:
        say(rest.decode(errors="replace").rstrip())


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


def how_it_ended(code: int) -> str:
    """How a process ended, in words."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


class Supervisor:
    """All programs of one instance, in the order in which they were started."""

    def __init__(self, say: Say, grace: float) -> None:
        self._say, self._grace = say, grace
        self._kept: list[tuple[Keeper, asyncio.Task[None]]] = []

    def start(self, program: Program) -> Keeper:
        """Keep the program running from now on."""
        keeper = Keeper(program, self._say, self._grace)
        self._kept.append((keeper, asyncio.create_task(keeper.keep())))
        return keeper

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stop everything: at once all but the first program, the queue, which the others need until they end."""
        for group in (self._kept[1:], self._kept[:1]):
            await asyncio.gather(*(keeper.stop(task, hurry) for keeper, task in group))
        self._kept.clear()
