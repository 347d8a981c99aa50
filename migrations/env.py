"""Run the migrations on the application's database (through `csvapi migrate`, or any `flask db` command)."""

from alembic import context
from flask import current_app

from csvapi.models import Base

extension = current_app.extensions["migrate"]

with extension.db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, **extension.configure_args)
    with context.begin_transaction():
        context.run_migrations()
