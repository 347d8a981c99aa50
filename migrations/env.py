"""Run the migrations on the application's database (through `csvapi migrate`, or any `flask db` command)."""

from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import event

from csvapi.models import Base

extension = current_app.extensions["migrate"]


@contextmanager
def sqlite_prepared(connection):
    """Make each migration all or nothing, and let it replace a table without touching what refers to it.

    SQLite changes a column by copying the table and dropping the old one. With foreign keys on, dropping deletes its
    rows first, and with them, or in them, what refers to them (https://www.sqlite.org/lang_altertable.html, section 7).
    Python's sqlite3 opens no transaction for DDL by itself: without one, a migration that is killed leaves half of it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.rollback()
    event.listen(connection, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        yield
    finally:
        connection.invalidate()  # closed, not given back to the pool: its foreign keys are off


with extension.db.engine.connect() as connection, sqlite_prepared(connection):
    context.configure(connection=connection, target_metadata=Base.metadata, **extension.configure_args)
    with context.begin_transaction():
        context.run_migrations()
