"""Calls that a web process runs in children, with limits on memory, time and number, outside its own threads.

A call is an importable function with picklable arguments; it knows no application, no database and no queue. It returns
facts, which are JSON values, and a text, which is sent to the client as it is.
"""

from __future__ import annotations

import json
import os
import pickle
import socket
import threading
import time
import weakref
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import structlog

from csvapi.errors import Unavailable
from csvapi.process import frames, memory, program
from csvapi.process.bounds import Bounds, of_previews, of_unpacking
from csvapi.process.interpreter import INTERPRETER
from csvapi.process.turns import SHORT_TIMEOUT, UNPACKING, Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.config import Settings
    from csvapi.errors import TooLarge

log = structlog.get_logger(__name__)
GRACE = 5.0  # seconds after a call's time in which the kernel must have ended it
TRIES = 3  # of a call whose child had ended before it began
UNPACKINGS = 2  # files that are unpacked at once in each web process: each may take much memory
_SHARE = 4  # of the memory of a call, the part that its answer may be long
_KEPT = ("PYTHON", "LC_", "LD_", "COVERAGE", "MALLOC_")  # beginnings of names that a child's environment keeps
_NAMES = {"PATH", "HOME", "LANG", "TZ", "TMPDIR"}
Answer = tuple[Any, bytes]  # facts and text


class _Ended(Exception):
    """The child ended so many seconds `after` it had begun the call; None if it never began."""

    def __init__(self, after: float | None) -> None:
        super().__init__()
        self.after = after


@dataclass
class _Children:
    """The program that forks, by its socket, and the idle children, by theirs: those for short calls, and the others,
    which go after everybody else's work and may not take that back (nice(2))."""

    owner: int = 0
    forker: int = 0
    control: socket.socket | None = None
    idle: dict[bool, list[socket.socket]] = field(default_factory=lambda: {True: [], False: []})

    def close(self) -> None:
        for each in [*chain.from_iterable(self.idle.values()), *filter(None, [self.control])]:
            each.close()
        self.idle, self.control = {True: [], False: []}, None
        if self.forker and self.owner == os.getpid():
            program.collect(self.forker)


class Pool:
    """The children of one web process; the first is started by the first call, or by `start`."""

    def __init__(self, settings: Settings) -> None:
        self._previews, self._unpacking = of_previews(settings), of_unpacking(settings)
        self._turns = Turns(settings.previews, settings.previews_per_user)
        self._long_turns = Turns(UNPACKINGS, 1, UNPACKING, SHORT_TIMEOUT)
        self._lock = threading.Lock()
        self._children = _Children()
        weakref.finalize(self, self._children.close)

    def start(self) -> None:
        """Begin to start what the first call needs, without waiting for it."""
        with self._lock:
            self._control()

    def call(self, user: int, function: Callable[..., Answer], *arguments: Any, short: bool = False) -> Answer:
        """The result of the function, run in a child.

        A `short` call, such as an upload makes and which should not be refused, has its own turn and waits longer for
        it. Raises the errors of the error tree, and FileNotFoundError, that the function raises, PreviewTooLarge and
        PreviewTooSlow beyond the limits, and TooManyRequests or Unavailable if too many calls run already.
        """
        with INTERPRETER.waiting(), self._turns.turn(user, short=short):
            return self._call(self._previews, function, arguments, short=short)

    def unpack(self, user: int, function: Callable[..., Answer], *arguments: Any, written: int) -> Answer:
        """The same within the limits of unpacking: longer, with more memory, and into a file of `written` bytes.

        Such calls have turns of their own, one for each user. Raises TooLarge beyond the limits.
        """
        with INTERPRETER.waiting(), self._long_turns.turn(user):
            return self._call(self._unpacking.writing(written), function, arguments, short=False)

    def _call(
        self, bounds: Bounds, function: Callable[..., Answer], arguments: tuple[Any, ...], *, short: bool
    ) -> Answer:
        longest = max(bounds.memory // _SHARE, 1)
        call = pickle.dumps((function, arguments, short, bounds.seconds, bounds.memory, bounds.written, longest))
        for _ in range(TRIES):
            try:
                return self._ask(call, bounds, short=short)
            except _Ended as ended:
                if ended.after is not None:
                    raise self._killed(ended.after, bounds) from None
        raise Unavailable("No process for the preview can be started; try again in a moment")

    def _ask(self, call: bytes, bounds: Bounds, *, short: bool) -> Answer:
        """Raises _Ended if the child ends; a child whose call did not end regularly is never used again."""
        child, begun, last = self._child(bounds.seconds, short=short), 0.0, True
        try:
            frames.send(child, frames.CALL, text=call)
            begun = float(frames.receive(child)[2])  # by the clock of all processes
            kind, last, facts, text = frames.receive(child)
        except (EOFError, OSError) as error:  # a time-out is an OSError
            raise _Ended(time.monotonic() - begun if begun else None) from error
        finally:
            if last:
                child.close()
            else:
                self._give_back(child, short=short)
        return self._told(kind, facts, text, bounds)

    def _told(self, kind: bytes, facts: bytes, text: bytearray, bounds: Bounds) -> Answer:
        match kind:
            case frames.DONE:
                return json.loads(facts), bytes(text)
            case frames.FAILED:
                raise pickle.loads(facts)  # noqa: S301 -- from our own child
            case frames.MEMORY:
                raise bounds.too_large("memory")
            case frames.DISK:
                raise bounds.too_large("room for what comes out")
        raise RuntimeError(facts.decode())

    def _killed(self, seconds: float, bounds: Bounds) -> TooLarge:
        """Why a child ended during a call: its time was over, or else most likely memory."""
        if seconds >= bounds.seconds:
            return bounds.too_slow()
        log.warning("preview_killed", seconds=round(seconds, 3))
        return bounds.too_large("memory")

    def _child(self, seconds: int, *, short: bool) -> socket.socket:
        """The socket of an idle child; the child ends when the socket is closed."""
        with self._lock:
            self._mine()
            idle = self._children.idle[short]
            child = idle.pop() if idle else self._new()
        child.settimeout(seconds + GRACE)
        return child

    def _give_back(self, child: socket.socket, *, short: bool) -> None:
        with self._lock:
            self._children.idle[short].append(child)

    def _new(self) -> socket.socket:
        mine, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control(), [b"+"], [theirs.fileno()])
            except OSError:  # the program was killed: its children are, too
                self._children.close()
                socket.send_fds(self._control(), [b"+"], [theirs.fileno()])
        return mine

    def _control(self) -> socket.socket:
        """The socket of the program that forks, which is started if it does not run."""
        self._mine()
        if self._children.control is None:
            mine, theirs = socket.socketpair()
            with theirs:
                self._children.forker = program.started("csvapi.process.child", theirs.fileno(), _environ())
            self._children.control, self._children.owner = mine, os.getpid()
        return self._children.control

    def _mine(self) -> None:
        """In a process forked from one with children: leave these to it."""
        if self._children.owner not in {0, os.getpid()}:
            self._children.close()
            self._children.owner = 0


def _environ() -> dict[str, str]:
    """The part of the environment that a child needs: no secrets."""
    environ = {name: value for name, value in os.environ.items() if name in _NAMES or name.startswith(_KEPT)}
    return environ | memory.LIBRARIES
