"""A bucket whose client runs in another process, for a process that must be able to fork.

The client's threads do not survive a fork (see `s3`). A worker runs small tasks itself and forks for large ones, so it
calls a program over a socket, `python -m csvapi.storage.out_of_process`, which has the client. A process forked from
the worker creates a client of its own.
"""

from __future__ import annotations

import os
import pickle
import socket
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csvapi import logs
from csvapi.config import Settings, load
from csvapi.errors import CsvapiError, StorageDown
from csvapi.process import frames, program
from csvapi.storage.pinned import Pinned
from csvapi.storage.s3 import Bucket

_SEVERAL = {"get", "listing"}  # calls whose answer is a first value, then items


@dataclass(slots=True)
class _Program:
    """The program, by its socket; and its process id, to reap it."""

    socket: socket.socket | None = None
    process: int = 0

    def close(self) -> None:
        if self.socket:
            self.socket.close()
            self.socket = None
            program.collect(self.process)


class ApartBucket(Bucket):
    """A `Bucket` that calls the program in the process that created it, and uses a client of its own in others."""

    survives_fork = True

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._owner, self._program = os.getpid(), _Program()
        weakref.finalize(self, self._program.close)
        self._connected()

    def put(self, key: str, file: Path) -> None:
        """See `Bucket.put`."""
        if self._here:
            self._ask("put", key, file)
        else:
            super().put(key, file)

    def look(self, address: str) -> tuple[int, str] | None:
        """See `Bucket.look`."""
        if not self._here:
            return super().look(address)
        found: tuple[int, str] | None = self._ask("look", address)
        return found

    def get(self, key: str, of: Pinned | None = None) -> tuple[int, Iterator[bytes]]:
        """See `Bucket.get`."""
        if not self._here:
            return super().get(key, of)
        size: int = self._ask("get", key, of)
        return size, self._items()

    def part(self, key: str, start: int, stop: int, of: Pinned | None = None) -> bytes:
        """See `Bucket.part`."""
        return bytes(self._ask("part", key, start, stop, of)) if self._here else super().part(key, start, stop, of)

    def has(self, key: str) -> bool:
        """See `Bucket.has`."""
        return bool(self._ask("has", key)) if self._here else super().has(key)

    def listing(self, *, after: str = "") -> Iterator[tuple[str, float]]:
        """See `Bucket.listing`."""
        if not self._here:
            yield from super().listing(after=after)
            return
        self._ask("listing", after)
        for page in self._items():
            yield from pickle.loads(page)  # noqa: S301 -- from our own program

    def delete(self, key: str) -> None:
        """See `Bucket.delete`."""
        if self._here:
            self._ask("delete", key)
        else:
            super().delete(key)

    def check(self) -> None:
        """See `Bucket.check`."""
        if self._here:
            self._ask("check")
        else:
            super().check()

    @property
    def _here(self) -> bool:
        return os.getpid() == self._owner

    def _connected(self) -> socket.socket:
        if self._program.socket is None:
            mine, theirs = socket.socketpair()
            with theirs:
                self._program.process = program.started(__name__, theirs.fileno(), dict(os.environ))
            self._program.socket = mine
        return self._program.socket

    def _ask(self, name: str, *arguments: Any) -> Any:
        """The result of the call; if the program ends before it answers, it is restarted once."""
        call = pickle.dumps((name, arguments))
        try:
            return self._answer(call)
        except (EOFError, OSError):
            self._program.close()
        try:
            return self._answer(call)
        except (EOFError, OSError) as error:
            self._program.close()
            raise StorageDown("The storage cannot be used now; try again later") from error

    def _answer(self, call: bytes) -> Any:
        frames.send(self._connected(), frames.CALL, call)
        kind, _, facts, _ = frames.receive(self._connected())
        if kind == frames.FAILED:
            raise pickle.loads(facts)  # noqa: S301 -- from our own program
        return pickle.loads(facts)  # noqa: S301 -- likewise

    def _items(self) -> Iterator[bytes]:
        """The items after a first value; a program whose items are not all taken is not used again."""
        ended = False
        try:
            while True:
                kind, _, facts, text = frames.receive(self._connected())
                if kind == frames.DONE:
                    ended = True
                    return
                if kind == frames.FAILED:
                    ended = True
                    raise pickle.loads(facts)  # noqa: S301 -- from our own program
                yield bytes(text)
        except (EOFError, OSError) as error:
            raise StorageDown("The storage cannot be used now; try again later") from error
        finally:
            if not ended:
                self._program.close()


def _answered(bucket: Bucket, parent: socket.socket, name: str, arguments: tuple[Any, ...]) -> None:
    try:
        if name not in _SEVERAL:
            frames.send(parent, frames.DONE, pickle.dumps(getattr(bucket, name)(*arguments)))
            return
        first, items = bucket.get(*arguments) if name == "get" else (None, _pages(bucket, *arguments))
        frames.send(parent, frames.DONE, pickle.dumps(first))
        for item in items:
            frames.send(parent, frames.ITEM, text=item)
        frames.send(parent, frames.DONE)
    except CsvapiError as error:
        frames.send(parent, frames.FAILED, pickle.dumps(error))


def _pages(bucket: Bucket, after: str) -> Iterator[bytes]:
    """A listing, a thousand names at a time."""
    page: list[tuple[str, float]] = []
    for each in bucket.listing(after=after):
        page.append(each)
        if len(page) == 1000:
            yield pickle.dumps(page)
            page = []
    yield pickle.dumps(page)


def main() -> None:
    """Answer calls until the parent is gone."""
    program.alone()
    settings = load()
    logs.configure(settings)
    bucket = Bucket(settings)
    with socket.socket(fileno=program.DESCRIPTOR) as parent:
        while True:
            try:
                _, _, call, _ = frames.receive(parent)
                name, arguments = pickle.loads(call)  # noqa: S301 -- from the parent alone
                _answered(bucket, parent, name, arguments)
            except (EOFError, ConnectionError):
                return


if __name__ == "__main__":
    main()
