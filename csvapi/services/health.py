"""Whether everything the service needs can be reached."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from csvapi.errors import Unavailable
from csvapi.extensions import runtime, transaction
from csvapi.native.loader import parser


def report() -> dict[str, str]:
    """For the database, the queue and the storage: `ok`, or why it cannot be used; and which parser reads files."""
    parts = {
        "database": _probe(_database),
        "queue": _probe(runtime().jobs.check),
        "storage": _probe(runtime().storage.check),
    }
    status = "ok" if set(parts.values()) == {"ok"} else "unavailable"
    return {"status": status, **parts, "parser": parser()}


def _database() -> None:
    with transaction() as session:
        session.execute(text("SELECT 1"))


def _probe(check: Callable[[], None]) -> str:
    try:
        check()
    except Unavailable as error:
        return error.detail
    return "ok"
