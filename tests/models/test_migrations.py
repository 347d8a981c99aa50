"""The migrations make what the models say, on every database that is there, keep every row, and can be taken back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import URL, Engine, inspect, text

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import db
from tests.models.test_rolling_upgrade import insert
from tests.servers import create_database
from tests.stack import environment


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_migrations_match_the_models(kind: str, tmp_path: Path, redis_url: str, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'csvapi.db'}"
    else:
        server: URL = request.getfixturevalue("mariadb")
        url = create_database(server, f"migrations_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}")
    app = create_app(config.load(environment(url, redis_url, tmp_path)))
    with app.app_context():
        upgrade(revision="0001")
        columns = columns_of(db.engine)
        for number in (1, 2):
            insert(db.engine, "0001", number)
        before = rows(db.engine, columns)
        upgrade()
        check()  # raises when the models have something that the migrations have not
        assert rows(db.engine, columns) == before
        downgrade(revision="0001")
        assert columns_of(db.engine) == columns
        assert rows(db.engine, columns) == before
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
        upgrade()
        check()
        db.engine.dispose()


def columns_of(engine: Engine) -> dict[str, set[str]]:
    """The names of the columns of each table of csvapi."""
    inspector = inspect(engine)
    tables = set(inspector.get_table_names()) - {"alembic_version"}
    return {table: {column["name"] for column in inspector.get_columns(table)} for table in tables}


def rows(engine: Engine, columns: dict[str, set[str]]) -> dict[str, list[tuple[object, ...]]]:
    """What each table has in these columns."""
    with engine.connect() as connection:
        return {
            table: sorted(map(tuple, connection.execute(text(f"SELECT {', '.join(sorted(names))} FROM {table}"))))
            for table, names in columns.items()
        }
