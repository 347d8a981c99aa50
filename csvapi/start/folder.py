"""The data folder: created if missing, used by one instance at a time, with the secrets of the installation."""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from csvapi.errors import CsvapiError

SECRETS = ("CSVAPI_SECRET_KEY", "CSVAPI_JWT_KEY", "CSVAPI_QUEUE_PASSWORD")
_PRIVATE = 0o600


class CannotStart(CsvapiError):
    """Why it cannot start, and what to do, in one line."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Create the folder, check that it can be written, and lock it against a second instance.

    The lock belongs to the process: the kernel releases it however the process ends. Raises CannotStart.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise CannotStart(
            f"Cannot write to the data folder {folder} ({error.strerror}); "
            "choose another one: CSVAPI_DATA_DIR=~/csvapi-data make run"
        ) from error
    with lock:
        _take(lock.fileno(), folder)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _take(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode() or "unknown"
        raise CannotStart(
            f"Another csvapi (process {holder}) is using the data folder {folder}; "
            "stop it, or choose another folder and port: CSVAPI_DATA_DIR=var2 CSVAPI_PORT=8001 make run"
        ) from error


def own_secrets(folder: Path) -> dict[str, str]:
    """The secrets of this installation by the names of their variables; generated and stored at the first start."""
    path = folder / "secrets.env"
    stored = _parse(path.read_text()) if path.exists() else {}
    known = {name: stored.get(name) or secrets.token_urlsafe(48) for name in SECRETS}
    if known.items() <= stored.items():
        path.chmod(_PRIVATE)
    else:
        _write_private(path, "".join(f"{name}={value}\n" for name, value in {**stored, **known}.items()))
    return known


def _parse(text: str) -> dict[str, str]:
    pairs: Mapping[str, str] = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs.items()}


def _write_private(path: Path, text: str) -> None:
    """Write the whole file or nothing; nobody else can read it at any time."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
