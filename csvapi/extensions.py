"""The Flask extensions, and the only ways to the database: `transaction`, and `one_select` for one SELECT."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
from flask import current_app
from flask_jwt_extended import JWTManager
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, Result, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from csvapi import keys, sqlite_reserve
from csvapi.config import Settings
from csvapi.errors import DatabaseDown
from csvapi.models.types import Base
from csvapi.process.pool import Pool
from csvapi.queue import heartbeats
from csvapi.queue.enqueue import Jobs
from csvapi.rates import Rates
from csvapi.recent import RecentAccess
from csvapi.storage import LocalStorage
from csvapi.throttle import Throttle

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
jwt = JWTManager()
IDLE = 1.0  # seconds
READS = "reads"  # the engine of a database server whose connections are in autocommit: see `one_select`


@event.listens_for(Engine, "connect")
def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Make SQLite safe and fast with several processes: write-ahead log, a busy timeout, foreign keys."""
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("journal_mode=WAL", "busy_timeout=15000", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        sqlite_reserve.hold(connection)


@event.listens_for(Engine, "checkin")
def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


@event.listens_for(Engine, "checkout")
def _check_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask the server for a sign of life before a connection is used that was idle for longer than IDLE.

    A busy one is not asked, because that would cost a trip for each transaction; if the server has gone away in the
    meantime, the statement that meets it raises DatabaseDown.
    """
    if isinstance(connection, sqlite3.Connection) or time.monotonic() - record.info.get("used", math.inf) < IDLE:
        return
    from pymysql import MySQLError  # the driver of every server; SQLite needs none

    try:
        connection.ping(reconnect=False)
    except (MySQLError, OSError) as error:
        raise InvalidatePoolError from error


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a transaction: commit at the end, roll back after an error, and release the connection in both cases.

    Objects read in it stay readable afterwards (they are detached). Raises DatabaseDown if the database cannot be
    reached or has no free connection; integrity errors pass through, because callers know what they mean.
    """
    heartbeats.give()
    with _database_errors():
        try:
            yield db.session()
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        finally:
            db.session.remove()


@contextmanager
def one_select() -> Iterator[Connection]:
    """A connection for one SELECT of columns that many requests ask for, such as a poll: without a session and its
    objects, and without a transaction, so that a database server is not asked for a COMMIT as well.

    Raises DatabaseDown as `transaction` does.
    """
    with _database_errors(), db.engines.get(READS, db.engine).connect() as connection:
        yield connection


@contextmanager
def _database_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        raise DatabaseDown("The database cannot be reached; try again in a moment") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseDown("The database connection was lost; try again in a moment") from error
        raise


def changed(result: Result[Any]) -> int:
    """The number of rows that an UPDATE or DELETE matched."""
    return result.rowcount if isinstance(result, CursorResult) else 0


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the services work with, created once by the application factory."""

    settings: Settings
    storage: LocalStorage
    redis: redis.Redis
    jobs: Jobs
    throttle: Throttle
    rates: Rates | None
    keys: keys.Keys
    pool: Pool
    recent: RecentAccess


def runtime() -> Runtime:
    """The running application's `Runtime`."""
    found: Runtime = current_app.extensions["csvapi"]
    return found


keys.use(jwt, lambda: runtime().keys)
