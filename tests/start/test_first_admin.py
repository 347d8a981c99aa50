"""The first administrator of `csvapi start`: shown once, kept as a hash only, replaced by `csvapi admin`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.start.running import started


def login(url: str, email: str, password: str) -> int:
    return httpx.post(f"{url}/api/login/", data={"email": email, "password": password}).status_code


def test_the_login_is_shown_once_and_works(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        found = re.search(r"Admin login +(\S+)\n +Password +(\S+)", running.text())
        assert found, running.text()
        assert login(running.url, *found.groups()) == 200
        data = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]
        assert not any(found[2].encode() in path.read_bytes() for path in data)
        assert running.stop() == 0
    with started(tmp_path) as running:
        assert "Admin login" not in running.text()
        done = subprocess.run(
            [sys.executable, "-P", "-m", "csvapi", "admin", found[1]],
            cwd=tmp_path,
            input="moss-lantern-26\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert [login(running.url, found[1], word) for word in (found[2], "moss-lantern-26")] == [401, 200]
        linked = subprocess.run(
            [sys.executable, "-P", "-m", "csvapi", "admin", found[1], "--link"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        path = re.search(r"http://127\.0\.0\.1:\d+(/account/entry/\?token=\S+)", linked.stdout)
        assert path, linked.stdout
        assert "Sign in as an administrator" in running.get(path[1]).text
        assert login(running.url, found[1], "moss-lantern-26") == 200, "the password stays"


@pytest.mark.parametrize("password", ["admin123", "short"])
def test_a_weak_password_is_refused(tmp_path: Path, password: str) -> None:
    with started(tmp_path) as running:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "csvapi", "admin", "boss@example.com"],
            cwd=tmp_path,
            input=f"{password}\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert "password" in done.stderr
        assert login(running.url, "boss@example.com", password) == 401
