"""A folder of an SFTP server. The only module that uses asyncssh.

The server is known by its key, always; neither the files of a user's ~/.ssh nor an agent are asked for anything. Only
plain files of the folder itself are seen: a link is none, whatever it leads to.
"""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncssh

from csvapi.errors import PlaceDown
from csvapi.places.addresses import Address
from csvapi.places.place import PIECE, Changed, Entry, Listing

T = TypeVar("T")

asyncssh.set_log_level("WARNING")  # else some ten lines for each connection


@dataclass(frozen=True, slots=True)
class Login:
    """Who signs in, with a password or a private key, and the fingerprints by which the server is known."""

    user: str
    host_keys: tuple[str, ...]
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)


def opened_key(private_key: str, passphrase: str) -> str:
    """The private key without its passphrase, which then need not be kept. Raises ValueError with what is wrong."""
    try:
        key = asyncssh.import_private_key(private_key, passphrase or None)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise ValueError(str(error)) from error
    return key.export_private_key().decode()


class _Known(asyncssh.SSHClient):
    """A client that knows the server by the fingerprints of its keys."""

    def __init__(self, fingerprints: tuple[str, ...]) -> None:
        self._fingerprints = fingerprints
        self.refused = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Whether the key is one of those that were given."""
        shown = key.get_fingerprint()
        if shown not in self._fingerprints:
            self.refused = shown
        return not self.refused


class SftpPlace:
    """A connection to a server and a folder there, for the block; each step must end within `timeout` seconds.

    `connect` gives the TCP connection, so that whoever opens a place decides which addresses may be reached.
    """

    def __init__(self, address: Address, login: Login, connect: Callable[[], socket.socket], timeout: int) -> None:
        self._address, self._login, self._connect, self._timeout = address, login, connect, timeout
        self._loop = asyncio.Runner()
        self._known = _Known(login.host_keys)

    def __enter__(self) -> Self:
        line = self._connect()
        try:
            self._run(self._begin(line))
        except BaseException:
            line.close()
            self._loop.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(PlaceDown):
            self._run(self._end())
        self._loop.close()

    async def _begin(self, line: socket.socket) -> None:
        login = self._login
        keys = [asyncssh.import_private_key(login.private_key)] if login.private_key else None
        self._connection = await asyncssh.connect(
            sock=line,
            client_factory=lambda: self._known,
            known_hosts=b"",  # none but those that `_Known` knows
            x509_trusted_certs=None,
            config=None,
            agent_path=None,
            gss_host=None,
            username=login.user,
            password=login.password or None,
            client_keys=keys,
            login_timeout=self._timeout,
            keepalive_interval=0,
        )
        self._sftp = await self._connection.start_sftp_client(path_errors="surrogateescape")

    async def _end(self) -> None:
        self._connection.abort()
        await self._connection.wait_closed()

    def list(self, most: int) -> Listing:
        """See `Place.list`."""
        return self._run(self._list(most))

    async def _list(self, most: int) -> Listing:
        found: list[Entry] = []
        seen = 0
        async for each in self._sftp.scandir(self._address.path):
            seen += 1
            if seen > most + 2:  # and the names of the folder itself and of the one above
                return Listing(found, more=True)
            if _is_file(each.attrs):
                found.append(_entry(str(each.filename), each.attrs))
        return Listing(found)

    def read(self, entry: Entry) -> Iterator[bytes]:
        """See `Place.read`; the file must be the same afterwards, and as long as it was said to be."""
        self._check(entry)
        file = self._run(self._opened(self._path(entry.name), "rb"), entry)
        done = 0
        try:
            while piece := self._run(file.read(PIECE, done), entry):
                done += len(piece)
                yield bytes(piece)
        finally:
            with suppress(PlaceDown, Changed):
                self._run(file.close())
        if done != entry.size:
            raise Changed
        self._check(entry)

    async def _opened(self, path: str, mode: str) -> Any:
        return await self._sftp.open(path, mode, encoding=None)

    def write(self, name: str, pieces: Iterator[bytes], part: str) -> None:
        """See `Place.write`: to a new file of the name `part`, which then gets its own."""
        path = self._path(part)
        file = self._run(self._opened(path, "xb"))  # never into a file, or through a link, of others
        try:
            done = 0
            for piece in pieces:
                self._run(file.write(piece, done))
                done += len(piece)
            self._run(file.close())
            self._run(self._rename(path, self._path(name)))
        except BaseException:
            with suppress(PlaceDown):
                self._run(file.close())
            self.remove_part(part)
            raise

    async def _rename(self, path: str, target: str) -> None:
        """In one step where the server can; else the one that is there goes first."""
        try:
            await self._sftp.posix_rename(path, target)
        except asyncssh.SFTPOpUnsupported:
            with suppress(asyncssh.SFTPNoSuchFile):
                await self._sftp.remove(target)
            await self._sftp.rename(path, target)

    def remove_part(self, part: str) -> None:
        """See `Place.remove_part`."""
        with suppress(Changed):
            self._run(self._sftp.remove(self._path(part)), Entry(part, 0, ""))

    def move(self, entry: Entry, folder: str, other: str) -> None:
        """See `Place.move`."""
        self._check(entry)
        self._run(self._move(entry, f"{self._address.path}{folder}", other), entry)

    async def _move(self, entry: Entry, folder: str, other: str) -> None:
        with suppress(asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):  # what it answers where it is there
            await self._sftp.mkdir(folder)
        there = await self._sftp.lexists(f"{folder}/{entry.name}")
        await self._sftp.rename(self._path(entry.name), f"{folder}/{other if there else entry.name}")

    def delete(self, entry: Entry) -> None:
        """See `Place.delete`."""
        self._check(entry)
        self._run(self._sftp.remove(self._path(entry.name)), entry)

    def _check(self, entry: Entry) -> None:
        attrs = self._run(self._sftp.lstat(self._path(entry.name)), entry)
        if not _is_file(attrs) or _entry(entry.name, attrs) != entry:
            raise Changed

    def _path(self, name: str) -> str:
        return f"{self._address.path}{name}"

    def _run(self, step: Coroutine[Any, Any, T], entry: Entry | None = None) -> T:
        """Run a step to its end. Raises Changed where the file is gone, and PlaceDown with a reason for people."""
        try:
            return self._loop.run(asyncio.wait_for(step, self._timeout))
        except asyncssh.SFTPNoSuchFile as error:
            if entry:
                raise Changed from error
            raise PlaceDown(f"{self._address}: there is no such folder or file: {error.reason}") from error
        except (TimeoutError, asyncssh.Error, OSError, UnicodeError, ValueError) as error:
            raise PlaceDown(f"{self._address}: {self._reason(error)}") from error

    def _reason(self, error: Exception) -> str:
        if self._known.refused:
            expected = " or ".join(self._login.host_keys)
            return f"the server's key is {self._known.refused}, and must be {expected}; nothing was sent to it"
        if isinstance(error, TimeoutError):
            return f"no answer within {self._timeout} seconds"
        if isinstance(error, asyncssh.PermissionDenied):
            return "the server refuses the user, the password or the key"
        return f"{type(error).__name__}: {error}"[:500]


def _is_file(attrs: asyncssh.SFTPAttrs) -> bool:
    return attrs.permissions is not None and stat.S_ISREG(attrs.permissions)


def _entry(name: str, attrs: asyncssh.SFTPAttrs) -> Entry:
    return Entry(name, attrs.size or 0, str(attrs.mtime or 0))
