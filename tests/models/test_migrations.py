"""The migrations make what the models say, on every database that is there, and can be taken back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import URL, inspect

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import db
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
        upgrade()
        check()  # raises when the models have something that the migrations have not
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
        upgrade()
        check()
        db.engine.dispose()
