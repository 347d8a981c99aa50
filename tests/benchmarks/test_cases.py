"""Every case is one that csvapi runs, and that the report has words for."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import report
from benchmarks.cases import NAMES
from benchmarks.competitors import MEMORY, ONE
from benchmarks.parts import PARTS, file_of

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 100_000


@pytest.mark.parametrize("what", NAMES)
def test_csvapi_takes_the_case_and_writes_records(tmp_path: Path, what: str) -> None:
    case, path = file_of(what, tmp_path, SIZE, "small")
    command = ONE.command(what, case, path, tmp_path / "out")
    subprocess.run(command, check=True)
    assert len((tmp_path / "out").read_bytes().splitlines()) > 1


def test_a_peak_above_the_memory_is_marked() -> None:
    row = {"case": "sort", "system": "csvapi", "wall": 1.0, "cpu": 1.0, "rss": 297.4, "speed": 1.0, "ratio": 1.0,
           "output": "reference", "failed": False}  # fmt: skip
    part: dict[str, Any] = {"facts": dict.fromkeys(("date", "load", "machine", "versions"), ""), "command": ""}
    rows = [{**row, "memory": None}, {**row, "memory": MEMORY}]
    text = report.markdown({"operations": {**part, "size": "1GB", "rows": rows}})
    assert "| 297 |" in text
    assert "| **297, above 296** |" in text
    assert "operations" in PARTS
