"""Moto's server: a bucket that answers ranges with ranges and copies parts, which the one of `bucket` does not."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from csvapi import config
from csvapi.storage import bucket_of
from csvapi.storage.objects import Objects
from tests.servers import free_port, running
from tests.waiting import until

BUCKET, ACCESS, SECRET = "files-of-tests", "csvapi", "tQ7mVx2LrN9sKc4WbY8z"


@dataclass(frozen=True)
class RangedBucket:
    """Its port, and its process; objects are in its memory."""

    port: int
    pid: int = 0
    host: str = "127.0.0.1"

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CSVAPI_S3_BUCKET": BUCKET,
            "CSVAPI_S3_ENDPOINT": f"http://{self.host}:{self.port}",
            "CSVAPI_S3_ACCESS_KEY": ACCESS,
            "CSVAPI_S3_SECRET_KEY": SECRET,
        }

    @property
    def objects(self) -> Objects:
        return Objects.of(config.load(self.environ))


@contextmanager
def ranged_bucket(folder: Path) -> Iterator[RangedBucket]:
    """The server with an empty bucket."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], folder / "log") as process:
        server = RangedBucket(port, process.pid)
        until(lambda: listens(server.port), within=120)
        bucket_of(config.load(server.environ)).create()
        yield server


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something answers there."""
    with suppress(OSError), socket.create_connection((host, port), 1):
        return True
    return False
