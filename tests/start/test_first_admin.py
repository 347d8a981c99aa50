"""The first administrator of `csvapi start`: shown once, kept as a hash only, replaced by `csvapi admin`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.start.running import started


def login(url: str, email: str, password: str) -> int:
    return httpx.post(f"{url}/api/login/", data={"email": email, "password": password}).status_code


def admin(folder: Path, *arguments: str, words: str = "") -> subprocess.CompletedProcess[str]:
    """Run `csvapi admin`, with what is typed."""
    command = [sys.executable, "-P", "-m", "csvapi", "admin", *arguments]
    return subprocess.run(command, cwd=folder, input=words, capture_output=True, text=True, timeout=60, check=False)


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
        done = admin(tmp_path, found[1], words="moss-lantern-26\n")
        assert done.returncode == 0, done.stderr
        assert [login(running.url, found[1], word) for word in (found[2], "moss-lantern-26")] == [401, 200]
        linked = admin(tmp_path, found[1], "--link")
        assert linked.returncode == 0, linked.stderr
        path = re.search(r"http://127\.0\.0\.1:\d+(/account/entry/\?token=\S+)", linked.stdout)
        assert path, linked.stdout
        assert "Sign in as an administrator" in running.get(path[1]).text
        assert login(running.url, found[1], "moss-lantern-26") == 200, "the password stays"
        for weak in ("admin123", "short"):
            refused = admin(tmp_path, "boss@example.com", words=f"{weak}\n")
            assert refused.returncode == 1
            assert "password" in refused.stderr
            assert login(running.url, "boss@example.com", weak) == 401
