"""Backup and restore, as commands, from each kind of database into the other."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import MetaData, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from csvapi import config
from csvapi.services import json_values
from tests.servers import create_database
from tests.stack import Account, environment
from tests.waiting import until

CONTENT = b'id,name\n007,Ada\n007,Ada\n8,"Gr\xc3\xa4ce"\n'


def csvapi(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvapi", *arguments]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False)


def contents(env: dict[str, str]) -> dict[str, list[bytes]]:
    """Every row of every table, in an order and with types that do not depend on the database."""
    engine, metadata = create_engine(env["DATABASE_URL"]), MetaData()
    with engine.connect() as connection:
        metadata.reflect(connection)
        found = {
            table.name: sorted(
                json_values.dump(_plain(dict(row))) for row in connection.execute(select(table)).mappings()
            )
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {name: int(value) if isinstance(value, bool) else value for name, value in row.items()}


def hashes(env: dict[str, str]) -> dict[str, str]:
    files = config.load(env).files_dir.glob("[0-9a-f][0-9a-f]/*")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def target(environ: dict[str, str], tmp_path: Path, redis_url: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """An installation without tables, on the other kind of database."""
    if environ["DATABASE_URL"].startswith("sqlite"):
        url = create_database(request.getfixturevalue("mariadb"), f"back_{os.environ.get('PYTEST_XDIST_WORKER', '0')}")
    else:
        url = f"sqlite:///{tmp_path / 'back.db'}"
    return environment(url, redis_url, tmp_path / "back")


@pytest.mark.usefixtures("worker")
def test_what_was_backed_up_comes_back(
    app: Flask, account: Account, environ: dict[str, str], target: dict[str, str], tmp_path: Path
) -> None:
    assert account.result(CONTENT, "dedup")
    saved = {"name": "x", "steps": [{"op": "dedup"}]}, {"name": "x", "schema": {"fields": [{"name": "id"}]}}
    for path, body in zip(("pipelines", "schemas"), saved, strict=True):
        assert account.post(f"/api/v1/{path}", json=body).status_code == 201
    until(lambda: any(b'"download"' in row for row in contents(environ)["audit_log"]))  # written a little later
    archive = tmp_path / "archive.tar.gz"
    made = csvapi(environ, "backup", str(archive))
    assert made.returncode == 0, made.stderr
    assert archive.stat().st_mode & 0o077 == 0
    restored = csvapi(target, "restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    rows = contents(target)
    assert rows == contents(environ)
    assert all(
        rows[table] for table in ("users", "files", "tasks", "refresh_families", "pipeline_versions", "saved_schemas")
    )
    assert hashes(target).items() <= hashes(environ).items()
    assert len(hashes(target)) == len(rows["files"])
    again = csvapi(target, "restore", str(archive))
    assert again.returncode == 1
    assert "not empty" in again.stderr


def test_an_archive_that_is_cut_off_leaves_nothing(
    account: Account, environ: dict[str, str], target: dict[str, str], tmp_path: Path
) -> None:
    account.upload(CONTENT)
    archive = tmp_path / "archive.tar.gz"
    assert csvapi(environ, "backup", str(archive)).returncode == 0
    whole = archive.read_bytes()
    for size in (0, 20, len(whole) // 2, len(whole) - 200):
        archive.write_bytes(whole[:size])
        refused = csvapi(target, "restore", str(archive))
        assert refused.returncode == 1, size
        assert "cannot be read to its end" in refused.stderr or "not an archive" in refused.stderr
        assert not rows_in(target)
    archive.write_bytes(whole)
    assert csvapi(target, "restore", str(archive)).returncode == 0


def rows_in(env: dict[str, str]) -> int:
    try:
        return sum(len(rows) for name, rows in contents(env).items() if name != "alembic_version")
    except SQLAlchemyError:
        return 0
