"""The programs of one instance, and the environment they share."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from csvapi.config import Settings
from csvapi.start.queue import Valkey
from csvapi.start.supervisor import Program

MOST_WORKERS = 4  # unless more are asked for: a laptop is used for other things too


def environment(
    environ: Mapping[str, str], settings: Settings, folder: Path, secrets: Mapping[str, str]
) -> dict[str, str]:
    """The variables of the programs: those the user set, else those of this installation."""
    given = {name: value for name, value in environ.items() if value}
    own = {
        "DATABASE_URL": settings.database_url or f"sqlite:///{folder / 'csvapi.sqlite3'}",
        "CSVAPI_DATA_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }
    return {**secrets, "CSVAPI_LOG_FORMAT": "text", **given, **own}


def queue(valkey: Valkey) -> Program:
    """The embedded queue."""
    return Program("queue", valkey.command(), _bare(os.environ), cwd=valkey.folder, log=valkey.folder / "valkey.log")


def migrate(env: Mapping[str, str], *arguments: str) -> Program:
    """The migration of the database."""
    return Program("migrate", _csvapi("migrate", *arguments), env)


def web(env: Mapping[str, str], listener: int) -> Program:
    """The web server; it inherits a listening socket, so the address is not lost when it is restarted."""
    return Program("web", _csvapi("web", "--descriptor", str(listener)), env, descriptors=(listener,))


def workers(env: Mapping[str, str], count: int) -> list[Program]:
    """The workers."""
    number = count or min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    return [Program(f"worker-{n}", _csvapi("worker"), env) for n in range(1, number + 1)]


def scheduler(env: Mapping[str, str]) -> Program:
    """The scheduler."""
    return Program("scheduler", _csvapi("scheduler"), env)


def _csvapi(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "csvapi", *arguments)


def _bare(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that is not ours: nothing that may contain a secret."""
    return {name: environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in environ}
