"""What functions leave for others is read as plain values of known classes, whatever the bytes say."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from csvapi.csvio.census import Census, Issue
from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options
from csvapi.engines.cluster.job import Job, Ranges, Scanned, Source, packed_sizes
from csvapi.engines.cluster.records import dumped, loaded, packed
from csvapi.engines.local.range_result import Found
from csvapi.engines.receipt import StepCount
from csvapi.steps.remarks import Sighting, Spot

FOUND = Found(
    Census(3, 4, 1, {"nul": Issue(1, 2, 3, 4)}),
    [StepCount("dedup", 3, 2, {"a": {"b": 1}})],
    samples={0: ["x"]},
    seen={0: [[Sighting(1, 2, [Spot(1, b"x", 2, 3)])]]},  # type: ignore[dict-item]  # a list of any depth
)
JOB = Job(
    "1",
    Source("k", "e", 5, Dialect().as_json()),
    [{"op": "dedup"}],
    0,
    None,
    Options(),
    {2: Source("other", "e", 3, Dialect().as_json())},
    b"s" * 16,
    4,
    5,
    ((0, 5),),
    asides=True,
)


@pytest.mark.parametrize(
    "value", [FOUND, JOB, Scanned(FOUND, 1, packed_sizes((2, 3))), Ranges(((0, 5),), (0, 1), (0, 1)), Dialect()]
)
def test_a_record_comes_back(value: object) -> None:
    assert loaded(dumped(value)) == value


def test_a_file_is_one_of_the_readers_folder(tmp_path: Path) -> None:
    written, read = tmp_path / "written", tmp_path / "read"
    written.mkdir()
    (written / "runs-1").write_bytes(b"")
    data, files = packed((written / "runs-1", written))
    assert files == [written / "runs-1"]
    assert loaded(data, read) == (read / "runs-1", read)
    with pytest.raises(pickle.UnpicklingError, match="does not have"):
        loaded(data)


class Runs:
    """Runs a command where it is read by a reader that trusts what it reads."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("true",)


def test_code_is_not_run() -> None:
    with pytest.raises(pickle.UnpicklingError, match="which no record does"):
        loaded(pickle.dumps(Runs()))
