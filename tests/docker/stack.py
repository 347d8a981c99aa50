"""The stack of docker-compose.yml in a copy of this checkout, driven by make as an operator drives it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PASSWORD = "sunlit-harbour-41"
_OURS = re.compile(r"CSVAPI_|DB_|REDIS_|DATABASE_URL|COMPOSE_|ADMIN_|DEBUG$|MAKE")


class Stack:
    """A clone with settings of its own; containers, volumes and the port are its own, too."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.project = folder, f"csvapi-test-{os.getpid()}"
        self.env = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
        names = subprocess.check_output(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT).split(b"\0")
        for name in filter(None, map(os.fsdecode, names)):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self.make("init")
        self.set(
            COMPOSE_PROJECT_NAME=self.project,
            CSVAPI_PORT=str(_free_port()),
            DASHBOARD_PORT=str(_free_port()),
            CSVAPI_IMAGE=f"{self.project}:latest",
            CSVAPI_LEASE="10s",
        )

    def set(self, **values: str) -> None:
        lines = [line for line in self.settings_file.read_text().splitlines() if line.split("=")[0] not in values]
        self.settings_file.write_text(
            "\n".join([*lines, *(f"{name}={value}" for name, value in values.items())]) + "\n"
        )

    @property
    def settings_file(self) -> Path:
        return self.folder / ".env"

    @property
    def settings(self) -> dict[str, str]:
        lines = [line for line in self.settings_file.read_text().splitlines() if re.match(r"\w+=", line)]
        return dict(line.split("=", 1) for line in lines)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings['CSVAPI_PORT']}"

    def make(self, *arguments: str, within: float = 900, okay: bool = True) -> str:
        return self.run("make", "--no-print-directory", *arguments, within=within, okay=okay)

    def compose(self, *arguments: str) -> str:
        return self.run("scripts/stack.sh", "compose", *arguments)

    def run(self, *command: str, within: float = 300, okay: bool = True) -> str:
        began = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=within,
            check=False,
        )
        print(f"{time.monotonic() - began:6.1f} s  {' '.join(command)}", flush=True)
        assert (done.returncode == 0) is okay, f"{command}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "-q", service).split()

    def sql(self, statement: str) -> str:
        """What the database's own client answers, run in the database's container."""
        script = 'MYSQL_PWD="$MYSQL_PASSWORD" mysql -u "$MYSQL_USER" -N -B "$MYSQL_DATABASE" -e "$0"'
        return self.compose("exec", "-T", "db", "sh", "-c", script, statement).strip()

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of every stored object, by its key."""
        lines = self.compose("exec", "-T", "web", "sh", "-c", "cd /data/files && sha256sum */* 2>/dev/null; true")
        pairs = (line.split() for line in lines.splitlines())
        return {name.rsplit("/", 1)[1]: digest for digest, name in pairs if not name.startswith("tmp/")}

    def counts(self) -> dict[str, int]:
        tables = self.sql("SHOW TABLES").split()
        return {table: int(self.sql(f"SELECT count(*) FROM {table}")) for table in tables}


class Client:
    """A REST client of the published contract."""

    def __init__(self, url: str, email: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=300)
        body = {"email": email, "password": PASSWORD}
        self.http.post("/api/register/", data=body | {"confirm_password": PASSWORD})
        tokens = self.http.post("/api/login/", data=body)
        assert tokens.status_code == 200, tokens.text
        self.http.headers["Authorization"] = f"Bearer {tokens.json()['access_token']}"

    def close(self) -> None:
        self.http.close()

    def upload(self, path: Path) -> int:
        with path.open("rb") as file:
            answer = self.http.post("/api/upload-csv/", files={"file": (path.name, file, "text/csv")})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["file_id"])

    def start(self, file_id: int, operation: str, **body: object) -> str:
        answer = self.http.post("/api/perform-operation/", json={"file_id": file_id, "operation": operation, **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["task_id"])

    def status(self, task_id: str) -> dict[str, object]:
        answer = self.http.get("/api/task-status/", params={"task_id": task_id, "n": 1})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
