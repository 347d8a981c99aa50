"""Random texts in processes that die when the kernel touches what is not its own; `make fuzz` goes on for minutes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.native import cases, sanitized
from tests.native.fuzzing import scanned
from tests.native.memories import Guarded

ROOT = Path(__file__).parents[2]
SECONDS = "5"


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT if "LD_PRELOAD" not in environment else "/",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    try:
        return sanitized.build(tmp_path_factory.mktemp("sanitized"))
    except sanitized.NoSanitizersError as error:
        pytest.skip(f"no sanitizers: {error}")


def assert_found_nothing(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert outcomes["cases"] > 10
    assert outcomes["whole"] > 0


def test_the_kernel_takes_most_of_the_bytes() -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(400):  # few cases hold most of the bytes
        scanned(cases.case(random.Random(seed), Guarded), outcomes)
    assert outcomes["taken"] > outcomes["bytes"] / 2


def test_with_guard_pages() -> None:
    assert_found_nothing(run("-m", "tests.native.fuzzing", SECONDS, "1", "Guarded"))


def test_with_sanitizers(watched: dict[str, str]) -> None:
    assert_found_nothing(run("-m", "tests.native.fuzzing", SECONDS, "2", "Heap", **watched))


BEYOND = """
from csvapi.native.copying import gather
from csvapi.native.form import Form
from tests.native.cases import Case
from tests.native.memories import {memory}

class Short({memory}):
    def __init__(self, size):
        super().__init__({size})

case = Case(Form(width=1), "utf-8", b"1\\n" * 5000, final=True, allocate={memory})
index = case.index()
index.scanner.output._allocate = Short
print(len(gather(index, bytes([1]) * 5000).text))
"""


@pytest.mark.parametrize("size", ["size", "9000"])
def test_guard_pages_are_noticed(size: str) -> None:
    done = run("-c", BEYOND.format(memory="Guarded", size=size))
    assert (done.returncode == 0) == (size == "size"), done.stderr


@pytest.mark.parametrize("size", ["size", "9000"])
def test_sanitizers_notice(size: str, watched: dict[str, str]) -> None:
    done = run("-c", BEYOND.format(memory="Heap", size=size), **watched)
    assert (done.returncode == 0) == (size == "size"), done.stderr
    assert ("heap-buffer-overflow" in done.stderr) == (size != "size")
