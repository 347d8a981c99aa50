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


def test_the_session_of_the_readme_works_as_printed(tmp_path: Path) -> None:
    (session,) = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    (expected,) = re.findall(r"nothing else about it has changed:\n\n```\n(.*?)```", README, re.DOTALL)
    with started(tmp_path / "service") as running:
        script = session.replace("http://127.0.0.1:8000", running.url)
        done = subprocess.run(
            ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(expected)


def test_the_five_lines_of_v1_work_after_it(tmp_path: Path) -> None:
    (session,) = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    (five,) = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    (flow,) = re.findall(r"```bash\n(.*?)```", API, re.DOTALL)
    ask = """curl -s $URL/api/v1/api-keys -H "$AUTH" -H 'Content-Type: application/json' -d '{"name":"x"}'"""
    key = f"KEY=$({ask} | field secret)"
    with started(tmp_path / "service") as running:
        script = f"{session}\necho ====\n{five}\necho ====\n{key}\n{flow}".replace("http://127.0.0.1:8000", running.url)
        done = subprocess.run(
            ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    _, first, second = done.stdout.split("====\n")
    shown, receipt = _parted(first)
    assert shown.startswith('id,name,joined\n007,Ada,\n8,"Grace ""Amazing"" Hopper",1944\n{"row": 2, "line": 3,'), first
    assert shown.endswith('"kept_row": 1}')
    assert _parted(second) == (shown, receipt), "docs/api.md shows the same with an API key"


def _parted(output: str) -> tuple[str, dict[str, Any]]:
    """What was printed before the receipt in the last line, and that part of it which does not differ between runs."""
    shown, _, receipt = output.strip().rpartition("\n")
    return shown, json.loads(receipt)["receipt"]
