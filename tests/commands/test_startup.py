"""The command line starts without the server's libraries."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HEAVY = (
    "logging", "concurrent.futures", "zipfile",
    "flask", "sqlalchemy", "redis", "rq", "rich", "structlog", "pandas", "numpy", "polars", "clevercsv", "chardet",
)  # fmt: skip
RUN = """
import sys
from csvapi.cli import main
assert main(sys.argv[1:]) == 0
print(*sorted(name for name in {heavy} if sys.modules.get(name)), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments", [("dedup", "-"), ("process", "-", "--steps", '[{"op": "dedup"}]'), ("detect", "-"), ("--help",)]
)
def test_it_imports_no_heavy_library(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(heavy=HEAVY), *arguments],
        input=b"a,b\n1,2\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.split() == []


PARQUET = """
import sys
from csvapi.cli import main
assert main(["convert", "-", "--format", "parquet", "-o", sys.argv[1]]) == 0
import pyarrow
assert not sys.modules["numpy"]
assert not sys.modules["cloudpickle"]
"""


def test_it_writes_parquet_without_libraries_that_take_longer_to_load_than_pyarrow(tmp_path: Path) -> None:
    assert find_spec("numpy")  # else the test shows nothing
    assert find_spec("cloudpickle")
    command = [sys.executable, "-c", PARQUET, str(tmp_path / "out")]
    done = subprocess.run(command, input=b"a,b\n1,2\n", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


LATE = """
import gc, sys
from csvapi import cli
before = gc.get_stats()[2]["collections"]
sys.argv[1:] = ["dedup", "-"]
assert cli.program() == 0
assert gc.isenabled() and gc.get_freeze_count()
assert gc.get_stats()[2]["collections"] == before
from csvapi.steps.late_patterns import LatePattern
from marshmallow.validate import Email
assert isinstance(Email.DOMAIN_REGEX, LatePattern)
"""


def test_it_compiles_no_pattern_over_all_of_unicode_and_ends_without_a_collection() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], input=b"a,b\n1,2\n", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"a,b\n1,2\n"
