"""Every case is one that csvapi runs, and that the report has words for."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import report
from benchmarks.__main__ import latest
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


ROW = {"case": "sort", "system": "csvapi", "wall": 1.0, "cpu": 1.0, "rss": 297.4, "speed": 1.0, "ratio": 1.0,
       "output": "reference", "failed": False, "memory": None, "run": "first: `make bench`"}  # fmt: skip


def markdown(rows: list[dict[str, Any]]) -> str:
    facts = dict.fromkeys(("machine", "versions"), "")
    return report.markdown({"operations": {"facts": facts, "size": "1GB", "rows": rows}})


def test_what_is_not_measured_anew_stays_with_its_run() -> None:
    later = {**ROW, "case": "group", "run": "later: `make bench`"}
    rows = latest([ROW, {**ROW, "case": "dedup"}, {**later, "run": "first"}], [{**ROW, **later}])
    assert [row["case"] for row in rows] == ["dedup", "sort", "group"]
    text = markdown(rows)
    assert f"- {NAMES['dedup']}, {NAMES['sort']}: first: `make bench`\n- {NAMES['group']}: later: `make bench`" in text


def test_a_peak_above_the_memory_is_marked() -> None:
    text = markdown([ROW, {**ROW, "memory": MEMORY}])
    assert "| 297 |" in text
    assert "| **297, above 296** |" in text
    assert "operations" in PARTS
