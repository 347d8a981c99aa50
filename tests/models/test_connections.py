"""A connection that the server has closed meanwhile is replaced before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL, text

from csvapi import config, extensions
from csvapi.app import create_app
from csvapi.extensions import transaction
from tests.servers import connected, create_database
from tests.stack import environment


def number() -> int:
    with transaction() as session:
        return int(session.scalar(text("SELECT CONNECTION_ID()")) or 0)


def test_an_idle_connection_is_asked_before_it_is_used(
    mariadb: URL, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "IDLE", 0.0)  # seconds: every connection counts as idle
    app = create_app(config.load(environment(create_database(mariadb, "idle"), redis_url, tmp_path)), serves=False)
    with app.app_context():
        first = number()
        assert number() == first, "a live one is used again"
        with connected(mariadb) as other, other.cursor() as cursor:
            cursor.execute(f"KILL {first}")
        assert number() != first
        extensions.db.engine.dispose()
