"""The modules that CONTRIBUTING.md names for whoever follows a task are those that one goes through."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import csvapi
from csvapi.csvio.dialect import Dialect
from csvapi.engines import run

if TYPE_CHECKING:
    from types import FrameType

ROOT = Path(csvapi.__file__).parents[1]
MOST = 12


def test_a_task_goes_through_the_modules_that_are_named(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    named = re.findall(
        r"^\| `(csvapi/\S+\.py)` \|", page.split("## Follow a task\n")[1].split("\n## ")[0], re.MULTILINE
    )
    entered = set[str]()

    def note(frame: FrameType, event: str, _: object) -> None:
        entered.add(frame.f_code.co_filename)

    (tmp_path / "in.csv").write_bytes(b"a,b\n" + b"1,2\n" * 9)
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run(tmp_path / "in.csv", Dialect(), [{"op": "dedup"}], tmp_path / "out.csv")
    finally:
        sys.setprofile(before)
    of_the_service = [name for name in named if name.startswith(("csvapi/jobs/", "csvapi/services/"))]
    assert len(named) <= MOST
    assert all((ROOT / name).exists() for name in of_the_service)
    assert {str(ROOT / name) for name in named if name not in of_the_service} <= entered
