"""Records are copied in parts that fit the memory, however wide they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.sink import emptied
from tests.engines.running import WAYS, execute

if TYPE_CHECKING:
    from pathlib import Path

WIDE, HUGE = "x" * 700, "y" * 3_000_000
RECORDS = [f"{row % 2000},{WIDE}\n" for row in range(6000)]


@pytest.mark.parametrize("way", ["plain", "parallel", "csv"])
def test_wide_and_huge_records_are_kept_and_dropped(tmp_path: Path, way: str) -> None:
    records = [f"0,{HUGE}\n", *RECORDS[:3000], f"1,{HUGE}\n", f"0,{HUGE}\n", *RECORDS[3000:], f"1,{HUGE}\n"]
    options: dict[str, Any] = WAYS[way]
    output, dropped, _ = execute(tmp_path, "a,b\n" + "".join(records), Dialect(), [{"op": "dedup"}], **options)
    first: dict[str, None] = dict.fromkeys(records)
    again = [record for row, record in enumerate(records) if record in records[:row]]
    assert output == "a,b\n" + "".join(first)
    assert dropped == "a,b\n" + "".join(again)


@pytest.mark.parametrize("before", [None, b"", b"longer than what comes"])
def test_an_output_holds_nothing_of_before(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "out"
    if before is not None:
        path.write_bytes(before)
    with emptied(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
