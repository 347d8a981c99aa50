"""What lies in examples/ works as its own first lines say."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.start.running import started

EXAMPLES = Path(__file__).parents[2] / "examples"
PEOPLE = b"id,name,email\n007,Ada, ada@example.com\n8,Grace,\n9,Ada L.,ADA@example.com\n10,Linus,linus@example.com\n"
ACCOUNT = {"email": "ada@example.com", "password": "sunlit-harbour-41", "confirm_password": "sunlit-harbour-41"}


def test_the_pipeline_over_http(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    with started(tmp_path / "service") as running, httpx.Client(base_url=running.url) as client:
        client.post("/api/register/", json=ACCOUNT)
        token = client.post("/api/login/", json=ACCOUNT).json()["access_token"]
        made = client.post("/api/v1/api-keys", json={"name": "x"}, headers={"Authorization": f"Bearer {token}"})
        done = subprocess.run(
            [sys.executable, EXAMPLES / "pipeline.py", "people.csv"],
            cwd=tmp_path,
            env={**os.environ, "CSVAPI_URL": running.url, "CSVAPI_KEY": made.json()["secret"]},
            capture_output=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"id,name,email\n007,Ada,ada@example.com\n10,Linus,linus@example.com\n"
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(each["row"], each["step"], each.get("kept_row")) for each in told] == [(2, 2, None), (3, 3, 1)]


def test_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["bash", EXAMPLES / "command-line.sh", "people.csv"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, "PATH": path}, check=True, timeout=60)
    lines = PEOPLE.splitlines(keepends=True)
    assert (tmp_path / "people.clean.csv").read_bytes() == b"".join([lines[0], lines[1], lines[3], lines[4]])
    assert (tmp_path / "people.dropped.csv").read_bytes() == lines[0] + lines[2]
    assert (tmp_path / "people.why.csv").read_text().splitlines()[1].startswith("2,1,filter,")
    assert json.loads((tmp_path / "people.receipt.json").read_text())["receipt"]["input"]
    assert gzip.decompress((tmp_path / "people.normalised.csv.gz").read_bytes()) == PEOPLE
