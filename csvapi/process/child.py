"""The other side of the pool: a program that forks children, each of which runs one limited call after another.

`python -m csvapi.process.child` receives sockets over its parent's socket, one for each child to fork. The program has
imported what a call needs and has one thread, so a child starts in milliseconds and shares its memory. It ends when its
parent's side of the socket is closed, however the parent ends, and all its children end with it.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import pickle
import resource
import signal
import socket
import time
import traceback
from contextlib import suppress
from typing import Any

from csvapi.errors import CsvapiError
from csvapi.process import cores, frames, last_call, memory, program
from csvapi.process.memory_kills import prefer_to_kill_this_process
from csvapi.process.parent_death import die_with_parent

NICENESS = 10  # of nice(2), for calls that are not short: other requests are answered first
_USUAL = os.getpriority(os.PRIO_PROCESS, 0)
CALLS = 200  # after which a child makes room for a new one
GROWN = 96 * memory.MIB  # of its own memory, after a call, at which it does so at once


def main(descriptor: int) -> None:
    """Fork a child for each socket that comes, until the parent is gone."""
    program.alone()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel takes the ended children away
    prefer_to_kill_this_process()
    _warm_up()
    mine = os.getpid()
    with socket.socket(fileno=descriptor) as control:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                return
            if not os.fork():
                control.close()
                die_with_parent(mine)
                with suppress(EOFError, ConnectionError):  # the parent needs it no more, or is gone
                    _serve(descriptors[0])
                os._exit(0)
            os.close(descriptors[0])


def _warm_up() -> None:
    from csvapi.csvio import pages  # noqa: F401 -- what a call imports
    from csvapi.engines.local import trial  # noqa: F401 -- likewise
    from csvapi.operations import catalogue

    catalogue()
    gc.collect()
    gc.freeze()  # what lives now lives on: no collection in a child touches, and so copies, its memory


def _serve(descriptor: int) -> None:
    """Run calls until the parent closes the socket, or until this child is to be replaced."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    base = memory.data()
    with socket.socket(fileno=descriptor) as parent:
        for number in range(1, CALLS + 1):
            _, _, _, call = frames.receive(parent)
            frames.send(parent, frames.BEGUN, repr(time.monotonic()).encode())  # before its time begins
            kind, facts, text = _bounded(call)
            last = number == CALLS or kind == frames.MEMORY or memory.data() > base + GROWN or last_call.asked()
            frames.send(parent, kind, facts, text, last=last)
            signal.setitimer(signal.ITIMER_REAL, 0)
            if last:
                return


def _bounded(call: bytearray) -> tuple[bytes, bytes, bytes]:
    """Run a call within limits on time (the kernel kills this process), memory, and bytes of a written file."""
    function, arguments, short, seconds, room, written, longest = pickle.loads(call)  # noqa: S301 -- from the parent alone
    call.clear()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    cores.share(left=not short)
    if not short:
        os.setpriority(os.PRIO_PROCESS, 0, min(_USUAL + NICENESS, 19))  # for good: see `Pool`
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, resource.RLIM_INFINITY))
    with memory.limited(room):
        return _run(function, arguments, longest)


def _run(function: Any, arguments: tuple[Any, ...], longest: int) -> tuple[bytes, bytes, bytes]:
    try:
        facts, text = function(*arguments)
        if len(text) > longest:
            return frames.DISK, b"", b""
        return frames.DONE, json.dumps(facts).encode(), text
    except (CsvapiError, FileNotFoundError) as error:  # the latter of a file that was deleted meanwhile
        return frames.FAILED, pickle.dumps(error), b""
    except Exception as error:  # noqa: BLE001 -- a mistake of ours: the parent logs it
        if memory.is_want_of_memory(error):
            return frames.MEMORY, b"", b""
        if isinstance(error, OSError) and error.errno in {errno.EFBIG, errno.ENOSPC}:
            return frames.DISK, b"", b""
        return frames.BROKEN, traceback.format_exc().encode(), b""


if __name__ == "__main__":
    main(program.DESCRIPTOR)
