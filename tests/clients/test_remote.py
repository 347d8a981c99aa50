"""`csvapi remote` against a real service, typed as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.start.running import Running, started

ROOT = Path(__file__).parents[2]
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
PEOPLE = b"id,email\n1,ada@x.org\n2,bob@x.org\n3,ADA@x.org\n4\n"
CLEAN = PEOPLE.replace(b"3,ADA@x.org\n", b"")
STEPS = '[{"op": "dedup", "columns": ["email"], "ignore": ["case"]}]'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("remote"), CSVAPI_WORKERS="1") as instance:
        account = {"email": EMAIL, "password": PASSWORD, "confirm_password": PASSWORD}
        assert httpx.post(f"{instance.url}/api/register/", json=account).status_code == 201
        yield instance
        assert instance.stop() == 0


class Shell:
    """Somebody's shell in a folder, with settings of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = os.pathsep.join((str(ROOT), str(ROOT / "clients" / "python" / "src")))
        self.environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "HOME": str(folder)}

    def __call__(self, *arguments: str, typed: str = "", code: int = 0) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "csvapi", "remote", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=typed.encode(), capture_output=True, check=False
        )
        assert done.returncode == code, done.stderr.decode()
        return done

    @property
    def kept(self) -> Path:
        return self.folder / ".config" / "csvapi" / "remote.json"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    return Shell(tmp_path)


def test_a_user_logs_in_runs_steps_fetches_and_leaves(shell: Shell, running: Running) -> None:
    assert b"csvapi remote login URL" in shell("files", code=1).stderr
    assert b"Invalid email or password" in shell("login", running.url, "--email", EMAIL, typed="no\n", code=1).stderr
    shell("login", running.url, "--email", EMAIL, typed=f"{PASSWORD}\n")
    assert shell.kept.stat().st_mode & 0o077 == 0
    assert PASSWORD not in shell.kept.read_text()

    wanted = ["--dropped", "gone.csv", "--explain", "why.ndjson", "--receipt", "receipt.json", "--label", "mine"]
    done = shell("run", "people.csv", "--steps", STEPS, "-o", "clean.csv", *wanted)
    assert (shell.folder / "clean.csv").read_bytes() == CLEAN
    assert (shell.folder / "gone.csv").read_bytes() == b"id,email\n3,ADA@x.org\n"
    assert json.loads((shell.folder / "why.ndjson").read_text())["kept_row"] == 1
    assert json.loads((shell.folder / "receipt.json").read_text())["receipt"]["steps"]
    assert b"csvapi remote: warning: ragged: 1 of 4 records" in done.stderr
    assert b"first at row 4, line 5, byte " in done.stderr

    number = shell("upload", "people.csv").stdout.decode().strip()
    quiet = shell("run", number, "--steps", STEPS, "-q")
    assert (quiet.stdout, quiet.stderr) == (CLEAN, b"")
    shell("download", number, "-o", "again.csv")
    assert (shell.folder / "again.csv").read_bytes() == PEOPLE
    first = shell("tasks").stdout.decode().splitlines()[-1].split("\t")
    assert first[1::2] == ["succeeded", "mine"]
    shell("download", first[0], "-o", "result.csv")
    assert (shell.folder / "result.csv").read_bytes() == CLEAN
    assert b"people.csv" in shell("files").stdout

    key = json.loads(shell.kept.read_text())["key"]
    assert b"Invalid email or password" in shell("logout", typed="no\n", code=1).stderr
    shell("logout", typed=f"{PASSWORD}\n")
    assert not shell.kept.exists()
    assert httpx.get(f"{running.url}/api/v1/me", headers={"X-API-Key": key}).status_code == 401
    shell("logout")


def test_mistakes_are_told_in_a_line(shell: Shell, running: Running) -> None:
    shell("login", running.url, "--email", EMAIL, typed=f"{PASSWORD}\n")
    for arguments, code, says in [
        (["run", "people.csv", "--steps", '[{"op": "dedup", "columns": ["mail"]}]'], 1, "There is no column 'mail'"),
        (["run", "none.csv", "--steps", STEPS], 1, "none.csv"),
        (["run", "people.csv", "--steps", "dedup"], 2, "is not JSON"),
        (["run", "people.csv", "--steps", STEPS, "--on-ragged", "fail"], 1, "(malformed_csv)"),
        (["download", "1000000", "-o", "x.csv"], 1, "404"),
        (["fetch"], 2, "invalid choice"),
    ]:
        said = shell(*arguments, code=code).stderr.decode()
        assert says in said
        assert len(said.splitlines()) == 1
        assert not (shell.folder / "x.csv").exists()
