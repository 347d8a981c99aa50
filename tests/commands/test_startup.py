"""The command line starts without the server's libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("flask", "sqlalchemy", "redis", "rq", "rich", "structlog", "pandas", "numpy", "polars", "clevercsv", "chardet")
RUN = """
import sys
from csvapi.cli import main
assert main(sys.argv[1:]) == 0
print(*sorted(set(sys.modules) & set({heavy})), file=sys.stderr)
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
