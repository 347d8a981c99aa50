"""A real server that speaks the S3 protocol, checks signatures and keeps its objects in a folder."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from csvapi import config
from csvapi.storage import bucket_of, storage_of
from csvapi.storage.cached import S3Storage
from tests.servers import running
from tests.waiting import until

BUCKET, ACCESS, SECRET = "files-of-tests", "csvapi", "zS4kLw9QmTb2XrVn7HcE"


@dataclass
class Server:
    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CSVAPI_S3_BUCKET": BUCKET,
            "CSVAPI_S3_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "CSVAPI_S3_ACCESS_KEY": ACCESS,
            "CSVAPI_S3_SECRET_KEY": SECRET,
        }

    def storage(self, data: Path, **more: str) -> S3Storage:
        """The bucket as one machine sees it."""
        storage = storage_of(config.load({**self.environ, "CSVAPI_DATA_DIR": str(data), **more}))
        assert isinstance(storage, S3Storage)
        return storage

    @property
    def objects(self) -> Path:
        """Where it keeps what csvapi stored."""
        return self.folder / "buckets" / BUCKET / "files"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def server_in(folder: Path, port: int = 0) -> Iterator[Server]:
    """A server with an empty bucket; a second one there, after the first was killed, has its port and its objects."""
    port, rclone = port or _free_port(), Path(sys.executable).with_name("rclone")
    (folder / "buckets").mkdir(parents=True, exist_ok=True)
    options = ["--auth-key", f"{ACCESS},{SECRET}", "--addr", f"127.0.0.1:{port}", "--config", "/dev/null"]
    options += ["--dir-cache-time", "0s"]  # tests change the folder, too
    with running([str(rclone), "serve", "s3", *options, str(folder / "buckets")], folder / "log") as process:
        server = Server(folder, port, process)
        until(lambda: _listens(port), within=120)
        bucket_of(config.load(server.environ)).create()
        yield server


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
