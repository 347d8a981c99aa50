"""A real SFTP server over a folder, in a thread of its own, which can be made to wait and says what it did."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "csvapi", "kJ7-of-the-tests"


@dataclass
class SftpServer:
    """Its port, keys and folder; `renamed` are the targets of all renames, in order."""

    folder: Path
    key: asyncssh.SSHKey
    client_key: asyncssh.SSHKey
    port: int = 0
    renamed: list[str] = field(default_factory=list)
    connections: int = 0
    hold: str = ""  # writes to files whose names hold this wait for `release`
    hold_reads: int = 0  # and reads from this byte on, unless it is 0
    held: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    on_read: Any = None  # called with the path of a file that is opened for reading
    posix_rename: bool = True

    @property
    def fingerprint(self) -> str:
        return self.key.get_fingerprint()

    def place(self, folder: str, **more: Any) -> dict[str, Any]:
        """As the API takes it."""
        (self.folder / folder).mkdir(parents=True, exist_ok=True)
        url = f"sftp://127.0.0.1:{self.port}/{folder}"
        return {"url": url, "user": USER, "host_keys": [self.fingerprint], "password": PASSWORD, **more}


class _Ssh(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self._server = server
        server.connections += 1

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key.get_fingerprint() == self._server.client_key.get_fingerprint()


class _Sftp(asyncssh.SFTPServer):
    def __init__(self, channel: asyncssh.SSHServerChannel, server: SftpServer) -> None:
        super().__init__(channel, chroot=str(server.folder).encode())
        self._server = server

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        if pflags & asyncssh.FXF_READ and self._server.on_read:
            self._server.on_read(path.decode())
        return super().open(path, pflags, attrs)

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        if 0 < self._server.hold_reads <= offset:
            await self._wait()
        return super().read(file_obj, offset, size)  # type: ignore[return-value]

    async def _wait(self) -> None:
        self._server.held.set()
        await asyncio.to_thread(self._server.release.wait)

    async def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        name = str(file_obj.name)
        if self._server.hold and self._server.hold in name:
            await self._wait()
        return super().write(file_obj, offset, data)  # type: ignore[return-value]

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        if not self._server.posix_rename:
            raise asyncssh.SFTPOpUnsupported("not here")
        self._server.renamed.append(newpath.decode())
        return super().posix_rename(oldpath, newpath)

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._server.renamed.append(newpath.decode())
        return super().rename(oldpath, newpath)


@contextmanager
def sftp_server(folder: Path) -> Iterator[SftpServer]:
    folder.mkdir(parents=True, exist_ok=True)
    keys = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    server = SftpServer(folder, *keys)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _Ssh(server),
            server_host_keys=[server.key],
            sftp_factory=lambda channel: _Sftp(channel, server),
            config=None,
        )

    async def close(acceptor: asyncssh.SSHAcceptor) -> None:
        acceptor.close()
        await acceptor.wait_closed()

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    server.port = acceptor.get_port()
    try:
        yield server
    finally:
        server.release.set()
        asyncio.run_coroutine_threadsafe(close(acceptor), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
