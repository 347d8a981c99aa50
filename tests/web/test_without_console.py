"""Without its folder, and without the two lines that name it, everything but the console is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.stack import SECRETS

ROOT = Path(__file__).parents[2]
PROGRAM = """
from csvapi.app import create_app
client = create_app().test_client()
for path in ("/", "/swagger/", "/swagger.json", "/healthz", "/admin/login/", "/api/v1/session", "/console/main.js"):
    print("answer", path, client.get(path).status_code)
"""


def test_the_api_is_whole_without_the_console(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "csvapi", tmp_path / "csvapi", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(tmp_path / "csvapi" / "web" / "console")
    app = tmp_path / "csvapi" / "app.py"
    lines = app.read_text().splitlines(keepends=True)
    naming = [line for line in lines if "console" in line]
    assert len(naming) == 2, naming
    app.write_text("".join(line.replace("console, ", "") for line in lines if "console.blp" not in line))
    environ = {
        **os.environ,
        **SECRETS,
        "PYTHONPATH": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'csvapi.db'}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "CSVAPI_DATA_DIR": str(tmp_path / "data"),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert dict(line.split()[1:] for line in done.stdout.splitlines() if line.startswith("answer ")) == {
        "/": "302",
        "/swagger/": "200",
        "/swagger.json": "200",
        "/healthz": "200",
        "/admin/login/": "200",
        "/api/v1/session": "200",
        "/console/main.js": "404",
    }
