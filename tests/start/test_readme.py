"""The README's session works as printed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.start.running import started

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
(SESSION,) = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
(SHOWN,) = re.findall(r"nothing else about it has changed:\n\n```\n(.*?)```", README, re.DOTALL)


def session_works(url: str, folder: Path) -> None:
    """Run the first session against this address; tests/start/test_wheel.py does, on an installed wheel."""
    assert run(SESSION, url, folder).endswith(SHOWN)


def run(script: str, url: str, folder: Path) -> str:
    command = ["bash", "-euc", script.replace("http://127.0.0.1:8000", url)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_session_and_the_five_lines_of_v1_work_as_printed(tmp_path: Path) -> None:
    (five,) = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    (flow,) = re.findall(r"```bash\n(.*?)```", API, re.DOTALL)
    ask = """curl -s $URL/api/v1/api-keys -H "$AUTH" -H 'Content-Type: application/json' -d '{"name":"x"}'"""
    key = f"KEY=$({ask} | field secret)"
    with started(tmp_path / "service") as running:
        script = f"{SESSION}\necho ====\n{five}\necho ====\n{key}\n{flow}"
        session, first, second = run(script, running.url, tmp_path).split("====\n")
    assert session.endswith(SHOWN)
    shown, receipt = _parted(first)
    assert shown.startswith('id,name,joined\n007,Ada,\n8,"Grace ""Amazing"" Hopper",1944\n{"row": 2, "line": 3,'), first
    assert shown.endswith('"kept_row": 1}')
    assert _parted(second) == (shown, receipt), "docs/api.md shows the same with an API key"


def _parted(output: str) -> tuple[str, dict[str, Any]]:
    """What was printed before the receipt in the last line, and that part of it which does not differ between runs."""
    shown, _, receipt = output.strip().rpartition("\n")
    return shown, json.loads(receipt)["receipt"]
