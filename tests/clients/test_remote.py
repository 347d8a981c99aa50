"""`csvapi remote` against a real service, typed as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex

import httpx
import pytest

from csvapi.api.work_shapes import Submission
from csvapi.command_parsers import arguments as arguments_of
from csvapi.commands.remote import build_parser
from csvapi.commands.remote_run import ENGINES, FLAGS
from csvapi.services import engine_choice
from tests.start.running import Running, started

ROOT = Path(__file__).parents[2]
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
PEOPLE = b"id,email\n1,ada@x.org\n2,bob@x.org\n3,ADA@x.org\n4\n"
CLEAN = PEOPLE.replace(b"3,ADA@x.org\n", b"")
STEPS = '[{"op": "dedup", "columns": ["email"], "ignore": ["case"]}]'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("remote"), CSVAPI_WORKERS="1", CSVAPI_RATE_LIMITS="off") as instance:
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


def test_saved_pipelines_parts_and_hash_keys(shell: Shell, running: Running) -> None:
    shell("login", running.url, "--email", EMAIL, typed=f"{PASSWORD}\n")
    folder = shell.folder
    (folder / "names.csv").write_bytes(b"id,name\n1,Ada\n2,Bob\n")
    steps: list[dict[str, object]] = [{"op": "dedup", "columns": ["email"], "ignore": ["case"]}]
    (folder / "draft.json").write_text(json.dumps({"name": "people@home", "steps": steps}))
    assert shell("save", "draft.json").stdout == b"people@home@1\n"
    steps.append({"op": "join", "file": {"param": "names"}, "on": ["id"], "how": "inner"})
    (folder / "draft.json").write_text(json.dumps(steps))
    assert shell("save", "draft.json", "--name", "People@Home").stdout == b"People@Home@2\n"
    listed = shell("pipelines").stdout.decode().rstrip("\n").split("\t")
    assert (listed[1], listed[3:]) == ("2", ["people@home", "names"])

    joined = shell("run", "people.csv", "--pipeline", "people@home", "--file", "names=names.csv", "-q").stdout
    assert joined == b"id,email,name\n1,ada@x.org,Ada\n2,bob@x.org,Bob\n"
    assert shell("run", "people.csv", "--pipeline", "people@home@1", "-q").stdout == CLEAN
    told = shell("run", "people.csv", "--pipeline", "people@home@9", "-q", code=1).stderr.decode()
    assert "404" in told or "version" in told
    assert "csvapi remote pipelines" in shell("run", "people.csv", "--pipeline", "people", code=1).stderr.decode()

    given = ["run", "people.csv", "--steps", '[{"op": "slice", "head": 3}]', "--parts-by", "id", "-q"]
    shell(*given, "-o", "parts/", "--no-reasons", "--engine", "local", "--on-bad", "fail")
    assert sorted(path.name for path in (folder / "parts").iterdir()) == ["1.csv", "2.csv", "3.csv"]
    assert (folder / "parts" / "1.csv").read_bytes() == b"id,email\n1,ada@x.org\n"
    assert "not empty" in shell(*given, "-o", "parts/", code=1).stderr.decode()
    shell(*given, "-o", "parts.zip")
    assert (folder / "parts.zip").read_bytes()[:2] == b"PK"
    assert "a ZIP or a folder" in shell(*given, "-o", "parts.csv", code=2).stderr.decode()
    shell("run", "people.csv", "--pipeline", "people@home@1", "-q", "-o", "other/", code=1)
    assert not (folder / "other").exists()

    (folder / "partners.key").write_text(f"{token_hex(32)}\n")
    (folder / "weak.key").write_text("secret\n")
    shell("add-key", "weak", "--key-file", "weak.key", code=1)
    mark = shell("add-key", "partners", "--key-file", "partners.key").stdout.decode().strip()
    shell("add-key", "random")
    keys = [line.split("\t")[:2] for line in shell("keys").stdout.decode().splitlines()]
    assert ["partners", mark] in keys
    assert len(keys) == 2
    hashing = '[{"op": "derive", "column": "h", "hash": {"column": "email", "key": "partners"}}]'
    there = shell("run", "people.csv", "--steps", hashing, "-q").stdout
    command = [sys.executable, "-m", "csvapi", "process", "people.csv", "--steps", hashing, "-q"]
    command += ["--key-file", "partners=partners.key"]
    assert subprocess.check_output(command, cwd=folder, env=shell.environment) == there
    shell("delete-key", "partners")
    assert "csvapi remote keys" in shell("delete-key", "partners", code=1).stderr.decode()


def test_every_member_of_a_task_has_a_flag() -> None:
    assert FLAGS.keys() == Submission().fields.keys(), "give the new member a flag in csvapi/commands/remote_run.py"
    options = {string for each in arguments_of(build_parser()) for string in (*each.option_strings, each.metavar)}
    assert set(FLAGS.values()) <= options
    assert ENGINES == engine_choice.ENGINES


class _Busy(BaseHTTPRequestHandler):
    """Refuses the first request, as a service does whose limits are reached, and has no files."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        full = self.asked == 1
        body = {"detail": "Too many requests", "code": "too_many_requests"} if full else {"items": [], "next": None}
        self.send_response(429 if full else 200)
        self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


def test_a_wait_is_told_with_its_reason(shell: Shell) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        shell.environment |= {"CSVAPI_URL": f"http://127.0.0.1:{server.server_port}", "CSVAPI_KEY": "k"}
        told = shell("files").stderr.decode()
        server.shutdown()
    why = "Too many requests (429 too_many_requests)"
    assert told == f"csvapi remote: GET /api/v1/files: {why}; trying again in 1 s\n"


def test_mistakes_are_told_in_a_line(shell: Shell, running: Running) -> None:
    shell("login", running.url, "--email", EMAIL, typed=f"{PASSWORD}\n")
    for arguments, code, says in [
        (["run", "people.csv", "--steps", '[{"op": "dedup", "columns": ["mail"]}]'], 1, "There is no column 'mail'"),
        (["run", "none.csv", "--steps", STEPS], 1, "none.csv"),
        (["run", "people.csv", "--steps", "dedup"], 2, "is not JSON"),
        (["run", "people.csv", "--steps", STEPS, "--on-ragged", "fail"], 1, "(malformed_csv)"),
        (["download", "1000000", "-o", "x.csv"], 1, "404"),
        (["fetch"], 2, "invalid choice"),
        (["run", "people.csv", "--steps", STEPS, "--file", "a"], 2, "must be NAME=FILE"),
        (["run", "people.csv", "--steps", STEPS, "--no-reasons", "--dropped", "x.csv"], 2, "leaves nothing"),
        (["run", "people.csv", "--steps", STEPS, "-o", "x/"], 2, "is a folder, for a result in parts"),
        (["run", "people.csv", "--steps", STEPS, "--sheet", "A"], 1, "sheet is for workbooks"),
    ]:
        said = shell(*arguments, code=code).stderr.decode()
        assert says in said
        assert len(said.splitlines()) == 1
        assert not (shell.folder / "x.csv").exists()
