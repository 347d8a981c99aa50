"""Accounts of a whole running instance: mail by its scheduler, its audit log at the end, its commands."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx

from tests.mailbox import mailbox
from tests.stack import PASSWORD
from tests.start.running import started
from tests.waiting import until

BODY = {"email": "ada@example.com", "password": PASSWORD, "confirm_password": PASSWORD}


def test_invited_verified_by_mail_and_written_down(tmp_path: Path) -> None:
    """Downloads are written in batches, and at the latest when the web process is stopped."""
    with mailbox() as box:
        settings = {**box.settings, "CSVAPI_REGISTRATION": "invite", "CSVAPI_VERIFY_EMAIL": "on"}
        with started(tmp_path, **settings) as running, httpx.Client(base_url=running.url) as http:
            command = [sys.executable, "-m", "csvapi", "invite", "--note", "for Ada"]
            env = {**os.environ, **settings, "CSVAPI_DATA_DIR": str(tmp_path / "var")}
            code = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
            assert http.post("/api/register/", json=BODY).status_code == 400
            assert http.post("/api/register/", json={**BODY, "invitation": code}).status_code == 201
            assert http.post("/api/login/", json=BODY).status_code == 403
            assert until(lambda: box.mails)[0]["To"] == BODY["email"]
            token = {"token": box.token()}
            assert http.post("/api/v1/email-verifications/confirm", json=token).status_code == 204
            http.headers["Authorization"] = f"Bearer {http.post('/api/login/', json=BODY).json()['access_token']}"
            sent = http.post("/api/v1/files?name=a.csv", content=b"a\n1\n", headers={"Content-Type": "text/csv"})
            file_id = sent.json()["id"]
            assert http.get(f"/api/v1/files/{file_id}/content").status_code == 200
            running.stop(signal.SIGTERM)
            output = running.text()
    with closing(sqlite3.connect(tmp_path / "var" / "csvapi.sqlite3")) as connection:
        found = connection.execute("SELECT target FROM audit_log WHERE action = 'download'").fetchall()
    assert found == [(f"file:{file_id}",)]
    assert not [secret for secret in (code, token["token"], PASSWORD) if secret in output]
