"""The database's migrations, for the commands that run them and `flask db`; other programs need not import Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask_migrate import Migrate

from csvapi.extensions import db

if TYPE_CHECKING:
    from flask import Flask

_INSTALLED = Path(__file__).parent / "migrations"  # in a checkout they lie beside the package
MIGRATIONS = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parent.parent / "migrations"
_migrate = Migrate(directory=str(MIGRATIONS), render_as_batch=True, compare_type=True, compare_server_default=True)


def use(app: Flask) -> None:
    """Give the application the commands `flask db`, and what `flask_migrate.upgrade` needs."""
    _migrate.init_app(app, db)
